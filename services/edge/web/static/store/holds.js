// Holds made in this browser: remembers and shows them.

import { Problem, cancelHold, getHold, pickupCode } from "../api.js";
import { productName } from "../basket.js";
import { button, el } from "../html.js";
import { keep, kept } from "../storage.js";
import { moment, say } from "../words.js";

const MOST = 20;
const NOTICES = {
  KIND_STORE_CLOSED: "storeClosed", KIND_SLOT_CHANGED: "slotChanged", KIND_ITEMS_MISSING: "itemsMissing",
  KIND_ENDS_BEFORE_READY: "endsBeforeReady", KIND_SHORTENED: "shortened",
};
const ENDED = new Set(["STATE_CANCELED", "STATE_EXPIRED", "STATE_COLLECTED"]);

const remembered = () => JSON.parse(kept("holds") || "[]");
const forget = (name) => keep("holds", JSON.stringify(remembered().filter((each) => each !== name)));

export const remember = ({ name }) => keep("holds", JSON.stringify([name, ...remembered()].slice(0, MOST)));

/** A random id of this browser's person, without other meaning. */
export function shopper() {
  if (!kept("shopper")) keep("shopper", crypto.randomUUID());
  return kept("shopper");
}

/** The holds at a store that have not expired. */
export async function holdsAt(store) {
  const names = remembered().filter((name) => name.startsWith(`${store}/reservations/`));
  const found = await Promise.allSettled(names.map(getHold));
  found.forEach(({ reason }, index) => reason?.status === 404 && forget(names[index]));
  const holds = found.map(({ value }) => value).filter(Boolean);
  holds.filter(({ state }) => ENDED.has(state)).forEach(({ name }) => forget(name));
  return holds.filter(({ state }) => !ENDED.has(state));
}

/** A hold: its goods, expiry, pick-up code, and a button to cancel it. */
export function card(reservation, timeZone, changed) {
  const message = el("p", { class: "message", role: "status" });
  const code = el("div", { class: "code" });
  const cancel = button(say("cancel"), async () => {
    cancel.disabled = true;
    try {
      await cancelHold(reservation.name);
      forget(reservation.name);
      changed(say("canceled"));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      cancel.disabled = false;
      message.textContent = say(error.passing ? "offline" : "failed");
    }
  }, { class: "action" });
  const shown = el("div", { class: "hold" }, code,
    el("div", { class: "facts" },
      el("h3", { tabindex: "-1" }, say("held")),
      el("ul", {}, reservation.items.map(({ product, heldQuantity }) => el("li", {}, `${heldQuantity} × ${productName(product)}`))),
      when(reservation, timeZone),
      el("p", { class: "until" }, say("heldUntil", { time: moment(reservation.expireTime, timeZone) })),
      el("p", { class: "note short" }),
      (reservation.notices || []).map((notice) => el("p", { class: "note warn" }, told(notice))),
      cancel, message));
  showCode(shown, reservation.name);
  return shown;
}

// When the goods can be fetched; nothing where the hours are not known.
function when({ state, readyBy }, timeZone) {
  if (state === "STATE_READY") return el("p", { class: "ready" }, say("readyNow"));
  return readyBy ? el("p", { class: "ready" }, say("readyBy", { time: moment(readyBy, timeZone) })) : null;
}

// A notice in the page's language; one of a kind that this page does not know as the service words it.
function told({ kind, text }) {
  const word = NOTICES[kind];
  return word ? say(word) : text;
}

async function showCode(card, name) {
  const { svg, code } = await pickupCode(name).catch(() => ({}));
  if (code) card.querySelector(".short").textContent = say("code", { code: code.replace(/^(.{4})/, "$1 ") });
  if (!svg) return;
  card.querySelector(".code").append(el("img", { src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt: say("showCode") }));
}
