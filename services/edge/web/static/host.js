// Tells the page that embeds this one, and no other, what a person did and how tall the content is.

import { parameter } from "./address.js";
import { $ } from "./html.js";

const MAP_PX = 260; // a part of the map stays in view on a narrow frame
const NARROW = matchMedia("(max-width: 48rem)");

// The embedding script sends its origin as the referrer.
const host = window.parent !== window && document.referrer ? new URL(document.referrer).origin : "";

/** Tells the embedding page: `select` and `hold` with the store, `height` in pixels. */
export function tell(type, detail) {
  if (host) window.parent.postMessage({ from: "enrayon", type, detail }, host);
}

/** Takes the accent colour and the logo of the embedding page, and follows the height of the content. */
export function dress() {
  accent(parameter("accent"));
  if (!host) return;
  const logo = parameter("logo");
  if (logo && new URL(logo, location.href).origin === host) document.querySelector(".home img").src = logo;
  const parts = [document.querySelector(".bar"), ...$("panel").children];
  const measure = () => {
    const height = parts.reduce((sum, part) => sum + part.offsetHeight, 24) + (NARROW.matches ? MAP_PX : 0);
    tell("height", { height });
  };
  const observer = new ResizeObserver(measure);
  parts.forEach((part) => observer.observe(part));
}

// A colour too light or too dark to read is mixed with black or white until it can be read
// (WCAG 2.2, 1.4.3: a contrast of 4.5 to 1), in both themes.
function accent(colour) {
  const found = /^#?([0-9a-f]{6})$/i.exec(colour);
  if (!found) return;
  const rgb = [0, 2, 4].map((at) => parseInt(found[1].slice(at, at + 2), 16));
  const sheet = new CSSStyleSheet();
  const [light, dark] = [readable(rgb, [250, 248, 244], 0), readable(rgb, [30, 34, 37], 255)];
  sheet.replaceSync(`:root { --accent: ${css(light)}; --on-accent: #fff; } :root[data-theme="dark"] { --accent: ${css(dark)}; --on-accent: #101214; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function readable(rgb, paper, towards) {
  let mixed = rgb;
  for (let share = 0; contrast(mixed, paper) < 4.6 && share < 1; share += 0.05) {
    mixed = rgb.map((part) => part + (towards - part) * share);
  }
  return mixed;
}

function contrast(one, other) {
  const [bright, dim] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(rgb) {
  const [red, green, blue] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const css = (rgb) => `rgb(${rgb.map(Math.round).join(" ")})`;
