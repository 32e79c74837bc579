// After a scan in a store: where one stands, and what the shelves there have.

import { productsAround, stockLevels } from "../api.js";
import { describeLevel, learn, productName } from "../basket.js";
import { has } from "../config.js";
import { button, el } from "../html.js";
import { icon } from "../icons.js";
import { locale, say } from "../words.js";
import { standing } from "./here.js";
import { variants } from "./variants.js";

/** Fills the section of a store's page, if the person stands in that store. `add(product)` puts one on the list. */
export async function showShelf(place, store, add) {
  const here = standing(store.name);
  if (!here) return;
  place.replaceChildren(el("p", { class: "note here" }, say("youAreHere", { place: here.displayName || here.position.level })));
  place.hidden = false;
  const { located = [] } = await productsAround(store.name, here.position, locale()).catch(() => ({}));
  const products = located.map(({ product }) => product);
  const [{ levels = [] }] = await Promise.all([
    has("stock") && products.length ? stockLevels([store.name], products).catch(() => ({})) : {}, has("stock") && learn(products)]);
  const byProduct = new Map(levels.map((level) => [level.product, level]));
  const byAddress = new Map();
  for (const each of located) {
    const { address } = each.shelves[0];
    byAddress.set(address, [...(byAddress.get(address) || []), each]);
  }
  for (const [address, there] of byAddress) {
    place.append(el("h3", {}, address), el("ul", { class: "shelf" }, there.map((each) => entry(each, byProduct.get(each.product), store, add))));
  }
}

function entry({ product, displayName }, level, store, add) {
  const name = displayName || productName(product);
  const { band, words } = level ? describeLevel(level, 1) : {};
  return el("li", {}, el("span", { class: "what" }, el("span", { class: "name" }, name), level ? el("span", { class: `level ${band}` }, words) : ""),
    add ? button(icon("plus"), () => add(product), { class: "step", "aria-label": say("another", { product: name }) }) : "",
    variants(product, store));
}
