// Holds made in this browser: remembers and shows them.

import { parameter } from "../address.js";
import { cancelHold, getHold, openStates, pickupCode } from "../api.js";
import { Problem } from "../problem.js";
import { productName } from "../basket.js";
import { has } from "../config.js";
import { tell } from "../host.js";
import { button, el } from "../html.js";
import { randomId } from "../ids.js";
import { keep, kept } from "../storage.js";
import { locale, moment, say } from "../words.js";

const MOST = 20;
const KIOSK_MS = 60_000;
const NOTICES = {
  KIND_STORE_CLOSED: "storeClosed", KIND_SLOT_CHANGED: "slotChanged", KIND_ITEMS_MISSING: "itemsMissing",
  KIND_ENDS_BEFORE_READY: "endsBeforeReady", KIND_SHORTENED: "shortened",
};
const ENDED = new Set(["STATE_CANCELED", "STATE_EXPIRED", "STATE_COLLECTED"]);

const remembered = () => JSON.parse(kept("holds") || "[]");
const forget = (name) => keep("holds", JSON.stringify(remembered().filter((each) => each !== name)));

/** Remembers a hold; a kiosk, where others stand soon, for a minute. */
export function remember({ name }) {
  keep("holds", JSON.stringify([name, ...remembered()].slice(0, MOST)));
  tell("hold", { store: name.split("/").slice(0, 2).join("/") });
  if (parameter("mode") !== "kiosk") return;
  setTimeout(() => {
    forget(name);
    document.querySelector(`.hold[data-name="${name}"]`)?.remove();
  }, KIOSK_MS);
}

/** Forgets all holds and the person's ids on this device; the holds themselves stay. */
export function forgetAll() {
  for (const name of ["holds", "shopper", "device"]) keep(name, "");
}

/** A random id of this browser's person, without other meaning. */
export function shopper() {
  if (!kept("shopper")) keep("shopper", randomId());
  return kept("shopper");
}

/** The holds at a store that have not expired. */
export const holdsAt = (store) => live(remembered().filter((name) => name.startsWith(`${store}/reservations/`)));

/** All holds of this browser that have not expired. */
export const myHolds = () => live(remembered());

async function live(names) {
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
      message.textContent = say(error.busy ? "busy" : error.passing ? "offline" : "failed");
    }
  }, { class: "action" });
  const until = el("p", { class: "until" });
  const shown = el("div", { class: "hold", "data-name": reservation.name }, code,
    el("div", { class: "facts" },
      el("h3", { tabindex: "-1" }, say("held")),
      el("ul", {}, reservation.items.map(({ product, heldQuantity }) => el("li", {}, `${heldQuantity} × ${productName(product)}`))),
      when(reservation, timeZone),
      until,
      el("p", { class: "note short" }),
      (reservation.notices || []).map((notice) => el("p", { class: "note warn" }, told(notice))),
      cancel, message));
  showCode(shown, reservation.name);
  showEnd(until, reservation, timeZone);
  return shown;
}

// The end of the hold; while the store is closed then, the rule, and no hour of the night.
async function showEnd(place, { name, expireTime }, timeZone) {
  const store = name.split("/reservations/")[0];
  const { openStates: [state] = [] } = has("hours") ? await openStates([store], expireTime, locale()).catch(() => ({})) : {};
  place.textContent = state?.state === "STATE_CLOSED" ? say("heldRule") : say("heldUntil", { time: moment(expireTime, timeZone) });
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
