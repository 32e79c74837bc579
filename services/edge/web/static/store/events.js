// A store's events to come: private sales, workshops, tastings.

import { storeEvents } from "../api.js";
import { el, webAddress } from "../html.js";
import { clock, dateIn } from "../times.js";
import { moment, say } from "../words.js";

/** Fills the section of a store's page; it stays hidden where there are none. */
export async function showEvents(place, { name, timeZone }) {
  const { storeEvents: found = [] } = await storeEvents(name, new Date().toISOString()).catch(() => ({}));
  if (!found.length) return;
  place.replaceChildren(el("h3", {}, say("events")), el("ul", {}, found.map((each) => entry(each, timeZone))));
  place.hidden = false;
}

function entry({ title, description, url, startTime, endTime }, timeZone) {
  const address = webAddress(url);
  const begin = moment(startTime, timeZone);
  const end = dateIn(startTime, timeZone) === dateIn(endTime, timeZone) ? clock(endTime, timeZone) : moment(endTime, timeZone);
  return el("li", {}, el("span", { class: "name" }, address ? el("a", { href: address, target: "_blank", rel: "noopener" }, title) : title),
    el("span", { class: "note" }, ` ${begin} – ${end}`), description ? el("p", {}, description) : "");
}
