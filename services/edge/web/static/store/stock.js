// A store's stock of the basket, and the button to hold it.

import { hold, stockLevels } from "../api.js";
import { Problem } from "../problem.js";
import { describeLevel, items, learn, productName } from "../basket.js";
import { button, el } from "../html.js";
import { icon } from "../icons.js";
import { randomId } from "../ids.js";
import { turns } from "../turns.js";
import { say } from "../words.js";
import { onePerGroup, variants } from "./variants.js";
import { card, holdsAt, remember, shopper } from "./holds.js";

export class StoreStock {
  #begin = turns();
  #requestId = ""; // of the hold that is wanted: a retry of the same list answers the same hold
  #wanted = "";
  #held = []; // the lists that are on hold here already

  /** @param basket is shown here while the store is open; `seekAll()` searches stores with all of it. */
  constructor(place, store, basket, { seekAll }) {
    Object.assign(this, { place, store, basket, seekAll });
    this.holds = el("div", { class: "holds" });
    this.offer = el("div", { class: "offer" });
    this.variants = el("div", {});
    this.message = el("p", { class: "message", role: "status" });
    place.replaceChildren(this.holds, basket.element, this.variants, this.offer, this.message);
    place.hidden = false;
  }

  /** Requests and shows the stock. */
  async show() {
    const current = this.#begin();
    await this.#showHolds(current);
    await this.#showLevels(current);
  }

  /** Drops answers that are still on their way: the basket is shown elsewhere now. */
  close() {
    this.#begin();
    this.#begin = () => () => false;
  }

  async #showHolds(current) {
    const holds = await holdsAt(this.store.name);
    if (!current()) return;
    this.#held = holds.map(({ items: held }) => listed(held.map(({ product, heldQuantity }) => ({ product, quantity: heldQuantity }))));
    await learn(holds.flatMap(({ items: held }) => held.map(({ product }) => product)));
    if (!current()) return;
    const changed = async (words) => {
      await this.show();
      this.message.textContent = words;
    };
    this.holds.replaceChildren(...holds.map((each) => card(each, this.store.timeZone, changed)));
  }

  async #showLevels(current = this.#begin()) {
    if (!current()) return;
    const wanted = items();
    this.message.textContent = "";
    await learn(wanted.map(({ product }) => product));
    if (!current()) return;
    this.variants.replaceChildren(...onePerGroup(wanted).map((product) => variants(product, this.store)));
    if (!wanted.length) {
      this.offer.replaceChildren(el("p", { class: "note" }, say("listHelp")));
      await this.basket.show();
      return;
    }
    const { levels = [], unreachable = [] } = await stockLevels([this.store.name], wanted.map(({ product }) => product))
      .catch(() => ({ unreachable: ["stock"] }));
    if (!current()) return; // these are the levels of an earlier list
    await this.basket.show(new Map(levels.map((level) => [level.product, level])));
    if (current()) this.#showOffer(wanted, levels, unreachable);
  }

  #showOffer(wanted, levels, unreachable) {
    if (unreachable.length) {
      return this.offer.replaceChildren(el("p", { class: "note warn" }, say("stockGone")),
        button(say("again"), () => this.#showLevels(), { class: "action" }));
    }
    if (this.#held.includes(listed(wanted))) return this.offer.replaceChildren();
    const units = new Map(wanted.map(({ product, quantity }) => [product, quantity]));
    const enough = levels.every((level) => ["IN_STOCK", "LIMITED"].includes(describeLevel(level, units.get(level.product)).band));
    this.offer.replaceChildren(enough
      ? button([icon("basket"), say("hold")], ({ currentTarget }) => this.#hold(items(), currentTarget), { class: "action main" })
      : el("p", { class: "note" }, say("notAll"), " ", button(say("whoHasAll"), this.seekAll, { class: "link" })));
  }

  async #hold(wanted, pressed) {
    const list = listed(wanted);
    if (list !== this.#wanted) [this.#wanted, this.#requestId] = [list, randomId()];
    pressed.disabled = true;
    this.message.textContent = say("holding");
    try {
      remember(await hold(this.store.name, { items: wanted, shopper: shopper(), requestId: this.#requestId }));
      this.#requestId = this.#wanted = "";
      await this.show();
      this.holds.querySelector(".hold h3")?.focus();
    } catch (error) {
      if (!(error instanceof Problem)) {
        pressed.disabled = false;
        this.message.textContent = say("holdFailed");
        throw error;
      }
      await this.#showLevels();
      this.message.textContent = this.#why(error);
    }
  }

  #why({ reason, status, metadata, message, passing }) {
    if (reason === "INSUFFICIENT_STOCK") return say(metadata.available ? "lessNow" : "tooFewNow", { product: productName(metadata.product), n: metadata.available });
    if (reason === "QUOTA_EXCEEDED") return say("quota");
    if (reason === "STORE_NOT_OPEN") return say("notSelling");
    if (status === 429) return say("keyQuota");
    return passing ? say("holdFailed") : message;
  }
}

// A basket as text, independent of its order.
const listed = (lines) => lines.map(({ product, quantity }) => `${product} ${quantity}`).sort().join(", ");
