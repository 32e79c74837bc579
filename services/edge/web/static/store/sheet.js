// A floor plan as an element.

import { el } from "../html.js";
import { say } from "../words.js";

/** The drawing of the service, without anything that could run. */
export function sheet(svg, store) {
  const drawing = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
  drawing.querySelectorAll("script, foreignObject").forEach((element) => element.remove());
  return el("figure", { class: "sheet", role: "img", "aria-label": say("plan", { store: store.displayName }) }, drawing);
}
