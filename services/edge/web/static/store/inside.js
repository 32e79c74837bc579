// Where things stand in a store: its floor plan with the way through the shopping list.

import { floorPlan, planRoute } from "../api.js";
import { items } from "../basket.js";
import { button, el } from "../html.js";
import { icon } from "../icons.js";
import { isDark } from "../theme.js";
import { distance, locale, say } from "../words.js";

/** Fills in the section of a store's page, or leaves it hidden where the store has no plan. */
export async function showInside(place, store) {
  const [pictures, route] = await Promise.all([draw(store, false), steps(store)]);
  place.hidden = !pictures.length;
  if (!pictures.length) return place.replaceChildren();
  const enlarge = button([icon("shelf"), say("enlarge")], () => enlarged(store), { class: "action" });
  place.replaceChildren(el("h3", {}, say("inside")), ...pictures, enlarge, ...route);
}

async function enlarged(store) {
  const dialog = el("dialog", { class: "enlarged", "aria-label": say("plan", { store: store.displayName }), onclose: () => dialog.remove() },
    el("div", { class: "sheets" }, await draw(store, true)),
    button([icon("close"), say("close")], () => dialog.close(), { class: "action" }));
  document.body.append(dialog);
  dialog.showModal();
}

/** The levels on which something stands, in the order of the walk; at least the one with the door. */
async function draw(store, wide) {
  const wanted = items().map(({ product }) => product);
  const request = { languageCode: locale(), dark: isDark(), wide, ...(wanted.length ? { walk: walk(), products: wanted } : {}) };
  const first = await floorPlan(store.name, request).catch(() => ({}));
  if (!first.svg) return [];
  const others = (first.levels || []).filter((level) => level !== first.level);
  const more = await Promise.all(others.map((level) => floorPlan(store.name, { ...request, level }).catch(() => ({}))));
  return [first, ...more].filter(({ svg }) => svg).map(({ svg }) => sheet(svg, store));
}

function sheet(svg, store) {
  const drawing = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
  drawing.querySelectorAll("script, foreignObject").forEach((element) => element.remove());
  return el("figure", { class: "sheet", role: "img", "aria-label": say("plan", { store: store.displayName }) }, drawing);
}

const walk = () => ({ items: items().map(({ product }) => ({ product })) });

async function steps(store) {
  if (!items().length) return [];
  const { steps: found = [], lengthM } = await planRoute(store.name, { walk: walk(), languageCode: locale() }).catch(() => ({}));
  if (!found.length) return [];
  return [el("details", { class: "steps" },
    el("summary", {}, lengthM === undefined ? say("steps") : say("route", { distance: distance(lengthM) })),
    el("ol", {}, found.map(({ text }) => el("li", {}, text))))];
}
