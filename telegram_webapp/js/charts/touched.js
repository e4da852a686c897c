/**
 * When a page is worth more than a look: at the first touch, key or turn of a wheel.
 *
 * On a phone Plotly is the largest file by far, and reading it stops the page for a moment. Who only
 * looks at the figures does without it: the sketch of a chart shows the same.
 */

const SIGNS = ["pointerdown", "touchstart", "keydown", "wheel", "scroll"];

/** @type {Promise<void> | null} */
let waiting = null;
/** At once with a mouse: whoever has one has the power. */
let come = !matchMedia("(pointer: coarse)").matches;

/** Whether it is by now. @returns {boolean} */
export function isTouched() {
  return come;
}

/** @returns {Promise<void>} resolved when it is */
export function touched() {
  waiting ??= come ? Promise.resolve() : new Promise((resolve) => {
    const done = () => {
      come = true;
      for (const sign of SIGNS) removeEventListener(sign, done, true);
      resolve();
    };
    for (const sign of SIGNS) addEventListener(sign, done, { capture: true, passive: true });
  });
  return waiting;
}
