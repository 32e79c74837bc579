// The list of stores that a search found, each with its opening state and its stock of the basket.

import { openStates, stockLevels } from "./api.js";
import { Problem } from "./problem.js";
import { describeLevel, items, learn, lookUp, productName } from "./basket.js";
import { has } from "./config.js";
import { narrowed, narrowing, openLater, setZone } from "./filters.js";
import { $, button, el } from "./html.js";
import { DRAWN_M, ring } from "./map/circle.js";
import { item, showState } from "./store/summary.js";
import { turns } from "./turns.js";
import { day, distance, locale, say } from "./words.js";

const MOST_LACKING = 5;
const MOST_OFFERED = 5;

export class Results {
  filter = undefined; // the StoreFilter of what is listed: the map's too
  #search = null;
  #listed = null; // a promise of the end of the last search
  #begin = turns();
  #current = () => true; // false for a list that another has replaced
  #shown = [];

  /** @param actions `open(name)` shows a store, `look(query)` searches, `clear()` removes all filters,
   *   `redraw()` draws the filters anew, `want(product)` lists the stores that have a product. */
  constructor(map, actions) {
    this.map = map;
    this.actions = actions;
  }

  get started() {
    return Boolean(this.#search);
  }

  get query() {
    return this.#search?.query || "";
  }

  /** The place of the search when it is known; null if it is no point. */
  async origin() {
    await this.#listed?.catch(() => {}); // who searched is told
    return this.#search?.mark || null;
  }

  /** What is listed: `{ store, distanceM }`. */
  get stores() {
    return this.#shown;
  }

  find(search) {
    this.#search = search;
    return this.list();
  }

  list() {
    this.#listed = this.#list();
    return this.#listed;
  }

  async #list() {
    const search = this.#search;
    const current = (this.#current = this.#begin());
    $("results").setAttribute("aria-busy", "true");
    $("status").textContent = say("searching");
    try {
      await search.prepare?.();
      if (!current()) return;
      this.actions.redraw();
      const { filter, note, none, leftOut } = await narrowed(search.from());
      const found = none ? {} : await search.request(filter);
      if (leftOut) await learn(items().map(({ product }) => product));
      if (!current()) return;
      this.filter = filter;
      this.#show(found, note, leftOut);
    } catch (error) {
      if (current()) this.#failed(error);
    } finally {
      if (current()) $("results").removeAttribute("aria-busy");
    }
  }

  /** Shows a message in place of the list. */
  tell(title, ...more) {
    this.#current = this.#begin();
    this.#shown = [];
    this.map.list([]);
    $("status").textContent = title;
    $("results").removeAttribute("aria-busy");
    $("results").replaceChildren(el("div", { class: "empty" }, more));
  }

  /** Says something above the list, which stays. */
  notice(text) {
    $("results").querySelector(".notice")?.remove();
    $("results").prepend(el("p", { class: "note warn notice", role: "status" }, text));
    if (this.#search) $("status").textContent = this.#search.title();
  }

  #show(found, note, leftOut) {
    const search = this.#search;
    this.#shown = [];
    $("status").textContent = search.title();
    const notes = [note && say(note), search.note?.()].filter(Boolean);
    $("results").replaceChildren(...notes.map((text) => el("p", { class: "note warn" }, text)));
    if (search.doubt) this.#tellDoubt(search.doubt);
    this.#append(found);
    this.map.mark(search.mark, search.label?.(), search.accuracyM);
    if (!this.#shown.length) this.#empty(leftOut);
    else if (!search.still && !$("results").hidden) this.map.show([...this.#shown.map(({ store }) => store.location), search.mark, ...edge(search)].filter(Boolean));
    this.map.refresh();
  }

  // Words of the question that are no shop, kind or place: perhaps a product.
  async #tellDoubt(words) {
    const place = el("p", { class: "note warn doubt", role: "status" }, say("notUnderstood", { words }));
    $("results").prepend(place);
    if (!has("stock")) return;
    const { product, found } = await lookUp(words).catch(() => ({ found: [] }));
    const offered = product ? [product] : found.slice(0, MOST_OFFERED);
    if (!offered.length || !place.isConnected) return;
    const offer = ({ name }) => el("li", {}, button(productName(name), () => this.actions.want(name), { class: "link" }));
    place.replaceWith(el("div", { class: "note warn doubt", role: "status" }, el("p", {}, say("whoHas")), el("ul", {}, offered.map(offer))));
  }

  #append({ stores = [], nextPageToken, asOf, roadAttribution }) {
    const first = this.#shown.length;
    setZone(stores[0]?.store.timeZone);
    this.#shown.push(...stores);
    const entries = stores.map(({ store, distanceM, journey }, index) => item(store, first + index + 1,
      this.#search.distances === false ? {} : { distanceM, journey }, this.actions.open, (name) => this.map.point(name)));
    $("results").querySelector(".more")?.remove();
    const list = $("results").querySelector("ol") || $("results").appendChild(el("ol", { class: "list" }));
    list.append(...entries);
    if (asOf) list.before(el("p", { class: "note" }, say("asOf", { time: new Date(asOf).toLocaleTimeString(locale()) })));
    $("results").querySelector(".roads")?.remove();
    if (roadAttribution && this.#search.distances !== false) $("results").append(el("p", { class: "note roads" }, say("roads", { source: roadAttribution })));
    if (nextPageToken) $("results").append(button(say("more"), ({ target }) => this.#more(target, nextPageToken), { class: "more" }));
    this.map.list(this.#shown.map(({ store }) => store));
    this.#states(stores.map(({ store }) => store.name), entries);
    this.#stock(stores.map(({ store }) => store.name), entries);
  }

  async #more(pressed, token) {
    const [current, first] = [this.#current, this.#shown.length];
    pressed.disabled = true;
    try {
      const found = await this.#search.request(this.filter, token);
      if (!current()) return;
      this.#append(found);
      $("results").querySelectorAll(".item a")[first]?.focus();
    } catch (error) {
      if (current()) this.#failed(error);
    }
  }

  async #states(names, entries) {
    if (!has("hours") || !names.length) return;
    const { openStates: found = [] } = await openStates(names, openLater(), locale()).catch(() => ({}));
    const byStore = new Map(found.map((state) => [state.store, state]));
    names.forEach((name, index) => byStore.has(name) && showState(entries[index], byStore.get(name)));
  }

  async #stock(names, entries) {
    const wanted = items();
    if (!wanted.length || !names.length) return;
    const { levels = [] } = await stockLevels(names, wanted.map(({ product }) => product)).catch(() => ({}));
    const units = new Map(wanted.map(({ product, quantity }) => [product, quantity]));
    const isKnown = ({ band }) => band && band !== "STOCK_BAND_UNKNOWN";
    const there = ({ product, ...level }) => ["IN_STOCK", "LIMITED"].includes(describeLevel(level, units.get(product)).band);
    names.forEach((name, index) => {
      const have = levels.filter((level) => level.store === name && there(level)).length;
      const word = have === wanted.length ? "all" : have ? "some" : "nothing";
      const place = entries[index].querySelector(".stock");
      // Of a bar that never had any of it there is nothing to say.
      if (!levels.some((level) => level.store === name && isKnown(level))) return;
      place.className = `stock ${word}`;
      place.textContent = say(word, { have, of: wanted.length });
      place.hidden = false;
    });
  }

  #empty(leftOut = []) {
    const wanted = new URLSearchParams(location.search).get("stock") && items().length;
    const text = wanted ? "noneInStock" : narrowing() ? "noneFiltered" : "none";
    const help = narrowing() ? button(say("clear"), this.actions.clear, { class: "more" }) : el("p", { class: "note" }, say("tryThis"));
    const lacking = leftOut.map((store) => [store, (store.items || []).filter(({ missingQuantity }) => missingQuantity)]).filter(([, lacks]) => lacks.length);
    const entries = lacking.slice(0, MOST_LACKING).map(([{ store, displayName, distanceM }, lacks]) => el("li", {},
      button(displayName, () => this.actions.open(store), { class: "link" }), ` ${distance(distanceM)}`,
      el("p", { class: "note" }, lacks.map(lack).join(" · "))));
    this.tell(say(text), ...(entries.length ? [el("p", {}, say("lacking")), el("ul", { class: "lacking" }, entries)] : []), help);
  }

  #failed(error) {
    if (!(error instanceof Problem)) throw error;
    const help = el("p", { class: "note" }, say("tryThis"));
    if (error.reason === "PLACE_NOT_FOUND") {
      const offers = error.suggestions.slice(0, 5).map((name) => el("li", {}, button(name, () => this.actions.look(name), { class: "link" })));
      const meant = offers.length ? [el("p", {}, say("meant")), el("ul", { class: "meant" }, offers)] : [];
      this.tell(say("unknown", { query: this.query }), ...meant, help);
    } else if (error.passing) {
      const retry = button(say("again"), () => this.list(), { class: "more" });
      this.tell(say(error.busy ? "busy" : error.status === 0 ? "offline" : "failed"), retry);
    } else if (error.refused) this.tell(say("refused"));
    else this.tell(error.message, help);
  }
}

// Where the person may be, if that is not exact: the map shows all of it.
const edge = ({ mark, accuracyM }) => (mark && accuracyM > DRAWN_M ? ring(mark, accuracyM) : []);

// What a store lacks of a line of the basket, and when it comes.
function lack({ product, missingQuantity: n, expectedDate }) {
  const values = { n, product: productName(product) };
  return expectedDate ? say("missingUntil", { ...values, date: day(expectedDate) }) : say("missing", values);
}
