// Holds made in this browser: remembers and shows them.

import { Problem, cancelHold, getHold, pickupCode } from "../api.js";
import { productName } from "../basket.js";
import { button, el } from "../html.js";
import { keep, kept } from "../storage.js";
import { moment, say } from "../words.js";

const MOST = 20;
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
  showCode(code, reservation.name);
  return el("div", { class: "hold" }, code,
    el("div", { class: "facts" },
      el("h3", { tabindex: "-1" }, say("held")),
      el("ul", {}, reservation.items.map(({ product, heldQuantity }) => el("li", {}, `${heldQuantity} × ${productName(product)}`))),
      el("p", { class: "until" }, say("heldUntil", { time: moment(reservation.expireTime, timeZone) })),
      el("p", { class: "note" }, say("code", { code: reservation.name.split("/").at(-1) })),
      cancel, message));
}

async function showCode(place, name) {
  const { svg } = await pickupCode(name).catch(() => ({}));
  if (!svg) return;
  place.append(el("img", { src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt: say("showCode") }));
}
