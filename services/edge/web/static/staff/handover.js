// Hands a hold over by the code that the shopper says, or by the QR code that the shopper shows.

import { el } from "../html.js";
import { say } from "../words.js";
import { Problem } from "../problem.js";
import { scan } from "./camera.js";
import { press, redraw, stateWord, tag, units } from "./draw.js";

const KEYS = [..."23456789CFGHJMPQRVWX"];
const LENGTH = 8;

export class HandOver {
  constructor(place, shop) {
    Object.assign(this, { place, shop, found: null, wanted: "", failure: "" });
    this.input = el("input", {
      id: "code", type: "text", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", inputmode: "none", maxlength: "1000",
      "data-key": "code", oninput: () => this.#typed(), onkeydown: ({ key }) => key === "Enter" && this.#look(this.input.value.trim()),
    });
  }

  /** Shows the view; with a name, for one hold, whose code need not be typed. */
  show(wanted = this.wanted) {
    this.wanted = this.shop.entry(wanted) ? wanted : "";
    this.#draw();
  }

  begin(wanted = "") {
    Object.assign(this, { found: null, failure: "" });
    this.input.value = "";
    this.show(wanted);
    if (matchMedia("(hover: hover)").matches) this.input.focus();
  }

  #draw() {
    if (this.found) return redraw(this.place, this.#confirm(this.found));
    redraw(this.place,
      el("section", { class: "entry" },
        el("h2", {}, this.wanted ? say("codeFor", { tag: tag(this.wanted) }) : say("handOver")),
        el("label", { for: "code" }, say("codeHelp")), this.input,
        el("p", { class: "failure", role: "alert" }, this.failure),
        el("div", { class: "keys" }, KEYS.map((key) => press(key, () => this.#type(key), { look: "key", "data-key": `key ${key}` })),
          press(say("erase"), () => this.#erase(), { look: "key erase", "data-key": "erase" })),
        el("div", { class: "choices" }, press(say("camera"), () => this.#camera(), { look: "main", "data-key": "camera" }),
          this.wanted ? press(say("withoutCode"), () => this.#choose(this.shop.entry(this.wanted).reservation), { look: "quiet", "data-key": "without" }) : "")));
  }

  #type(key) {
    if (bare(this.input.value).length < LENGTH) this.input.value += key;
    this.#typed();
  }

  #erase() {
    this.input.value = bare(this.input.value).slice(0, -1);
    this.#typed();
  }

  #typed() {
    this.failure = "";
    const code = bare(this.input.value);
    if (code.length <= LENGTH) this.input.value = code.length > 4 ? `${code.slice(0, 4)} ${code.slice(4)}` : code;
    this.place.querySelector(".failure").textContent = "";
    if (code.length === LENGTH) this.#look(code);
  }

  async #camera() {
    const text = await scan();
    if (text) this.#look(text);
  }

  // Finds the hold of a short code, or of the receipt in a QR code.
  async #look(text) {
    if (!text) return;
    const code = bare(text);
    const isCode = code.length === LENGTH && [...code].every((letter) => KEYS.includes(letter));
    try {
      this.#choose(await (isCode ? this.shop.findByCode(code) : this.shop.verify(text)));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.passing && isCode) return this.#choose({ code, items: [] });
      this.input.value = "";
      this.failure = say(problem.passing ? "noAnswer" : problem.reason === "RESERVATION_NOT_FOUND" || problem.status === 404 || problem.status === 400 ? "noSuchCode" : "failed");
      this.#draw();
    }
  }

  async #choose(reservation) {
    await this.shop.learn(reservation.items.map(({ product }) => product));
    this.found = reservation;
    this.#draw();
    this.place.querySelector("h2").focus();
  }

  #confirm({ name, state, items, code }) {
    const again = press(say("anotherCode"), () => this.begin(), { drawing: "back", "data-key": "again" });
    if (code) {
      return el("section", { class: "entry" }, el("h2", { tabindex: "-1" }, say("noAnswer")), el("p", {}, say("codeWaits", { code: spaced(code) })),
        el("div", { class: "choices" }, press(say("handOverLater"), () => {
          this.shop.act("collect", `${this.shop.store}/reservations/-`, { code });
          this.begin();
        }, { look: "main", "data-key": "give" }), again));
    }
    if (!["STATE_CONFIRMED", "STATE_PREPARING", "STATE_READY"].includes(state)) {
      return el("section", { class: "entry" }, el("h2", { tabindex: "-1" }, say("over", { state: stateWord(state) })), el("div", { class: "choices" }, again));
    }
    const elsewhere = !name.startsWith(`${this.shop.store}/`);
    return el("section", { class: "entry" }, el("h2", { tabindex: "-1", "data-key": "title" }, say("give", { tag: tag(name) })),
      elsewhere ? el("p", { class: "warn" }, say("elsewhere")) : "",
      state === "STATE_READY" ? "" : el("p", { class: "warn" }, say("notReadyYet", { state: stateWord(state) })),
      el("ul", { class: "goods-list plain" }, items.filter(({ heldQuantity }) => heldQuantity).map(({ product, heldQuantity }) => el("li", {}, units(heldQuantity, this.shop.productName(product))))),
      el("div", { class: "choices" }, elsewhere ? "" : press(say("handedOver"), () => {
        this.shop.act("collect", name);
        this.begin();
      }, { look: "main", drawing: "check", "data-key": "give" }), again));
  }
}

const bare = (text) => text.toUpperCase().replace(/[\s-]/g, "");
const spaced = (code) => `${code.slice(0, 4)} ${code.slice(4)}`;
