// The stock of one product: a count, and the shelves where it stands or does not.

import { el } from "../html.js";
import { currentLanguage, say } from "../words.js";
import { read, send } from "./api.js";
import { isBarcode } from "../barcodes.js";
import { Problem } from "../problem.js";
import { press, redraw } from "./draw.js";

const SOURCES = 8; // a shop's tills and tablets each report as one of them

export class Stock {
  #found = [];
  #product = null;
  #level = null;
  #shelves = [];
  #wait = 0;

  constructor(place, shop) {
    Object.assign(this, { place, shop, message: "", count: 0 });
    this.input = el("input", {
      id: "product", type: "search", autocomplete: "off", enterkeyhint: "search", maxlength: "200", "data-key": "product",
      oninput: () => { clearTimeout(this.#wait); this.#wait = setTimeout(() => this.#search(), 200); },
    });
  }

  show() { this.#draw(); }

  async #search() {
    const query = this.input.value.trim();
    if (!query) return;
    try {
      const { products = [] } = await send("/v1/products:search", { ...(isBarcode(query) ? { gtin: query } : { query }), pageSize: 8 });
      products.forEach((product) => this.shop.learned(product));
      Object.assign(this, { message: products.length ? "" : say("noProduct", { query }) });
      this.#found = products.map(({ name }) => name);
      this.#product = null;
      if (isBarcode(query) && products.length === 1) await this.#choose(products[0].name);
    } catch (problem) {
      this.#failed(problem);
    }
    this.#draw();
  }

  async #choose(product) {
    this.#product = product;
    try {
      const [{ levels: [level] }, { located = [] }] = await Promise.all([
        read(`/v1/${this.shop.store}/stock?products=${product}`),
        send(`/v1/${this.shop.store}/placements:locateProducts`, { products: [product], languageCode: currentLanguage() }).catch(() => ({}))]);
      this.#level = level;
      this.#shelves = located[0]?.shelves || [];
      this.count = Math.max(0, level.onHand || 0);
    } catch (problem) {
      this.#product = null;
      this.#failed(problem);
    }
    this.#draw();
    this.place.querySelector("h2")?.focus();
  }

  #failed(problem) {
    if (!(problem instanceof Problem)) throw problem;
    this.message = say(problem.passing ? "noAnswer" : "failed");
  }

  #draw() {
    if (this.#product) return redraw(this.place, this.#one());
    redraw(this.place, el("section", { class: "group" }, el("h2", {}, say("stock")), el("label", { for: "product" }, say("findProduct")), this.input,
      el("p", { class: "note", role: "status" }, this.message),
      el("ul", { class: "rows" }, this.#found.map((name) => el("li", {}, el("button", { type: "button", class: "card", "data-key": name, onclick: () => this.#choose(name) }, this.shop.productName(name)))))));
  }

  #one() {
    const { onHand, reserved = 0, available } = this.#level;
    const set = (count) => { this.count = Math.max(0, Math.min(999_999, count)); this.#draw(); };
    return el("div", { class: "two" },
      el("section", { class: "group" },
        press(say("anotherProduct"), () => { this.#product = null; this.#draw(); this.input.focus(); }, { drawing: "back", look: "back always", "data-key": "another" }),
        el("h2", { tabindex: "-1" }, this.shop.productName(this.#product)),
        el("p", { class: "note" }, onHand === undefined ? say("countUnknown") : say("countKnown", { n: onHand, held: reserved, free: available ?? 0 })),
        el("form", { class: "form count", onsubmit: (event) => { event.preventDefault(); this.#save(); } },
          el("label", { for: "count" }, say("counted")),
          el("div", { class: "stepper" },
            press("", () => set(this.count - 1), { drawing: "minus", "aria-label": say("oneFewer"), "data-key": "fewer" }),
            el("input", { id: "count", type: "text", inputmode: "numeric", pattern: "[0-9]{1,6}", required: true, value: String(this.count), autocomplete: "off", "data-key": "count", oninput: ({ target }) => { this.count = Number(target.value.replace(/\D/g, "")) || 0; } }),
            press("", () => set(this.count + 1), { drawing: "plus", "aria-label": say("oneMore"), "data-key": "more" })),
          el("button", { class: "press main", "data-key": "save" }, el("span", {}, say("saveCount"))))),
      el("section", { class: "group" }, el("h2", {}, say("shelves")),
        this.#shelves.length ? el("ul", { class: "rows" }, this.#shelves.map(({ placement, address }) => el("li", {}, el("span", {}, address),
          press(say("notHere"), () => this.#tell("KIND_NOT_FOUND", placement), { look: "quiet", "aria-label": say("notHereThis", { shelf: address }), "data-key": `not ${address}` }))))
          : el("p", { class: "note" }, say("noShelf")),
        el("form", { class: "form", onsubmit: (event) => { event.preventDefault(); this.#here(event.currentTarget); } },
          el("h3", {}, say("isElsewhere")),
          el("label", {}, say("aisle"), el("input", { name: "aisle", required: true, maxlength: "50", autocomplete: "off", "data-key": "aisle" })),
          el("label", {}, say("bayOfShelf"), el("input", { name: "bay", type: "text", inputmode: "numeric", pattern: "[0-9]{1,4}", autocomplete: "off", "data-key": "bay" })),
          el("button", { class: "press", "data-key": "here" }, el("span", {}, say("isHere"))))));
  }

  // Units that were counted. Of a known level the difference is told: what tills sell meanwhile counts.
  #save() {
    const { onHand } = this.#level;
    if (this.count === onHand) return this.#done();
    const told = { source: this.#source, sequence: String(Date.now()), asOf: new Date().toISOString() };
    const label = `${this.shop.productName(this.#product)}: ${this.count}`;
    if (onHand === undefined) {
      this.shop.outbox.add({ kind: "counted", label, path: "/v1/stock:setLevels", body: [{ store: this.shop.store, ...told, levels: [{ product: this.#product, onHand: this.count }] }] });
    } else {
      this.shop.outbox.add({ kind: "counted", label, path: `/v1/${this.shop.store}/stock:adjust`, body: { ...told, deltas: [{ product: this.#product, delta: this.count - onHand }] } });
    }
    this.#done();
  }

  get #source() {
    const name = "enrayon.counter.source";
    if (!localStorage.getItem(name)) localStorage.setItem(name, `staff-${1 + Math.floor(Math.random() * SOURCES)}`);
    return localStorage.getItem(name);
  }

  #tell(kind, placement) {
    this.shop.tellShelf({ product: this.#product, kind, placement });
    this.#done();
  }

  #here(form) {
    const { aisle, bay } = Object.fromEntries(new FormData(form));
    this.#tell("KIND_FOUND", { aisle: aisle.trim(), bay: Number(bay) || 0 });
  }

  #done() {
    this.#product = null;
    this.#found = [];
    this.input.value = "";
    this.#draw();
  }
}
