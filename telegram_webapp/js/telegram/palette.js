/**
 * Our colours made of Telegram's: surfaces and text are theirs, money's colours stay ours.
 *
 * People choose any theme they like, so every pair that is read is checked and, where it is too
 * faint, moved towards black or white until it can be.
 */

/** @typedef {[number, number, number]} Rgb */
/** @typedef {"dark" | "light"} Scheme */

/** Contrast of text, and of outlines that must be seen (WCAG 2.2, 1.4.3 and 1.4.11). */
const [READ, SEEN] = [4.5, 3];
/** From here on a ground counts as light; as Telegram's script does it. */
const LIGHT_FROM = 120;
const HEX = /^#?([\da-f]{3}|[\da-f]{6})$/i;

/** What must not be Telegram's, per scheme; see css/tokens.css. */
const OURS = {
  light: {
    bg: "#f1f4f8", surface: "#ffffff", text: "#0e1626", hint: "#566377", link: "#2456d3",
    gain: "#04705a", "gain-soft": "#dff3ec", loss: "#b93a0c", "loss-soft": "#fdebe3", warn: "#805200", "warn-soft": "#fdf1d6", "series-b": "#8f5a00",
  },
  dark: {
    bg: "#0a0e15", surface: "#121823", text: "#eef2f8", hint: "#8e9bb0", link: "#7aa5ff",
    gain: "#2dd4b8", "gain-soft": "#0d302d", loss: "#ff7d52", "loss-soft": "#3a1d14", warn: "#f1bd57", "warn-soft": "#33270f", "series-b": "#e8b25c",
  },
};

/**
 * Whether a theme is dark or light, as Telegram's own script decides it.
 * @param {Record<string, string>} theme Telegram's theme parameters
 * @returns {Scheme | null} null if the theme does not say
 */
export function schemeOf(theme) {
  const rgb = rgbOf(theme.bg_color);
  if (!rgb) return null;
  const [r, g, b] = rgb;
  return Math.sqrt(0.299 * r * r + 0.587 * g * g + 0.114 * b * b) < LIGHT_FROM ? "dark" : "light";
}

/**
 * Return the page's colour tokens for a theme of Telegram.
 * @param {Record<string, string>} theme
 * @param {Scheme} scheme
 * @returns {Record<string, string>} CSS colours by token
 */
export function paletteOf(theme, scheme) {
  const ours = OURS[scheme];
  const their = (/** @type {string} */ own, /** @type {(string | undefined)[]} */ ...names) => names.map(rgbOf).find(Boolean) ?? need(own);
  const surface = their(ours.surface, theme.section_bg_color, theme.bg_color);
  const bg = their(ours.bg, theme.secondary_bg_color, theme.bg_color);
  const pole = brightness(surface) < 0.18 ? WHITE : BLACK;
  const text = readable(their(ours.text, theme.text_color), [bg, surface], READ, pole);
  const grounds = [bg, surface, mix(text, surface, 0.09), mix(text, bg, 0.09)];
  const strong = readable(text, grounds, READ, pole);
  const hint = mix(strong, their(ours.hint, theme.hint_color, theme.subtitle_text_color), 0.45);
  const link = mix(strong, their(ours.link, theme.link_color, theme.accent_text_color, theme.button_color), 0.2);
  const soft = mix(link, surface, 0.18);
  const accent = readable(link, [...grounds, soft], READ, pole);
  const read = (/** @type {Rgb} */ colour, /** @type {Rgb[]} */ ...more) => readable(colour, [...grounds, ...more], READ, pole);
  return {
    bg: css(bg), surface: css(surface), text: css(strong),
    "text-2": css(read(mix(strong, surface, 0.78))),
    "text-3": css(read(hint)),
    "surface-2": css(mix(strong, surface, 0.06)),
    fill: `rgb(${strong.join(" ")} / .09)`,
    raise: scheme === "light" ? css(surface) : css(mix(strong, surface, 0.16)),
    line: css(their("", theme.section_separator_color) ?? mix(strong, surface, 0.12)),
    "line-strong": css(readable(mix(strong, surface, 0.45), [bg, surface], SEEN, pole)),
    accent: css(accent), "accent-soft": css(soft),
    "on-accent": css(contrast(surface, accent) >= READ ? surface : contrast(WHITE, accent) > contrast(BLACK, accent) ? WHITE : BLACK),
    ...money(ours, read),
  };
}

/**
 * Money's colours, each with its wash.
 * @param {Record<string, string>} ours
 * @param {(colour: Rgb, ...grounds: Rgb[]) => Rgb} read
 */
function money(ours, read) {
  const tokens = ["gain", "loss", "warn"].flatMap((name) => {
    const wash = need(ours[`${name}-soft`]);
    return [[name, css(read(need(ours[name]), wash))], [`${name}-soft`, css(wash)]];
  });
  return { ...Object.fromEntries(tokens), "series-b": css(read(need(ours["series-b"]))) };
}

/** @type {Rgb} */
const BLACK = [0, 0, 0];
/** @type {Rgb} */
const WHITE = [255, 255, 255];

/**
 * Move a colour towards black or white until it can be read on each of some grounds.
 * @param {Rgb} colour
 * @param {Rgb[]} grounds
 * @param {number} ratio
 * @param {Rgb} pole
 * @returns {Rgb}
 */
function readable(colour, grounds, ratio, pole) {
  for (let share = 0; share < 1; share += 0.05) {
    const moved = mix(pole, colour, share);
    if (grounds.every((ground) => contrast(moved, ground) >= ratio)) return moved;
  }
  return pole;
}

/**
 * The contrast of two colours, 1 to 21.
 * @param {Rgb} a
 * @param {Rgb} b
 */
export function contrast(a, b) {
  const [low, high] = [brightness(a), brightness(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** Relative luminance (WCAG 2.2). @param {Rgb} colour @returns {number} 0 to 1 */
function brightness(colour) {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {Rgb} a @param {Rgb} b @param {number} share of *a* @returns {Rgb} */
function mix(a, b, share) {
  return /** @type {Rgb} */ (a.map((value, i) => Math.round(value * share + b[i] * (1 - share))));
}

/** @param {string | undefined} text @returns {Rgb | null} */
export function rgbOf(text) {
  const digits = HEX.exec(text ?? "")?.[1];
  if (!digits) return null;
  const wide = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  return /** @type {Rgb} */ ([0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16)));
}

/** @param {string} text @returns {Rgb} */
const need = (text) => /** @type {Rgb} */ (rgbOf(text));

/** @param {Rgb} colour @returns {string} */
const css = (colour) => `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
