// Small parts that all views of the counter draw.

import { el } from "../html.js";
import { icon } from "../icons.js";
import { say } from "../words.js";

/** Replaces what a place shows; the focus stays on the element with the same `data-key`. */
export function redraw(place, ...nodes) {
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : "";
  place.replaceChildren(...nodes.flat().filter(Boolean));
  if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** A large button. `key` keeps its focus. */
export const press = (label, onclick, { look = "", drawing, ...properties } = {}) =>
  el("button", { type: "button", class: `press ${look}`, onclick, ...properties }, drawing ? icon(drawing) : "", el("span", {}, label));

/** The end of a hold's name, by which two people talk about it. */
export const tag = (name) => name.slice(-4);

export const units = (quantity, name) => el("span", { class: "goods" }, el("b", {}, `${quantity} ×`), ` ${name}`);

/** The words of a state. */
export const stateWord = (state) => say(state.replace("STATE_", ""));
