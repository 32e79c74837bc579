// How a store is shown: as an item of the list, and on a page of its own.

import { el, webAddress } from "./html.js";
import { distance, locale, say } from "./words.js";

export function item(store, distanceM, choose) {
  const address = addressLine(store);
  return el("li", { class: "item" },
    el("a", { href: `/${store.name}`, "data-name": store.name, onclick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      choose(store.name);
    } },
      el("span", { class: "top" },
        el("span", { class: "name" }, store.displayName),
        distanceM === undefined ? null : el("span", { class: "distance" }, distance(distanceM))),
      el("span", { class: "line" }, [trade(store), address].filter(Boolean).join(" · ")),
      badge(store)));
}

/** Where a state that comes later is put: `OpenState` of the hours service. */
export function showState(element, state) {
  const place = element.querySelector(".state");
  place.className = `state ${(state.state || "").replace("STATE_", "").toLowerCase()}`;
  place.textContent = state.words || "";
  place.hidden = !state.words || state.state === "STATE_UNKNOWN";
}

export function page(store, { back, shared }) {
  const { latitude, longitude } = store.location || {};
  const [phone] = store.phones || [];
  const website = (store.urls || []).map(webAddress).find(Boolean);
  const offers = (store.attributes || []).map(offer).filter(Boolean);
  const status = el("p", { class: "copied", role: "status" });
  return [
    el("button", { type: "button", class: "back", onclick: back }, "‹ ", say("back")),
    el("h2", { tabindex: "-1" }, store.displayName),
    el("p", { class: "line" }, [trade(store), store.brand !== store.displayName ? store.brand : ""].filter(Boolean).join(" · ")),
    badge(store),
    el("div", { class: "actions" },
      latitude === undefined ? null : el("a", { class: "action main", target: "_blank", rel: "noopener", href: `https://www.openstreetmap.org/directions?to=${latitude},${longitude}` }, say("directions")),
      phone ? el("a", { class: "action", href: `tel:${phone.replace(/[^+\d]/g, "")}` }, say("call")) : null,
      website ? el("a", { class: "action", href: website, target: "_blank", rel: "noopener" }, say("website")) : null,
      el("button", { type: "button", class: "action", onclick: async () => {
        await navigator.clipboard?.writeText(location.href).catch(() => {});
        status.textContent = say("copied");
        shared?.();
      } }, say("share"))),
    status,
    part("address", addressLines(store)),
    el("div", { class: "week", hidden: true }),
    store.openingHoursText ? part("hours", [el("p", { class: "raw" }, store.openingHoursText.replace(/;\s*/g, "\n")), el("p", { class: "note" }, say("asWritten"))], "raw-hours") : null,
    part("contact", (store.phones || []).map((number) => el("p", {}, number))),
    offers.length ? part("offers", [el("ul", { class: "offers" }, offers.map((text) => el("li", {}, text)))]) : null,
  ].filter(Boolean);
}

/** The week of a store as a table, in place of the text of its hours. */
export function showWeek(element, days) {
  const place = element.querySelector(".week");
  const name = new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "short", timeZone: "UTC" });
  const unknown = ({ state }) => state === "STATE_UNKNOWN";
  if (days.every(({ spans = [] }) => spans.some(unknown))) return; // nothing is known: no table
  const rows = days.slice(0, 7).map((day, index) => {
    const date = new Date(Date.UTC(day.date.year, day.date.month - 1, day.date.day));
    const spans = (day.spans || []).map((span) => (unknown(span) ? span.comment || "?" : `${span.start}–${span.end}`)).join(", ");
    return el("tr", { class: index ? "" : "today" },
      el("th", { scope: "row" }, name.format(date), day.holiday ? el("small", {}, day.holiday) : null),
      el("td", {}, spans || say("closed")));
  });
  place.replaceChildren(el("h3", {}, say("hours")), el("table", {}, el("tbody", {}, rows)));
  place.hidden = false;
  element.querySelector(".raw-hours")?.remove();
}

function part(word, content, extra = "") {
  return content.length ? el("div", { class: `part ${extra}` }, el("h3", {}, say(word)), ...content) : null;
}

function badge(store) {
  const status = (store.status || "").replace("STORE_STATUS_", "");
  const known = ["FUTURE_OPENING", "TEMPORARILY_CLOSED", "CLOSED_FOR_GOOD", "MOVED"].includes(status);
  return el("span", { class: known ? "state closed" : "state", hidden: !known }, known ? say(status) : "");
}

function addressLines({ address = {} }) {
  const town = [address.postalCode, address.locality].filter(Boolean).join(" ");
  return [...(address.addressLines || []), town].filter(Boolean).map((line) => el("p", {}, line));
}

function addressLine({ address = {} }) {
  return [...(address.addressLines || []), address.locality].filter(Boolean).join(", ");
}

// Attributes are namespaced ids such as `osm.shop.bakery`; the last part is what people may read.
const TRADE = /^osm\.(shop|amenity|craft|office|tourism|leisure|healthcare)\.(.+)$/;
const OFFERS = { "osm.wheelchair": "stepFree", "dev.ucp.amenity.wi_fi": "wifi", "osm.takeaway": "takeaway", "dev.ucp.amenity.parking": "parking" };

function trade({ attributes = [] }) {
  const names = attributes.map((id) => TRADE.exec(id)?.[2]).filter((name) => name && name !== "yes");
  return names.length ? readable(names[0]) : "";
}

function offer(id) {
  return OFFERS[id] ? say(OFFERS[id]) : "";
}

const readable = (slug) => slug.charAt(0).toUpperCase() + slug.slice(1).replace(/[._]/g, " ");
