// Filters of the list and the map: open now or at a time, attributes and services, stock.

import { findAvailability } from "./api.js";
import { setParameters, parameter } from "./address.js";
import { items } from "./basket.js";
import config, { has } from "./config.js";
import { button, el } from "./html.js";
import { icon } from "./icons.js";
import { currentLanguage, kindName, say } from "./words.js";
import { instantIn, localMinute } from "./zones.js";

const OFFERS = { stepFree: "osm.wheelchair", takeaway: "osm.takeaway", wifi: "dev.ucp.amenity.wi_fi" };
const MOST_IN_STOCK = 100;

/** The changes of parameters that remove all filters. */
export const UNFILTERED = { open: "", has: "", kind: "", service: "", stock: "" };
const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;

const offers = () => parameter("has").split(",").filter((word) => word in OFFERS);
const kinds = () => parameter("kind").split(",").filter((kind) => kind in config.kinds);
const inStockOnly = () => Boolean(parameter("stock")) && items().length > 0;

/** Whether any filter is set. */
export const narrowing = () => Boolean(offers().length || kinds().length || parameter("open") || parameter("service") || inStockOnly());

let zone; // of the clock that "open at" means: the shops', once some are listed

/** Sets the zone of the shops: "open at six" is six by the clock of the shop. */
export function setZone(timeZone) {
  zone = timeZone || zone;
}

/** The instant of the shown opening states; undefined for now. */
export const openLater = () => (LOCAL_TIME.test(parameter("open")) ? instantIn(parameter("open"), zone) : undefined);

/**
 * The StoreFilter of all filters. Stock is searched around an `Origin`.
 *
 * @returns `filter`; `note`, a word above the list; `none` if no store has the whole basket, and then
 *   `leftOut`, the stores near by with what they lack.
 */
export async function narrowed(origin) {
  const attributes = offers().map((word) => OFFERS[word]);
  const anyAttributes = kinds().flatMap((kind) => config.kinds[kind]);
  const filter = { attributes, anyAttributes, openAt: openAt(), service: parameter("service") || undefined };
  if (!inStockOnly()) return { filter: narrowing() ? filter : undefined };
  let answer;
  try {
    answer = await findAvailability({
      items: items(), origin, openAt: filter.openAt, services: attributes, allowSplit: true, maxResults: MOST_IN_STOCK,
    });
  } catch (error) {
    if (!error.passing) throw error;
    return { filter, note: "stockUnknown" }; // without stock there are still stores
  }
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
    kindChoice(redraw),
    ...(service ? [chip("service", true, { service: "" }, readable(service))] : []),
    ...Object.keys(OFFERS).map((word) => chip(word, chosen.includes(word), { has: others(word).join(",") })),
    narrowing() ? button(say("clear"), () => redraw(UNFILTERED, "openNow"), { class: "link" }) : "");
}

// A list of all kinds; one that a question named is chosen in it.
function kindChoice(redraw) {
  const chosen = kinds();
  const byName = new Intl.Collator(currentLanguage());
  const names = Object.keys(config.kinds).map((kind) => [kind, kindName(kind)]).sort(([, one], [, other]) => byName.compare(one, other));
  const several = chosen.length > 1 ? [el("option", { value: chosen.join(","), selected: true }, chosen.map(kindName).join(" · "))] : [];
  const options = names.map(([kind, name]) => el("option", { value: kind, selected: chosen.length === 1 && chosen[0] === kind }, name));
  return el("select", { class: "chip", "data-word": "kind", "data-chosen": chosen.length > 0, "aria-label": say("kind"),
    onchange: ({ target }) => redraw({ kind: target.value }, "kind") },
    el("option", { value: "", selected: !chosen.length }, say("kind")), several, options);
}

// A button for the next full hour; once pressed, a field beside it accepts any other time.
function later(redraw) {
  const set = Boolean(openLater());
  const nextHour = localMinute(new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000), zone);
  const chip = button([icon("clock"), say("openAt")], () => redraw({ open: set ? "" : nextHour }, "openAt"),
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


const readable = (slug) => slug.charAt(0).toUpperCase() + slug.slice(1).replace(/[-_]/g, " ");
