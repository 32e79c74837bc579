// Tools for an agent of the browser (WebMCP), where the browser lets pages offer them. They do what
// a person can do here, on the page; nothing is held before the person has said so on the page.

import { getStore, hold, openStates, stockLevels } from "./api.js";
import { Problem } from "./problem.js";
import { describeLevel, learn, lookUp, productName } from "./basket.js";
import { has } from "./config.js";
import { $, button, el } from "./html.js";
import { randomId } from "./ids.js";
import { remember, shopper } from "./store/holds.js";
import { locale, say } from "./words.js";

const MOST_LINES = 20;
const STORE = { type: "string", pattern: "^stores/[a-z0-9][a-z0-9._~-]*$", description: "A store's name from find_stores" };
const ITEMS = {
  type: "array", minItems: 1, maxItems: MOST_LINES,
  items: {
    type: "object", additionalProperties: false, required: ["product"],
    properties: {
      product: { type: "string", maxLength: 200, description: "The whole name of a product in any language, its barcode, or `products/{sku}`" },
      quantity: { type: "integer", minimum: 1, maximum: 99 },
    },
  },
};
const schema = (properties, required = Object.keys(properties)) => ({ type: "object", additionalProperties: false, properties, required });

/** Offers the tools. `look(query)` searches; `go(store)` opens its page; `list` is what is listed. */
export function offerTools(page) {
  if (!document.modelContext?.registerTool) return;
  const requestIds = new Map(); // by what is wanted: a retry of a lost answer holds nothing twice
  const stocked = has("stock") ? [
    tool("check_stock", "Say what a store has of some products.", schema({ store: STORE, items: ITEMS }), checkStock),
    tool("hold_items", "Hold products at a store. The page asks the person first.", schema({ store: STORE, items: ITEMS }),
      (asked) => holdItems(page, requestIds, asked), { consequentialHint: true }),
  ] : [];
  for (const each of [
    tool("find_stores", "List the stores near a place, or those whose name has these words.",
      schema({ query: { type: "string", minLength: 1, maxLength: 200, description: "Town, district, station, postcode or store" } }), (asked) => findStores(page, asked)),
    tool("open_store", "Open the page of a store, with its address and hours.", schema({ store: STORE }), (asked) => openPage(page, asked)),
    ...stocked,
  ]) document.modelContext.registerTool(each);
}

function tool(name, description, inputSchema, act, annotations = { readOnlyHint: true }) {
  const execute = async (given) => {
    try {
      check(given, inputSchema, "");
      return await act(given);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Refusal)) throw error;
      return { error: error.message };
    }
  };
  return { name, description, inputSchema, annotations, execute };
}

class Refusal extends Error {}

// A browser need not check the schema, and an agent acts as if all of its arguments were heard.
function check(value, wanted, path) {
  if (wanted.type === "array") {
    if (!Array.isArray(value) || !value.length || value.length > wanted.maxItems) throw new Refusal(`${path}: a list of 1 to ${wanted.maxItems}`);
    return value.forEach((each, index) => check(each, wanted.items, `${path}[${index}]`));
  }
  if (wanted.type !== "object") {
    const fits = wanted.type === "integer" ? Number.isInteger(value) && value >= wanted.minimum && value <= wanted.maximum
      : typeof value === "string" && value.trim() && value.length <= (wanted.maxLength || 200) && (!wanted.pattern || new RegExp(wanted.pattern).test(value));
    if (!fits) throw new Refusal(`${path}: ${wanted.description || `${wanted.minimum} to ${wanted.maximum}`}`);
    return undefined;
  }
  if (typeof value !== "object" || value === null) throw new Refusal(`${path || "arguments"}: an object`);
  const known = Object.keys(wanted.properties);
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw new Refusal(`${path}${path && "."}${name}: there is no such argument; the arguments are ${known.join(", ")}`);
  }
  for (const name of known) {
    const given = value[name] ?? undefined;
    if (given !== undefined) check(given, wanted.properties[name], `${path}${path && "."}${name}`);
    else if (wanted.required.includes(name)) throw new Refusal(`${path}${path && "."}${name}: must be given`);
  }
  return undefined;
}

async function findStores(page, { query }) {
  await page.look(query);
  const stores = page.list().map(({ store, distanceM }) => ({ ...brief(store), distance_m: distanceM && Math.round(distanceM) }));
  return { title: $("status").textContent, stores, ...(stores.length ? {} : { note: $("results").innerText }) };
}

async function openPage(page, { store: name }) {
  const store = await getStore(name);
  await page.go(name);
  const { openStates: [state] = [] } = has("hours") ? await openStates([name], undefined, locale()).catch(() => ({})) : {};
  return { ...brief(store), hours: state?.words || "" };
}

async function checkStock({ store, items }) {
  const wanted = await meant(items);
  const { levels = [], unreachable = [] } = await stockLevels([store], wanted.map(({ product }) => product));
  if (unreachable.length) throw new Refusal(say("stockGone"));
  const found = new Map(levels.map((level) => [level.product, level]));
  return { store, items: wanted.map(({ product, quantity }) => {
    const { band, words } = describeLevel(found.get(product) || {}, quantity);
    return { product, name: productName(product), quantity, band, level: words };
  }) };
}

async function holdItems(page, requestIds, { store: name, items }) {
  const [store, wanted] = await Promise.all([getStore(name), meant(items)]);
  if (document.querySelector("dialog.ask")) throw new Refusal("The person is being asked about another hold. Nothing is held.");
  if (!(await agreed(store, wanted))) throw new Refusal("The person said no. Nothing is held.");
  const list = JSON.stringify([name, wanted]);
  if (!requestIds.has(list)) requestIds.set(list, randomId());
  const made = await hold(name, { items: wanted, shopper: shopper(), requestId: requestIds.get(list) });
  requestIds.delete(list);
  remember(made);
  await page.go(name);
  return { reservation: made.name, store: name, ready_by: made.readyBy, pickup_by: made.pickupBy, expires: made.expireTime, time_zone: store.timeZone };
}

/** Asks the person; true only if they press the button. */
function agreed(store, wanted) {
  const goods = el("ul", {}, wanted.map(({ product, quantity }) => el("li", {}, `${quantity} × ${productName(product)}`)));
  const dialog = el("dialog", { class: "still ask", "aria-labelledby": "ask-title" }, el("h2", { id: "ask-title" }, say("agentAsks", { store: store.displayName })), goods,
    button(say("no"), () => dialog.close(), { class: "action", autofocus: true }), button(say("hold"), () => dialog.close("yes"), { class: "action main" }));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes");
  }));
}

/** The products that the words mean; of several none is chosen. */
async function meant(items) {
  return Promise.all(items.map(async ({ product: text, quantity = 1 }) => {
    if (text.startsWith("products/")) {
      await learn([text]);
      return { product: text, quantity };
    }
    const { product, found } = await lookUp(text);
    if (product) return { product: product.name, quantity };
    if (!found.length) throw new Refusal(say("noProduct", { query: text }));
    throw new Refusal(`${say("whichProduct", { query: text })} ${found.map(({ name }) => `${productName(name)} (${name})`).join(", ")}`);
  }));
}

const brief = ({ name, displayName, address: { addressLines = [], locality = "" } = {} }) =>
  ({ store: name, name: displayName, address: [...addressLines, locality].filter(Boolean).join(", ") });
