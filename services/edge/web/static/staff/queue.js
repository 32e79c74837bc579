// The queue: those who wait first, then by the time at which the goods are due; and one hold of it.

import { el } from "../html.js";
import { say } from "../words.js";
import { clock, lasting, when } from "../times.js";
import { press, redraw, stateWord, tag, units } from "./draw.js";

const STEPS = {
  STATE_CONFIRMED: { act: "prepare", word: "start" },
  STATE_PREPARING: { act: "ready", word: "ready" },
};
const LATE_MS = 5 * 60_000;

export class Queue {
  /** @param shop the queue; `handOver(name)` begins to hand a hold over. */
  constructor(place, shop, { timeZone, handOver }) {
    Object.assign(this, { place, shop, timeZone, handOver, open: "" });
    this.list = el("div", { class: "list" });
    this.detail = el("section", { class: "detail", "data-label": "hold", "aria-label": say("hold") });
    this.ticks = new Map(); // hold -> the products that lie in the box
    this.ways = new Map();
    place.replaceChildren(this.list, this.detail);
  }

  show(name = this.open) {
    const { queue, entries } = this.shop;
    this.open = queue.some(({ reservation }) => reservation.name === name) ? name : "";
    this.place.dataset.open = this.open ? "yes" : "no";
    redraw(this.list, entries === null ? el("p", { class: "empty" }, say("loading"))
      : queue.length ? el("ol", { class: "queue" }, queue.map((entry) => this.#card(entry)))
        : el("p", { class: "empty" }, say("noHolds")));
    this.#showDetail(queue.find(({ reservation }) => reservation.name === this.open));
  }

  choose(name) {
    this.show(name);
    this.detail.querySelector("h2")?.focus();
  }

  #card({ reservation, dueTime, waitingSinceTime, isOnItsWay }) {
    const { name, state, items, arrival } = reservation;
    const goods = items.filter(({ heldQuantity }) => heldQuantity);
    return el("li", {}, el("button", {
      type: "button", class: `card ${waitingSinceTime ? "here" : ""}`, "data-key": name,
      "aria-current": name === this.open ? "true" : undefined, onclick: () => this.choose(name),
    },
    el("span", { class: "due" }, el("b", {}, when(dueTime, this.timeZone)), el("span", { class: late(dueTime, state) ? "late" : "" }, inWords(dueTime))),
    el("span", { class: "what" },
      waitingSinceTime ? el("span", { class: "arrived" }, waiting(waitingSinceTime), place(arrival)) : coming(arrival),
      el("span", { class: "names" }, goods.map(({ product, heldQuantity }) => `${heldQuantity} × ${this.shop.productName(product)}`).join(", "))),
    el("span", { class: "mark" }, el("span", { class: `state ${state}` }, stateWord(state), isOnItsWay ? el("span", { class: "hidden" }, say("onItsWay")) : ""),
      el("span", { class: "tag" }, tag(name)))));
  }

  #showDetail(entry) {
    if (!entry) return redraw(this.detail, el("p", { class: "empty" }, say("chooseHold")));
    const { reservation, dueTime, waitingSinceTime } = entry;
    const { name, state, arrival, notices = [] } = reservation;
    const step = STEPS[state];
    const handOver = press(say("handOver"), () => this.handOver(name), { look: state === "STATE_READY" ? "main" : "", drawing: "check", "data-key": "hand over" });
    redraw(this.detail,
      el("header", {},
        press(say("back"), () => { this.open = ""; this.show(""); this.list.querySelector("button")?.focus(); }, { look: "back", drawing: "back", "data-key": "back" }),
        el("h2", { tabindex: "-1", "data-key": "title" }, say("holdTag", { tag: tag(name) })),
        el("p", { class: "by" }, say("due", { time: when(dueTime, this.timeZone) }), " ", el("span", { class: `state ${state}` }, stateWord(state)))),
      waitingSinceTime ? el("p", { class: "arrived" }, waiting(waitingSinceTime), place(arrival)) : coming(arrival),
      notices.map(({ text }) => el("p", { class: "warn" }, text)),
      this.#goods(reservation),
      el("footer", {}, step ? press(say(step.word), () => this.shop.act(step.act, name), { look: "main", "data-key": "step" }) : null, handOver));
  }

