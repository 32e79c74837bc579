// The queue of a shop, followed live, as the staff sees it: with the acts that are still on their way.

import { randomId } from "../ids.js";
import { currentLanguage } from "../words.js";
import { all, messages, read, send } from "./api.js";
import { Problem } from "../problem.js";
import { Outbox } from "./outbox.js";

const AGAIN_MS = 2000;
const LOOK_MS = 20_000;
const SOON_MS = 150;
const LIVE = new Set(["STATE_CONFIRMED", "STATE_PREPARING", "STATE_READY"]);
const AFTER = { prepare: "STATE_PREPARING", ready: "STATE_READY" };

export class Shop {
  #soon = 0;
  #products = new Map();
  #routes = new Map();
  #known = null; // the names of those who have arrived

  /** @param told `changed()`, `arrived(entries)`, `done(act, answer)`. */
  constructor(store, told) {
    Object.assign(this, { store, told, entries: null, arrivals: [], isCut: false, isSignedOut: false });
    this.outbox = new Outbox(store, {
      changed: () => told.changed(),
      done: (act, answer) => {
        this.#take(act, answer);
        told.done(act, answer);
        this.#refreshSoon();
      },
    });
  }

  /** Follows the queue for as long as the page is open. */
  async follow() {
    setInterval(() => this.refresh(), LOOK_MS);
    this.outbox.go();
    for (;;) {
      try {
        await this.refresh();
        for await (const _ of messages(`/v1/${this.store}/pickupQueue:watch`)) this.#refreshSoon();
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async refresh() {
    try {
      const [entries, { arrivals = [] }] = await Promise.all([
        all(`/v1/${this.store}/pickupQueue`, "entries"), read(`/v1/${this.store}/arrivals`).catch(() => ({}))]);
      Object.assign(this, { entries, arrivals, isCut: false, isSignedOut: false });
      this.outbox.go();
      this.#tellArrived();
      await this.learn(entries.flatMap(({ reservation }) => reservation.items.map(({ product }) => product)));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      Object.assign(this, { isCut: problem.passing, isSignedOut: problem.signedOut });
    }
    this.told.changed();
  }

  #refreshSoon() {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.refresh(), SOON_MS);
  }

  /** The entries with what is on its way: acts change them at once. */
  get queue() {
    return this.outbox.waiting.reduce(foreseen, this.entries || []);
  }

  entry(name) {
    return this.queue.find(({ reservation }) => reservation.name === name);
  }

  /** An act on a hold: `prepare`, `ready`, `collect`, `undo`, `missing`. */
  act(kind, name, body = {}) {
    const verb = { prepare: "prepare", ready: "markReady", collect: "collect", undo: "undoCollect", missing: "reportMissingItems" }[kind];
    const repeats = ["collect", "missing"].includes(kind) ? { requestId: randomId() } : {};
    this.outbox.add({ kind, hold: name, path: `/v1/${name}:${verb}`, body: { ...repeats, ...body } });
  }

  /** Tells whether a product is on a shelf: `{ product, kind, placement }`. */
  tellShelf(report) {
    this.outbox.add({ kind: "shelf", label: this.productName(report.product), path: `/v1/${this.store}/placements:submitFeedback`, body: { ...report, requestId: randomId() } });
  }

  findByCode(code) { return send(`/v1/${this.store}/reservations:findByCode`, { code }); }

  verify(receipt) { return send("/v1/reservations:verifyReceipt", { receipt }); }

  productName(name) {
    const { displayName = name.slice("products/".length), localizedNames = {} } = this.#products.get(name) || {};
    return localizedNames[currentLanguage()] || displayName;
  }

  async learn(names) {
    const unknown = [...new Set(names)].filter((name) => !this.#products.has(name));
    const found = await Promise.allSettled(unknown.map((name) => read(`/v1/${name}`)));
    for (const { value } of found) if (value) this.#products.set(value.name, value);
  }

  learned(product) { this.#products.set(product.name, product); }

  /** The goods of a hold in the order of the aisles: `{ product, shelf }`; those without a shelf last. */
  async wayTo(reservation) {
    const products = reservation.items.filter(({ heldQuantity }) => heldQuantity).map(({ product }) => product);
    const key = products.join(" ");
    if (!this.#routes.has(key)) {
      const walk = { items: products.map((product) => ({ product })) };
      const { stops = [] } = await send(`/v1/${this.store}/floorPlans:planRoute`, { walk, languageCode: currentLanguage() }).catch(() => ({}));
      const found = stops.flatMap(({ items }) => items);
      const rest = products.filter((product) => !found.some((item) => item.product === product));
      this.#routes.set(key, [...found, ...rest.map((product) => ({ product }))]);
    }
    return this.#routes.get(key);
  }

  // The answer to an act, before the queue is read again.
  #take({ kind, hold }, answer) {
    if (!this.entries || !answer.state || !["prepare", "ready", "collect", "missing"].includes(kind)) return;
    this.entries = this.entries
      .map((entry) => (entry.reservation.name === (answer.name || hold) ? { ...entry, reservation: { ...entry.reservation, ...answer } } : entry))
      .filter(({ reservation }) => LIVE.has(reservation.state));
  }

  #tellArrived() {
    const here = this.entries.filter(({ waitingSinceTime }) => waitingSinceTime);
    const fresh = here.filter(({ reservation }) => this.#known && !this.#known.has(reservation.name));
    this.#known = new Set(here.map(({ reservation }) => reservation.name));
    if (fresh.length) this.told.arrived(fresh);
  }
}

function foreseen(entries, { kind, hold, body }) {
  if (kind === "collect") return entries.filter(({ reservation }) => reservation.name !== hold);
  const change = (reservation) => {
    if (AFTER[kind]) return { ...reservation, state: AFTER[kind] };
    if (kind !== "missing") return reservation;
    const missing = new Map(body.items.map(({ product, quantity }) => [product, quantity]));
    return { ...reservation, items: reservation.items.map((item) => ({ ...item, heldQuantity: (item.heldQuantity || 0) - (missing.get(item.product) || 0) })) };
  };
  return entries.map((entry) => (entry.reservation.name === hold ? { ...entry, reservation: change(entry.reservation), isOnItsWay: true } : entry));
}
