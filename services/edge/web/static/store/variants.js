// The sizes and colours of a product, here and in the next shop that has it.

import { findAvailability, stockLevels, variantsOf } from "../api.js";
import { describeLevel, known, plainName, variantWords } from "../basket.js";
import { el } from "../html.js";
import { distance, say } from "../words.js";

/** A part that opens with the stock of all variants; nothing for a product without variants. */
export function variants(product, store) {
  const { variantGroup, variantAttributes = {} } = known(product) || {};
  if (!variantGroup || !Object.keys(variantAttributes).length) return "";
  const place = el("div", { class: "scrolls" });
  const shown = el("details", { class: "variants", ontoggle: () => shown.open && !place.hasChildNodes() && fill(place, variantGroup, product, store) },
    el("summary", {}, say("variants"), ": ", plainName(product)), place);
  return shown;
}

/** Of products of the same kind the first. */
export function onePerGroup(lines) {
  const groups = new Map(lines.map(({ product }) => [known(product)?.variantGroup || product, product]).reverse());
  return [...groups.values()].reverse();
}

async function fill(place, group, product, store) {
  place.replaceChildren(el("p", { class: "note" }, say("searching")));
  try {
    const [{ products = [] }, next] = await Promise.all([variantsOf(group), nextShop(product, store)]);
    const shops = [store.name, ...(next ? [next.store] : [])];
    const { levels = [], unreachable = [] } = await stockLevels(shops, products.map(({ name }) => name));
    if (unreachable.length) throw new Error("stock");
    const heads = [say("atThisStore"), ...(next ? [`${next.displayName}, ${distance(next.distanceM)}`] : [])];
    const level = (shop, { name }) => levels.find((each) => each.store === shop && each.product === name) || {};
    place.replaceChildren(el("table", {},
      el("thead", {}, el("tr", {}, el("td", {}), heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, products.map((each) => el("tr", { class: each.name === product ? "chosen" : null },
        el("th", { scope: "row" }, variantWords(each.variantAttributes) || each.displayName), shops.map((shop) => cell(level(shop, each))))))));
  } catch {
    place.replaceChildren(el("p", { class: "note warn" }, say("stockGone")));
  }
}

function cell(level) {
  const { band, words } = describeLevel(level, 1);
  return el("td", {}, el("span", { class: `level ${band}` }, words));
}

// The nearest other shop that has this very product, if one is known.
async function nextShop(product, { name, location }) {
  if (!location) return null;
  const request = { items: [{ product, quantity: 1 }], origin: { point: location }, maxResults: 2 };
  const { stores = [] } = await findAvailability(request).catch(() => ({}));
  return stores.find(({ store }) => store !== name) || null;
}
