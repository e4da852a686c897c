/** A finger on a chart: values follow it sideways while the page still scrolls up and down. */

const STAYS_MS = 1800;

/**
 * Show the values under a finger.
 * @param {HTMLElement} box a drawn chart
 * @param {any} plotly
 */
export function scrub(box, plotly) {
  let timer = 0;
  /** @param {PointerEvent} event */
  const show = (event) => {
    if (event.pointerType === "mouse") return;
    clearTimeout(timer);
    const area = box.querySelector(".nsewdrag")?.getBoundingClientRect();
    if (!area) return;
    const inside = (/** @type {number} */ at, /** @type {number} */ size) => Math.min(Math.max(at, 1), size - 1);
    plotly.Fx.hover(box, { xpx: inside(event.clientX - area.left, area.width), ypx: inside(event.clientY - area.top, area.height) }, "xy");
  };
  /** @param {PointerEvent} event */
  const leave = (event) => {
    if (event.pointerType === "mouse") return;
    clearTimeout(timer);
    timer = setTimeout(() => box.isConnected && plotly.Fx.unhover(box), STAYS_MS);
  };
  box.addEventListener("pointerdown", show);
  box.addEventListener("pointermove", show);
  box.addEventListener("pointerup", leave);
  box.addEventListener("pointercancel", leave);
}
