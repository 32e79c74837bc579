// Small parts that all views of the counter draw.

import { el } from "../html.js";
import { icon } from "../icons.js";
import { locale, say } from "../words.js";

/** Replaces what a place shows; the focus stays on the element with the same `data-key`. */
export function redraw(place, ...nodes) {
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : "";
  place.replaceChildren(...nodes.flat().filter(Boolean));
  if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** A large button. `key` keeps its focus. */
export const press = (label, onclick, { look = "", drawing, ...properties } = {}) =>
  el("button", { type: "button", class: `press ${look}`, onclick, ...properties }, drawing ? icon(drawing) : "", el("span", {}, label));

export const clock = (instant, timeZone) =>
  new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit", timeZone }).format(new Date(instant));

export const dayAndClock = (instant, timeZone) =>
  new Intl.DateTimeFormat(locale(), { weekday: "short", hour: "numeric", minute: "2-digit", timeZone }).format(new Date(instant));

const sameDay = (one, other, timeZone) => dateIn(one, timeZone) === dateIn(other, timeZone);

/** The local date of an instant: `2026-12-01`. */
export const dateIn = (instant, timeZone) => new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeZone }).format(new Date(instant));

/** A time of today, or with its day. */
export const when = (instant, timeZone) => (sameDay(instant, Date.now(), timeZone) ? clock : dayAndClock)(instant, timeZone);

/** A duration in its two largest units; a minute at least. */
export function lasting(ms) {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60_000));
  const unit = (value, name) => new Intl.NumberFormat(locale(), { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (minutes < 60) return unit(minutes, "minute");
  if (minutes < 48 * 60) return unit(Math.round(minutes / 60), "hour");
  return unit(Math.round(minutes / 1440), "day");
}

/** The instant of a local date and time in a zone: `2026-12-01`, `14:30`. */
export function instantOf(date, time, timeZone) {
  const wall = Date.parse(`${date}T${time}:00Z`);
  const shown = (instant) => Date.parse(`${new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone }).format(instant).replace(" ", "T")}Z`);
  let instant = wall;
  for (let turn = 0; turn < 2; turn++) instant += wall - shown(instant); // twice, where the clock is changed
  return new Date(instant);
}

/** The end of a hold's name, by which two people talk about it. */
export const tag = (name) => name.slice(-4);

export const units = (quantity, name) => el("span", { class: "goods" }, el("b", {}, `${quantity} ×`), ` ${name}`);

/** The words of a state. */
export const stateWord = (state) => say(state.replace("STATE_", ""));
