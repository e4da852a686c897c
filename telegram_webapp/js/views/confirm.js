export async function openConfirm() {}
