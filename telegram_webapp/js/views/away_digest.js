/** Not drawn yet. */
export function mount() { return { update() {}, unmount() {} }; }
