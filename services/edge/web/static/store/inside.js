// The inside of a store: its floor plan with the route for the basket.

import { floorPlan, planRoute } from "../api.js";
import { Problem } from "../problem.js";
import { items } from "../basket.js";
import { button, el } from "../html.js";
import { icon } from "../icons.js";
import { isDark } from "../theme.js";
import { turns } from "../turns.js";
import { distance, locale, say } from "../words.js";
import { standing } from "./here.js";
import { sheet } from "./sheet.js";
import { walk } from "./walk.js";
import { zoomable } from "./zoom.js";

const begin = turns(); // one store is open at a time

/** Fills the section of a store's page; without a plan it stays hidden. */
export async function showInside(place, store, map) {
  const current = begin();
  const request = { languageCode: locale(), dark: isDark(), ...(items().length ? { walk: listOf(store) } : {}) };
  let lost = false;
  const note = (error) => { lost ||= error.passing; };
  const [drawings, features, way] = await Promise.all([
    draw(store, request, note), orEmpty(floorPlan(store.name, { ...request, format: "FORMAT_GEO_JSON" }), note), route(store, note)]);
  if (!place.isConnected || !current()) return; // another store was opened meanwhile, or the list changed
  place.classList.toggle("mapped", map.plan(features.geoJson, drawings[0]?.level));
  place.hidden = !drawings.length && !lost;
  if (lost) {
    place.replaceChildren(el("h3", {}, say("inside")), el("p", { class: "note warn" }, say("insideGone")),
      button(say("again"), () => showInside(place, store, map), { class: "action" }));
    return;
  }
  const enlarge = button([icon("shelf"), say(items().length ? "walk" : "enlarge")], () => (items().length ? walk(store) : enlarged(store, drawings)), { class: "action" });
  place.replaceChildren(el("h3", {}, say("inside")), ...stops(way), ...drawings.map(({ svg }) => sheet(svg, store)),
    el("p", { class: "note plan-note" }, drawings[0]?.attribution), enlarge, ...steps(way));
}

// The list, from where the person stands; else from the entrance.
function listOf(store) {
  const here = standing(store.name);
  return { items: items().map(({ product }) => ({ product })), ...(here ? { position: here.position } : {}) };
}

const route = (store, note) => (items().length ? orEmpty(planRoute(store.name, { walk: listOf(store), languageCode: locale() }), note) : {});

// The answer, or an empty one if the call fails.
const orEmpty = (answer, note = () => {}) => answer.catch((error) => {
  if (!(error instanceof Problem)) throw error;
  note(error);
  return {};
});

/** The levels of the route, in its order; at least the one with the entrance. */
async function draw(store, request, note) {
  const first = await orEmpty(floorPlan(store.name, request), note);
  const others = (first.levels || []).filter((level) => level !== first.level);
  const more = await Promise.all(others.map((level) => orEmpty(floorPlan(store.name, { ...request, level }), note)));
  return [first, ...more].filter(({ svg }) => svg);
}

function enlarged(store, drawings) {
  const dialog = el("dialog", { class: "walk", "aria-label": say("plan", { store: store.displayName }), onclose: () => dialog.remove() },
    el("div", { class: "walk-top" }, el("p", { class: "next" }, store.displayName), button(icon("close"), () => dialog.close(), { class: "round", "aria-label": say("close") })),
    el("div", { class: "walk-plan" }, drawings.map(({ svg }) => zoomable(sheet(svg, store)))));
  document.body.append(dialog);
  dialog.showModal();
}

// The stops of the route, with the same numbers as on the plan.
function stops({ stops: found = [], unlocated = [] }) {
  const taken = found.flatMap(({ items: there }, index) => there.map(({ displayName, shelf }) =>
    el("li", {}, el("span", { class: "number", "aria-hidden": "true" }, String(index + 1)),
      el("span", { class: "name" }, displayName), el("span", { class: "line" }, shelf?.address || ""))));
  const missing = unlocated.map(({ displayName, department }) => (department ? `${displayName} (${department})` : displayName));
  return [taken.length ? el("ol", { class: "stops" }, taken) : "",
    missing.length ? el("p", { class: "note" }, say("unlocated", { products: new Intl.ListFormat(locale()).format(missing) })) : ""];
}

function steps({ steps: found = [], lengthM }) {
  if (!found.length) return [];
  return [el("details", { class: "steps" },
    el("summary", {}, lengthM === undefined ? say("steps") : say("route", { distance: distance(lengthM) })),
    el("ol", {}, found.map(({ text }) => el("li", {}, text))))];
}
