// A store as an item of the list.

import { link } from "../address.js";
import { el } from "../html.js";
import { distance, kindName, minutes, say } from "../words.js";

/**
 * @param number of the pin on the map.
 * @param way the distance, and the journey on foot: its time is shown where it follows roads,
 *   as "about" where roads beyond the network could change it.
 * @param open gets the store's name when it is chosen; `point` when the pointer enters, and an
 *   empty name when it leaves.
 */
export function item(store, number, { distanceM, journey }, open, point) {
  const onFoot = journey?.travelTime && !journey.isEstimate
    ? say(journey.mayBeClipped ? "onFootAbout" : "onFoot", { time: minutes(parseFloat(journey.travelTime)) }) : "";
  const address = [...(store.address?.addressLines || []), store.address?.locality].filter(Boolean).join(", ");
  return el("li", { class: "item" },
    el("a", { href: link(store.name), "data-name": store.name,
      onclick: (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        open(store.name);
      },
      onmouseenter: () => point(store.name), onmouseleave: () => point(""),
      onfocus: () => point(store.name), onblur: () => point("") },
      el("span", { class: "pin", "aria-hidden": "true" }, String(number)),
      el("span", { class: "top" },
        el("span", { class: "name" }, store.displayName),
        distanceM === undefined ? null : el("span", { class: "distance" }, [onFoot, distance(distanceM)].filter(Boolean).join(" · "))),
      el("span", { class: "line" }, [trade(store), address].filter(Boolean).join(" · ")),
      badge(store),
      el("span", { class: "stock", hidden: true })));
}

/** The place for a later `OpenState` of the hours service. */
export function showState(element, state) {
  const place = element.querySelector(".state");
  const name = (state.state || "").replace("STATE_", "").toLowerCase();
  place.className = `state ${name}${state.closesSoon ? " soon" : ""}`;
  place.textContent = state.words || "";
  // Of hours that are not known only a comment of the shop says something.
  place.hidden = !state.words || (name === "unknown" && !(state.comment && state.words.includes(state.comment)));
}

/** The state of a store without hours: not open yet, or no longer. */
export function badge(store) {
  const status = (store.status || "").replace("STORE_STATUS_", "");
  const known = ["FUTURE_OPENING", "TEMPORARILY_CLOSED", "CLOSED_FOR_GOOD", "MOVED"].includes(status);
  return el("span", { class: known ? "state closed" : "state", hidden: !known }, known ? say(status) : "");
}

// Attributes are namespaced ids such as `osm.shop.bakery`; the last part is shown.
const TRADE = /^osm\.(shop|amenity|craft|office|tourism|leisure|healthcare)\.(.+)$/;

/** The kind of a store. */
export function trade({ attributes = [] }) {
  const [kind = ""] = attributes.map((id) => TRADE.exec(id)?.[2]).filter((name) => name && name !== "yes");
  return kindName(kind);
}
