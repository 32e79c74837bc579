// A store's opening state, its week with special days, and its in-store services.

import { inStoreServices, openDays, openStates } from "../api.js";
import { link } from "../address.js";
import { openLater } from "../filters.js";
import { el } from "../html.js";
import { locale, say } from "../words.js";
import { showState } from "./summary.js";

/** Fills the section of a store's page. */
export async function showHours(element, name, choose) {
  const [states, days, services] = await Promise.allSettled([
    openStates([name], openLater(), locale()), openDays(name, inDays(SHOWN_DAYS - 1), locale()), inStoreServices(name, locale()),
  ]);
  if (states.value?.openStates?.length) showState(element, states.value.openStates[0]);
  if (days.value?.days) showWeek(element, days.value.days);
  if (services.value?.inStoreServices) showServices(element.querySelector(".services"), services.value.inStoreServices, choose);
}

const WEEK = 7;
const SHOWN_DAYS = 28;

function inDays(days) {
  const date = new Date(Date.now() + days * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

const unknown = ({ state }) => state === "STATE_UNKNOWN";

function showWeek(element, days) {
  if (days.every(({ spans = [] }) => spans.some((span) => unknown(span) && span.start === "00:00" && span.end === "24:00"))) return; // nothing is known: no table
  const place = element.querySelector(".week");
  place.replaceChildren(el("h3", {}, say("hours")), el("table", {}, el("tbody", {}, days.slice(0, WEEK).map(row))));
  place.after(...comingWeeks(days.slice(WEEK)));
  place.hidden = false;
  element.querySelector(".raw-hours")?.remove();
}

const isSpecial = ({ holiday, rule = {} }) => Boolean(holiday) || ["RULE_KIND_EXCEPTION", "RULE_KIND_CLOSURE"].includes(rule.kind);

// The special days after the week, if there are any.
function comingWeeks(days) {
  const special = days.filter(isSpecial);
  if (!special.length) return [];
  return [el("section", { class: "part coming" }, el("h3", {}, say("comingWeeks")), el("table", {}, el("tbody", {}, special.map((day) => row(day, 1)))))];
}

function row({ date, spans = [], holiday, rule = {} }, index) {
  const name = new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "short", timeZone: "UTC" });
  const special = ["RULE_KIND_EXCEPTION", "RULE_KIND_CLOSURE"].includes(rule.kind);
  const note = (special && rule.displayName) || holiday;
  const times = spans.map((span) => (unknown(span) ? [span.start === "00:00" && span.end === "24:00" ? "" : `${span.start}–${span.end}`, span.comment || "?"].filter(Boolean).join(" ") : `${span.start}–${span.end}`)).join(", ");
  return el("tr", { class: [index ? "" : "today", special || holiday ? "special" : ""].join(" ").trim() || undefined },
    el("th", { scope: "row" }, name.format(new Date(Date.UTC(date.year, date.month - 1, date.day))), note ? el("small", {}, note) : null),
    el("td", {}, times || say("closed")));
}

function showServices(place, services, choose) {
  const entries = services.map(({ name, displayName, openState = {} }) => {
    const id = name.split("/").at(-1);
    const entry = el("li", {}, el("span", { class: "name" }, displayName || id), el("span", { class: "state" }),
      el("a", { class: "all-with", href: link("", { service: id }), onclick: (event) => { event.preventDefault(); choose(id); } },
        say("allWith"), el("span", { class: "hidden" }, ` ${displayName || id}`)));
    showState(entry, openState);
    return entry;
  });
  place.replaceChildren(el("h3", {}, say("services")), el("ul", { class: "service-list" }, entries));
  place.hidden = !entries.length;
}
