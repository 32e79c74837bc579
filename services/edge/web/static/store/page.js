// Builds a store's page.

import { button, el, webAddress } from "../html.js";
import { icon } from "../icons.js";
import { say } from "../words.js";
import { badge, trade } from "./summary.js";

const OFFERS = { "osm.wheelchair": "stepFree", "dev.ucp.amenity.wi_fi": "wifi", "osm.takeaway": "takeaway", "dev.ucp.amenity.parking": "parking" };

/** The parts of the page; empty sections with a class are filled in later. */
export function page(store, { back }) {
  const brand = store.brand !== store.displayName ? store.brand : "";
  const offers = (store.attributes || []).filter((id) => id in OFFERS).map((id) => el("li", {}, say(OFFERS[id])));
  return [
    backButton(back),
    el("h2", { tabindex: "-1" }, store.displayName),
    el("p", { class: "line" }, [trade(store), brand].filter(Boolean).join(" · ")),
    badge(store),
    el("p", { class: "note way", hidden: true }),
    actions(store),
    el("section", { class: "part shelf-here", hidden: true }),
    el("section", { class: "part here-stock", hidden: true }),
    el("section", { class: "part inside", hidden: true }),
    el("section", { class: "part week", hidden: true }),
    el("section", { class: "part services", hidden: true }),
    el("section", { class: "part events", hidden: true }),
    part("address", addressLines(store)),
    part("hours", rawHours(store), "raw-hours"),
    part("contact", (store.phones || []).map((number) => el("p", {}, number))),
    part("offers", offers.length ? [el("ul", { class: "offers" }, offers)] : []),
  ].filter(Boolean);
}

/** Replaces a page that cannot be shown. */
export function sorry(word, { back, again }) {
  return [backButton(back), el("h2", { tabindex: "-1" }, say(word)), again ? button(say("again"), again, { class: "more" }) : ""];
}

function backButton(back) {
  return button([icon("back"), say("back")], back, { class: "back" });
}

function actions({ displayName, location, phones: [phone] = [], urls = [] }) {
  const website = urls.map(webAddress).find(Boolean);
  const copied = el("p", { class: "copied", role: "status" });
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(window.location.href).then(() => "copied", () => "notCopied");
    copied.textContent = say(done || "notCopied");
  };
  return el("div", { class: "actions" },
    location ? el("a", { class: "action main", target: "_blank", rel: "noopener", href: directions(location, displayName) }, icon("go"), say("directions")) : null,
    phone ? el("a", { class: "action", href: `tel:${phone.replace(/[^+\d]/g, "")}` }, icon("call"), say("call")) : null,
    website ? el("a", { class: "action", href: website, target: "_blank", rel: "noopener" }, icon("web"), say("website")) : null,
    button([icon("share"), say("share")], copy, { class: "action" }),
    copied);
}

// A phone opens its own map app, which knows the start; elsewhere the directions ask for it.
function directions({ latitude, longitude }, name) {
  const place = `${latitude},${longitude}`;
  if (/Android/.test(navigator.userAgent)) return `geo:${place}?q=${place}(${encodeURIComponent(name)})`;
  if (/iPhone|iPad|iPod/.test(navigator.userAgent)) return `https://maps.apple.com/?daddr=${place}&q=${encodeURIComponent(name)}`;
  return `https://www.openstreetmap.org/directions?to=${place}`;
}

function part(word, content, extra = "") {
  return content.length ? el("section", { class: `part ${extra}` }, el("h3", {}, say(word)), ...content) : null;
}

function addressLines({ address = {} }) {
  const town = [address.postalCode, address.locality].filter(Boolean).join(" ");
  return [...(address.addressLines || []), town].filter(Boolean).map((line) => el("p", {}, line));
}

// Shown until the hours service answers, or if it does not.
function rawHours({ openingHoursText }) {
  if (!openingHoursText) return [];
  return [el("p", { class: "raw" }, openingHoursText.replace(/;\s*/g, "\n")), el("p", { class: "note" }, say("asWritten"))];
}
