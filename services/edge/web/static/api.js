// Calls the JSON API. Requests that may have a person's position use POST, so that no URL has
// coordinates.

import { parameter } from "./address.js";
import { isBarcode } from "./barcodes.js";
import config from "./config.js";
import { Problem } from "./problem.js";

const LISTED = "name,displayName,brand,location,address,attributes,status,timeZone";
const ON_FOOT = { mode: "TRAVEL_MODE_WALK", ranking: "RANKING_DISTANCE" };
const DRAWN = "name,displayName,location";
const PATIENCE_MS = 15_000;
const AGAIN_MS = [500, 1000, 2000];
const KEY = parameter("key") || config.key;
const RADIUS_M = Number(parameter("radius")) || undefined; // of a page that embeds this one

export const suggest = (query, near, languageCode, signal) =>
  post("/v1/places:suggest", { query, near, limit: 7, languageCode }, signal);

/** What a text asks for: `shop`, `kinds`, `place`, `openNow`, `nearMe` and the `rest`. */
export const parseQuery = (query, near, languageCode) => post("/v1/stores:parseQuery", { query, near, languageCode });

/** The nearest stores; with `query`, those with its words. */
export const findNearest = (origin, storeFilter, pageToken, query) =>
  post("/v1/stores:findNearest", { origin, query, radiusM: RADIUS_M, storeFilter, pageSize: 20, pageToken, readMask: LISTED, travel: ON_FOOT });

/** The way on foot from a point to a store, with its line where a network of roads has one. */
export const wayOnFoot = (from, store) =>
  post("/v1/stores:computeTravelTimes", { origins: [{ point: from }], destinations: [{ store }], mode: ON_FOOT.mode, withLines: true });

export const searchStores = (area, storeFilter, pageToken) =>
  post("/v1/stores:search", { ...area, storeFilter, pageSize: 20, pageToken, readMask: LISTED });

export const storesToDraw = (area, storeFilter, pageSize) =>
  post("/v1/stores:search", { ...area, storeFilter, pageSize, readMask: DRAWN });

export const countStores = (area, storeFilter, h3Resolution) =>
  post("/v1/stores:count", { ...area, storeFilter, h3Resolution });

export const getStore = (name) => read(`/v1/${name}`);

export const openStates = (stores, atTime, languageCode) =>
  post("/v1/stores/-/hours:batchCheckOpenStates", { names: stores.map((name) => `${name}/hours`), atTime, languageCode });

/** The hours of each day from today until a date. */
export const openDays = (store, { year, month, day }, languageCode) =>
  read(`/v1/${store}/hours:listOpenIntervals?end_date.year=${year}&end_date.month=${month}&end_date.day=${day}&language_code=${languageCode}`);

/** The events of a store that end after an instant. */
export const storeEvents = (store, startTime) => read(`/v1/${store}/events?page_size=20&start_time=${startTime}`);

export const inStoreServices = (store, languageCode) =>
  read(`/v1/${store}/services?language_code=${languageCode}`);

/** Products by words, or by a barcode from a scanner. */
export const searchProducts = (query, signal) =>
  post("/v1/products:search", { ...(isBarcode(query) ? { gtin: query } : { query }), pageSize: 7 }, signal);

/** All variants of a product. */
export const variantsOf = (variantGroup) => post("/v1/products:search", { variantGroup, pageSize: 100 });

export const getProduct = (name) => read(`/v1/${name}`);

export const findAvailability = (request) => post("/v1/stock:findNearestAvailability", request);

export const stockLevels = (stores, products) => post("/v1/stock:batchGetLevels", { stores, products });

export const hold = (store, request) => call(`/v1/${store}/reservations`, body(request));

export const getHold = (name) => read(`/v1/${name}`);

export const pickupCode = (name) => read(`/v1/${name}/pickupCode`);

export const cancelHold = (name) => read(`/v1/${name}:cancel`, body({}));

export const startTrip = (store, request) => read(`/v1/${store}/trips:start`, body(request));

export const floorPlan = (store, request) => post(`/v1/${store}/floorPlans:render`, request);

export const resolveAnchor = (token) => post("/v1/anchors:resolve", { token });

/** The products on the shelves around a position in a store. */
export const productsAround = (store, near, languageCode) =>
  post(`/v1/${store}/placements:locateProducts`, { near, limit: 12, languageCode });

export const planRoute = (store, request) => post(`/v1/${store}/floorPlans:planRoute`, request);

const post = (path, question, signal) => read(path, { ...body(question), signal });

const body = (question) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(question) });

// Retries idempotent calls to overloaded services.
async function read(path, options) {
  for (const pauseMs of AGAIN_MS) {
    try {
      return await call(path, options);
    } catch (error) {
      if (!error.busy) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (1 + Math.random())));
    }
  }
  return call(path, options);
}

async function call(path, options = {}) {
  const headers = KEY ? { ...options.headers, "x-api-key": KEY } : options.headers;
  const signals = [AbortSignal.timeout(PATIENCE_MS), options.signal].filter(Boolean);
  try {
    const answer = await fetch(path, { ...options, headers, signal: AbortSignal.any(signals) });
    if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => null));
    return await answer.json();
  } catch (error) {
    if (error instanceof Problem || options.signal?.aborted) throw error;
    throw new Problem(0, { message: "offline" }); // no answer, or one that broke off
  }
}
