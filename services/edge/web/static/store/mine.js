// "Held for you": this browser's holds on the first screen, with their codes one tap away.

import { getStore, startTrip } from "../api.js";
import { link } from "../address.js";
import { learn } from "../basket.js";
import { calendarEntry } from "../calendar.js";
import { has } from "../config.js";
import { $, button, el } from "../html.js";
import { randomId } from "../ids.js";
import { keep, kept } from "../storage.js";
import { turns } from "../turns.js";
import { say } from "../words.js";
import { card, forgetAll, myHolds } from "./holds.js";

const begin = turns();

/** Shows the holds; nothing while there are none. `open(store)` shows the page of a store. */
export async function showMine(open) {
  const current = begin();
  const holds = has("stock") ? await myHolds() : [];
  await learn(holds.flatMap(({ items }) => items.map(({ product }) => product)));
  const stores = new Map(await Promise.all([...new Set(holds.map(storeOf))].map(async (name) => [name, await getStore(name).catch(() => ({}))])));
  if (!current()) return;
  const place = $("mine");
  const isShown = holds.length > 0 && $("store").hidden; // the page of a store has its own
  place.hidden = !isShown;
  if (!isShown) return place.replaceChildren();
  const forget = button(say("forgetMe"), () => {
    forgetAll();
    showMine(open);
  }, { class: "link" });
  place.replaceChildren(el("h2", {}, say("myHolds")), ...holds.map((hold) => entry(hold, stores.get(storeOf(hold)), open)), forget);
}

const storeOf = ({ name }) => name.split("/reservations/")[0];

function entry(hold, store, open) {
  const name = storeOf(hold);
  const actions = el("div", { class: "actions" }, onMyWay(hold), calendarLink(hold, store),
    el("a", { class: "action", href: link(name), onclick: (event) => { event.preventDefault(); open(name); } }, say("toStore")));
  const shown = card(hold, store.timeZone, () => showMine(open));
  shown.querySelector(".facts").append(actions);
  const number = hold.items.reduce((sum, { heldQuantity }) => sum + Number(heldQuantity), 0);
  return el("details", { class: "mine-hold" },
    el("summary", {}, el("span", { class: "name" }, store.displayName || name), el("span", { class: "line" }, say("heldItems", { n: number }))), shown);
}

function calendarLink(hold, store) {
  const until = hold.pickupBy || hold.expireTime;
  const text = calendarEntry({ id: hold.name, title: say("collectAt", { store: store.displayName || "" }), start: hold.readyBy || hold.createTime, end: until,
    place: [store.displayName, ...(store.address?.addressLines || []), store.address?.locality].filter(Boolean).join(", "), url: new URL(link(storeOf(hold)), location.href).href });
  return el("a", { class: "action", download: "hold.ics", href: `data:text/calendar;charset=utf-8,${encodeURIComponent(text)}` }, say("calendar"));
}

// Starts the trip: the store prepares the goods. The person's position stays here.
function onMyWay(hold) {
  if (!has("geofence")) return null;
  const started = () => say("onTheWay");
  const pressed = button(say("onMyWay"), async () => {
    pressed.disabled = true;
    if (!kept("device")) keep("device", randomId());
    try {
      await startTrip(storeOf(hold), { deviceId: kept("device"), consent: true, ...(hold.tripToken ? { reservation: hold.name, tripToken: hold.tripToken } : { order: hold.name }), requestId: `way-${hold.name.split("/").at(-1)}` });
      keep(`way.${hold.name}`, "yes");
      pressed.textContent = started();
    } catch {
      pressed.disabled = false;
      pressed.textContent = say("again");
    }
  }, { class: "action main", disabled: Boolean(kept(`way.${hold.name}`)) });
  if (pressed.disabled) pressed.textContent = started();
  return pressed;
}