  // The goods in the order of the aisles.
  #goods(reservation) {
    const { name, items } = reservation;
    const held = new Map(items.filter(({ heldQuantity }) => heldQuantity > 0).map((item) => [item.product, item.heldQuantity]));
    const way = this.ways.get(name) || [...held.keys()].map((product) => ({ product }));
    if (!this.ways.has(name)) {
      this.ways.set(name, way);
      this.shop.wayTo(reservation).then((found) => { this.ways.set(name, found); if (this.open === name) this.show(); });
    }
    const isReady = reservation.state === "STATE_READY";
    return el("ol", { class: "goods-list" }, way.filter(({ product }) => held.has(product)).map(({ product, shelf }) => {
      const label = this.shop.productName(product);
      const ticks = this.ticks.get(name) || new Set();
      return el("li", { class: ticks.has(product) || isReady ? "taken" : "" },
        el("button", {
          type: "button", class: "tick", "aria-pressed": ticks.has(product) ? "true" : "false", "data-key": `tick ${product}`,
          disabled: isReady, onclick: () => this.#tick(name, product),
        }, el("span", { class: "box", "aria-hidden": "true" }), el("span", { class: "good" }, units(held.get(product), label), el("span", { class: "shelf" }, shelf?.address || say("noShelf")))),
        isReady ? "" : press(say("cannotFind"), () => this.#lost(reservation, { product, label, shelf, quantity: held.get(product) }), { look: "quiet", "aria-label": say("cannotFindThis", { product: label }), "data-key": `lost ${product}` }));
    }));
  }

  #tick(name, product) {
    const ticks = this.ticks.get(name) || new Set();
    if (!ticks.delete(product)) ticks.add(product);
    this.ticks.set(name, ticks);
    this.show();
  }

  // Asks what is lost: the shelf, or the goods.
  #lost({ name }, { product, label, shelf, quantity }) {
    const close = () => dialog.close();
    const release = (missing) => press(missing === quantity ? say("noneLeft") : say("fewerLeft", { n: quantity - missing }), () => {
      this.shop.act("missing", name, { items: [{ product, quantity: missing }] });
      close();
    }, { look: missing === quantity ? "bad" : "" });
    const dialog = el("dialog", { class: "ask", "aria-labelledby": "lost", onclose: () => { dialog.remove(); this.detail.querySelector(`[data-key="lost ${CSS.escape(product)}"]`)?.focus(); } },
      el("h2", { id: "lost" }, say("whatIsLost", { product: label })),
      el("p", {}, say("missingHelp")),
      el("div", { class: "choices" },
        Array.from({ length: Math.min(quantity, 6) }, (_, left) => release(quantity - left)),
        shelf?.placement ? press(say("wrongShelf"), () => { this.#wrong(product, shelf.placement); close(); }) : "",
        press(say("keepLooking"), close, { autofocus: true })));
    document.body.append(dialog);
    dialog.showModal();
  }

  #wrong(product, placement) {
    this.shop.tellShelf({ product, kind: "KIND_NOT_FOUND", placement });
  }
}

const late = (dueTime, state) => state !== "STATE_READY" && Date.parse(dueTime) < Date.now() + LATE_MS;

function inWords(instant) {
  const ms = Date.parse(instant) - Date.now();
  return say(ms >= 0 ? "inTime" : "ago", { time: lasting(ms) });
}

const waiting = (since) => el("b", {}, say("waiting", { time: lasting(Date.now() - Date.parse(since)) }));

const place = ({ bay, vehicle } = {}) => [bay ? el("span", { class: "bay" }, say("bay", { bay })) : "", vehicle ? el("span", {}, vehicle) : ""];

function coming({ state } = {}) {
  if (state === "STATE_APPROACHING") return el("span", { class: "coming" }, say("almostHere"));
  if (state === "STATE_ON_THE_WAY") return el("span", { class: "coming" }, say("onTheWay"));
  return null;
}

export { clock };
