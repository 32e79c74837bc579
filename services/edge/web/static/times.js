// Times and durations in the reader's language and the shop's zone.

import { locale } from "./words.js";

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
