// The basket: products and quantities. It is kept in the page's URL.

import { getProduct, searchProducts } from "./api.js";
import { isBarcode } from "./barcodes.js";
import { Problem } from "./problem.js";
import { setParameters, parameter } from "./address.js";
import { combobox } from "./combobox.js";
import { folded } from "./folding.js";
import { button, el } from "./html.js";
import { icon } from "./icons.js";
import { currentLanguage, say } from "./words.js";

const MOST_LINES = 20;
const MOST_UNITS = 99;
const products = new Map(); // by name, those that were seen

/** The items for the stock service: `[{ product, quantity }]`. */
export function items() {
  const lines = parameter("basket").split(",").map((line) => /^([A-Za-z0-9][A-Za-z0-9._~-]*)(?::(\d{1,2}))?$/.exec(line));
  return lines.filter(Boolean).slice(0, MOST_LINES)
    .map(([, sku, quantity = "1"]) => ({ product: `products/${sku}`, quantity: Math.max(1, Number(quantity)) }));
}

/** A product that was seen. */
export const known = (name) => products.get(name);

/** What tells a variant from others: `green, L`. Attributes come in any order: take that of their names. */
export const variantWords = (attributes = {}) => Object.keys(attributes).sort().map((name) => attributes[name]).join(", ");

/** The name that all variants of a product share in the page's language, else its own. */
export function plainName(name) {
  const { displayName, localizedNames = {} } = known(name);
  return localizedNames[currentLanguage()] || displayName;
}

/** The name of a product, in the page's language if the catalogue has it. */
export function productName(name) {
  const { displayName = name.slice("products/".length), localizedNames = {}, variantAttributes = {} } = products.get(name) || {};
  const localized = localizedNames[currentLanguage()];
  // The name in a language is that of all variants: size and colour tell them apart.
  return localized ? [localized, variantWords(variantAttributes)].filter(Boolean).join(", ") : displayName;
}

/** Requests unknown product names; returns whether there were any. */
export async function learn(names) {
  const unknown = [...new Set(names)].filter((name) => !products.has(name));
  const found = await Promise.allSettled(unknown.map(getProduct));
  for (const { value } of found) if (value) products.set(value.name, value);
  return unknown.length > 0;
}

/** True if a text is a name of the product in any language. */
const isName = (text, { displayName, localizedNames = {} }) =>
  [displayName, ...Object.values(localizedNames)].some((name) => folded(name) === folded(text));

/** The product that a barcode or a whole name means, or else none; and all that were found. */
export async function lookUp(query) {
  const found = (await searchProducts(query)).products || [];
  const named = found.filter((each) => isName(query, each));
  const [product] = named.length === 1 ? named : isBarcode(query) ? found : [];
  for (const each of found) products.set(each.name, each);
  return { product, found };
}

export class Basket {
  #levels = new Map();

  /** @param changed is called when the basket changes. */
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    this.message = element.querySelector(".message");
    this.list = element.querySelector(".lines");
    const input = element.querySelector("input");
    combobox(element.querySelector("form"), {
      suggest: async (query, signal) => (await searchProducts(query, signal)).products || [],
      describe: (product) => {
        products.set(product.name, product);
        return { title: productName(product.name), detail: readable(product.department || "") };
      },
      take: (product) => {
        input.value = "";
        this.#set(product.name, (this.#quantity(product.name) || 0) + 1);
      },
      search: (query) => this.#byText(query, input),
    });
  }

  /** Shows the basket; with the levels of a store, also what the store has of it. */
  async show(levels = new Map()) {
    this.#levels = levels;
    this.#draw();
    if (await learn(items().map(({ product }) => product))) this.#draw();
  }

  /** Adds one unit of a product that was looked up. */
  add(product) {
    this.#set(product, (this.#quantity(product) || 0) + 1);
  }

  /** Takes a product by its barcode or whole name; returns the products to choose from otherwise. */
  async #byText(query, input) {
    try {
      const { product, found } = await lookUp(query);
      if (!product) {
        this.#tell(say(found.length ? "whichProduct" : "noProduct", { query }));
        return found.length ? found : undefined;
      }
      if (input.value.trim() === query) input.value = "";
      this.#set(product.name, (this.#quantity(product.name) || 0) + 1);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#tell(error.status === 400 ? say("noProduct", { query }) : say("stockGone"));
    }
  }

  #quantity(name) {
    return items().find(({ product }) => product === name)?.quantity;
  }

  #set(name, quantity) {
    const lines = items().filter(({ product }) => product !== name || quantity > 0);
    const line = lines.find(({ product }) => product === name);
    if (line) line.quantity = Math.min(quantity, MOST_UNITS);
    else if (quantity > 0) lines.push({ product: name, quantity });
    const basket = lines.map(({ product, quantity: units }) => `${product.slice("products/".length)}${units > 1 ? `:${units}` : ""}`);
    setParameters({ basket: basket.join(","), stock: lines.length ? parameter("stock") : "" });
    this.#tell("");
    this.#draw();
    this.changed();
  }

  #tell(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  #draw() {
    const focused = this.list.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : "";
    const lines = items();
    this.element.classList.toggle("empty-list", !lines.length);
    this.list.replaceChildren(...lines.map((line) => this.#line(line)));
    if (!focused) return;
    // A pressed button is replaced: move the focus to the next one, or to the field.
    const next = [...this.list.querySelectorAll("button")].find((each) => each.getAttribute("aria-label") === focused);
    (next || this.element.querySelector("input")).focus();
  }

  #line({ product, quantity }) {
    const name = productName(product);
    const step = (word, drawing, units) =>
      button(icon(drawing), () => this.#set(product, units), { "aria-label": say(word, { product: name }), class: "step" });
    return el("li", { class: "wanted" },
      el("span", { class: "what" }, el("span", { class: "name" }, name), this.#level(product, quantity)),
      el("span", { class: "stepper" }, step("fewer", "minus", Math.max(1, quantity - 1)),
        el("output", {}, String(quantity)), step("another", "plus", quantity + 1)),
      step("remove", "close", 0));
  }

  #level(product, wanted) {
    const level = this.#levels.get(product);
    if (!level) return "";
    const { band, words } = describeLevel(level, wanted);
    return el("span", { class: `level ${band}` }, words);
  }
}

/** The band of a level for a wanted quantity, and its words. */
export function describeLevel({ band = "", available }, wanted) {
  const name = band.replace("STOCK_BAND_", "") || "UNKNOWN";
  const some = name === "IN_STOCK" || name === "LIMITED";
  if (some && available < wanted) return { band: "NOT_ENOUGH", words: say("NOT_ENOUGH", { n: available }) };
  if (name === "LIMITED" && available === undefined) return { band: name, words: say("FEW") };
  return { band: name, words: say(name, { n: available }) };
}

const readable = (slug) => slug.charAt(0).toUpperCase() + slug.slice(1).replace(/[._]/g, " ");
