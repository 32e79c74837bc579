// Opens and closes the page of a store over the list.

import { getStore } from "../api.js";
import { openStore } from "../address.js";
import { has } from "../config.js";
import { $, el } from "../html.js";
import { say } from "../words.js";
import { showEvents } from "./events.js";
import { showHours } from "./hours.js";
import { showInside } from "./inside.js";
import { page, sorry } from "./page.js";
import { showShelf } from "./shelf.js";
import { StoreStock } from "./stock.js";
import { showWay } from "./way.js";

const LISTING = ["search", "filters", "status", "results"];
const MINE = "mine"; // shown only while there is something in it

export class StoreView {
  #store = null;
  #page = null;
  #stock = null;

  /** @param actions `back()` to the list; `seek(changes)` to a list with these filters; `origin()` of the visitor. */
  constructor(map, basket, actions) {
    Object.assign(this, { map, basket, actions });
  }

  get isOpen() {
    return !$("store").hidden;
  }

  async open(name) {
    this.#reveal();
    try {
      const store = await getStore(name);
      if (openStore() !== name) return;
      this.#show(store);
    } catch (error) {
      if (error.status === undefined) throw error;
      if (openStore() !== name) return;
      const word = error.refused ? "refused" : error.busy ? "busy" : error.passing ? "offline" : "notFound";
      this.#release();
      $("store").replaceChildren(...sorry(word, { back: this.actions.back, again: error.passing && (() => this.open(name)) }));
    }
    $("store").querySelector("h2").focus({ preventScroll: true });
  }

  /** Shows the list again, scrolled to the store that was open. */
  close() {
    const name = this.#store?.name;
    this.#release();
    $("store").replaceChildren();
    $("store").hidden = true;
    for (const id of LISTING) $(id).hidden = false;
    this.map.choose(null);
    document.title = say("title");
    const entry = [...$("results").querySelectorAll("a")].find(({ dataset }) => dataset.name === name);
    (entry || $("query")).focus();
  }

  /** Redraws after a change of the basket or of the theme. */
  refresh() {
    if (!this.#store) return;
    this.#stock?.show();
    this.#showInside();
  }

  #show(store) {
    this.#release();
    this.#store = store;
    // A late answer for a closed store fills a page that is no longer shown.
    this.#page = el("div", {}, page(store, this.actions));
    $("store").replaceChildren(this.#page);
    document.title = [store.displayName, store.address?.locality].filter(Boolean).join(", ");
    this.map.choose(store);
    showWay(this.#page.querySelector(".way"), this.actions.origin(), store, this.map, () => this.#store === store);
    if (this.basket) {
      this.#stock = new StoreStock(this.#page.querySelector(".here-stock"), store, this.basket, { seekAll: () => this.actions.seek({ stock: "all" }) });
      this.#stock.show();
    }
    if (has("aisle")) showShelf(this.#page.querySelector(".shelf-here"), store, this.basket && ((product) => this.basket.add(product)));
    if (has("hours")) showEvents(this.#page.querySelector(".events"), store);
    if (has("hours")) showHours(this.#page, store.name, (service) => this.actions.seek({ service }));
    this.#showInside();
  }

  #showInside() {
    if (has("aisle")) showInside(this.#page.querySelector(".inside"), this.#store, this.map);
  }

  #reveal() {
    for (const id of [...LISTING, MINE]) $(id).hidden = true;
    $("store").hidden = false;
    $("panel").scrollTop = 0;
  }

  // The basket moves back to its place beside the list of stores.
  #release() {
    this.#stock?.close();
    this.#store = this.#stock = null;
    if (!this.basket) return;
    $("search").after(this.basket.element);
    this.basket.show();
  }
}
