// Filters of the list and the map: open now or at a time, attributes and services, stock.

import { findAvailability } from "./api.js";
import { setParameters, parameter } from "./address.js";
import { items } from "./basket.js";
import { has } from "./config.js";
import { button, el } from "./html.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const OFFERS = { stepFree: "osm.wheelchair", takeaway: "osm.takeaway", wifi: "dev.ucp.amenity.wi_fi" };
const MOST_IN_STOCK = 100;
const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;

const offers = () => parameter("has").split(",").filter((word) => word in OFFERS);
const inStockOnly = () => Boolean(parameter("stock")) && items().length > 0;

/** Whether any filter is set. */
export const narrowing = () => Boolean(offers().length || parameter("open") || parameter("service") || inStockOnly());

/** The instant of the shown opening states; undefined for now. */
export const openLater = () => (LOCAL_TIME.test(parameter("open")) ? new Date(parameter("open")).toISOString() : undefined);

/**
 * The StoreFilter of all filters. Stock is searched around an `Origin`.
 *
 * @returns `filter`; `note`, a word above the list; `none` if no store has the whole basket, and then
 *   `leftOut`, the stores near by with what they lack.
 */
export async function narrowed(origin) {
  const attributes = offers().map((word) => OFFERS[word]);
  const filter = { attributes, openAt: openAt(), service: parameter("service") || undefined };
  if (!inStockOnly()) return { filter: narrowing() ? filter : undefined };
  const answer = await findAvailability({
    items: items(), origin, openAt: filter.openAt, services: attributes, allowSplit: true, maxResults: MOST_IN_STOCK,
  });
  if (answer.unreachable?.length) return { filter, note: "stockUnknown" };
  const whole = (answer.stores || []).filter(({ complete }) => complete);
  const names = (whole.length ? whole : answer.split?.stores || []).map(({ store }) => store);
  return { filter: { ...filter, names }, note: whole.length || !names.length ? "" : "split", none: !names.length, leftOut: answer.leftOut };
}

/** Draws the filters as toggle buttons. `changed` is called when one is pressed. */
export function drawFilters(fieldset, changed) {
  const redraw = (changes, focus) => {
    setParameters(changes);
    drawFilters(fieldset, changed);
    fieldset.querySelector(`[data-word="${focus}"]`)?.focus();
    changed();
  };
  const chip = (word, pressed, changes, label = say(word), drawing = "") =>
    button([drawing && icon(drawing), label], () => redraw(changes, word), { class: "chip", "data-word": word, "aria-pressed": String(pressed) });
  const chosen = offers();
  const others = (word) => (chosen.includes(word) ? chosen.filter((each) => each !== word) : [...chosen, word]);
  const service = parameter("service");
  fieldset.replaceChildren(
    fieldset.querySelector("legend"),
    ...(items().length ? [chip("inStock", inStockOnly(), { stock: parameter("stock") ? "" : "all" }, say("inStock"), "basket")] : []),
    ...(has("hours") ? [chip("openNow", parameter("open") === "now", { open: parameter("open") === "now" ? "" : "now" }), later(redraw)] : []),
    ...(service ? [chip("service", true, { service: "" }, readable(service))] : []),
    ...Object.keys(OFFERS).map((word) => chip(word, chosen.includes(word), { has: others(word).join(",") })),
    narrowing() ? button(say("clear"), () => redraw({ open: "", has: "", service: "", stock: "" }, "openNow"), { class: "link" }) : "");
}

// A button for the next full hour; once pressed, a field beside it accepts any other time.
function later(redraw) {
  const set = Boolean(openLater());
  const nextHour = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000);
  const chip = button([icon("clock"), say("openAt")], () => redraw({ open: set ? "" : localMinute(nextHour) }, "openAt"),
    { class: "chip", "data-word": "openAt", "aria-pressed": String(set) });
  const field = el("input", { type: "datetime-local", class: "when", value: parameter("open"), required: true, "aria-label": say("when"),
    onchange: ({ target }) => LOCAL_TIME.test(target.value) && redraw({ open: target.value }, "when") });
  field.dataset.word = "when";
  return set ? el("span", { class: "later" }, chip, field) : chip;
}

// The instant at which stores must be open; undefined without that filter.
function openAt() {
  return parameter("open") === "now" ? new Date().toISOString() : openLater();
}

function localMinute(date) {
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const readable = (slug) => slug.charAt(0).toUpperCase() + slug.slice(1).replace(/[-_]/g, " ");
