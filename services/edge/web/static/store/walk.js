// The walking mode: the plan over the whole screen, the next stop large, ticked off one by one.

import { floorPlan, planRoute } from "../api.js";
import { items } from "../basket.js";
import { button, el } from "../html.js";
import { icon } from "../icons.js";
import { isDark } from "../theme.js";
import { turns } from "../turns.js";
import { locale, say } from "../words.js";
import { standing } from "./here.js";
import { sheet } from "./sheet.js";
import { zoomable } from "./zoom.js";

/** Opens the walking mode in a store, from where the person stands there, else from the entrance. */
export function walk(store) {
  let left = items().map(({ product }) => product);
  let start = standing(store.name) ? { position: standing(store.name).position } : {};
  const begin = turns();
  const next = el("p", { class: "next", "aria-live": "polite" });
  const plan = el("div", { class: "walk-plan" });
  const actions = el("div", { class: "walk-actions" });
  const dialog = el("dialog", { class: "walk", "aria-label": say("plan", { store: store.displayName }), onclose: () => dialog.remove() },
    el("div", { class: "walk-top" }, next, button(icon("close"), () => dialog.close(), { class: "round", "aria-label": say("close") })), plan, actions);
  document.body.append(dialog);
  dialog.showModal();
  replan();

  // Plans the rest of the list from the last stop.
  async function replan() {
    const current = begin();
    if (!left.length) return finish();
    const request = { languageCode: locale(), dark: isDark(), walk: { items: left.map((product) => ({ product })), ...start } };
    try {
      const way = await planRoute(store.name, { walk: request.walk, languageCode: request.languageCode });
      const [stop] = way.stops || [];
      const drawing = await floorPlan(store.name, { ...request, ...(stop?.position?.level ? { level: stop.position.level } : {}) });
      if (current()) show(way, stop, drawing);
    } catch {
      if (!current()) return;
      next.textContent = say("insideGone");
      actions.replaceChildren(button(say("again"), replan, { class: "action main" }));
    }
  }

  function show(way, stop, { svg }) {
    plan.replaceChildren(svg ? zoomable(sheet(svg, store)) : "");
    if (!stop) {
      const names = (way.unlocated || []).map(({ displayName }) => displayName);
      next.textContent = say("unlocated", { products: new Intl.ListFormat(locale()).format(names) });
      return actions.replaceChildren(button(say("close"), () => dialog.close(), { class: "action" }));
    }
    next.replaceChildren(el("strong", {}, stop.items.map(({ displayName }) => displayName).join(" · ")), el("span", { class: "line" }, stop.items[0].shelf?.address || ""));
    const products = stop.items.map(({ product }) => product);
    const took = (rest) => {
      left = rest;
      start = stop.position ? { position: stop.position } : start;
      replan();
    };
    const others = left.filter((product) => !products.includes(product));
    actions.replaceChildren(
      button([icon("check"), say("gotIt", { n: others.length })], () => took(others), { class: "action main" }),
      others.length ? button(say("notThere"), () => took(others), { class: "action" }) : "");
    actions.firstChild.focus();
  }

  function finish() {
    next.replaceChildren(el("strong", {}, say("allFound")));
    actions.replaceChildren(button(say("close"), () => dialog.close(), { class: "action main" }));
    actions.firstChild.focus();
  }
}
