// The page's texts in the reader's language. `say` fills in `{n}` and other variables.

import config from "./config.js";
import { turns } from "./turns.js";

let language = "en";
let words = {};
let kinds = {};
const begin = turns();

export const currentLanguage = () => language;

/** The language with the reader's own region, which decides on 12 or 24 hours: `en-GB`. */
export const locale = () => navigator.languages.find((tag) => tag.startsWith(`${language}-`)) || language;

export function say(word, values = {}) {
  const found = words[word];
  const text = typeof found === "string" ? found : found[new Intl.PluralRules(language).select(values.n)] || found.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Sets the language of the document and of every element with `data-word`. */
export async function speak(chosen) {
  const current = begin();
  const loaded = await wordsOf(chosen);
  if (!current()) return;
  ({ words, kinds } = loaded);
  language = chosen;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
    if (element.matches("button")) element.title = say(element.dataset.label);
  }
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = say(element.dataset.hint);
}

// The page brings the words of its first language with it.
async function wordsOf(chosen) {
  if (chosen === config.language) return JSON.parse(document.getElementById("words").textContent);
  return (await fetch(new URL(`words/${chosen}.json`, import.meta.url))).json();
}

/** The name of a kind of stores, by the last part of its attribute: `bakery` of `osm.shop.bakery`. */
export const kindName = (kind) => kinds[kind] || kind.charAt(0).toUpperCase() + kind.slice(1).replace(/[._]/g, " ");

const MILES = /-(US|GB|LR|MM)\b/; // CLDR: the regions that measure roads in miles
const MILE_M = 1609.344;
const FOOT_M = 0.3048;

/** A distance in the units of the reader's region. */
export function distance(metres) {
  const inMiles = metres < 305 ? [Math.round(metres / FOOT_M / 50) * 50, "foot"] : [metres / MILE_M, "mile"];
  const inKilometres = metres < 995 ? [Math.round(metres / 10) * 10, "meter"] : [metres / 1000, "kilometer"];
  const [value, unit] = MILES.test(locale()) ? inMiles : inKilometres;
  const maximumFractionDigits = ["kilometer", "mile"].includes(unit) && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: "unit", unit, maximumFractionDigits }).format(value);
}

/** A travel time in whole minutes, rounded up. */
export function minutes(seconds) {
  const value = Math.max(1, Math.ceil(seconds / 60));
  return new Intl.NumberFormat(locale(), { style: "unit", unit: "minute" }).format(value);
}

/** A date without a zone, as weekday and day. */
export function day({ year, month, day: date }) {
  const style = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat(locale(), style).format(Date.UTC(year, month - 1, date));
}

/** An instant as weekday and time; without `timeZone` in the reader's zone. */
export function moment(instant, timeZone) {
  const style = { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit", timeZone };
  return new Intl.DateTimeFormat(locale(), style).format(new Date(instant));
}
