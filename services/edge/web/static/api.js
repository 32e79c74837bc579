// The JSON door of the services. Everything goes by POST, so that no coordinate stands in a URL.

export class Problem extends Error {
  constructor(status, body) {
    super(body?.message || `HTTP ${status}`);
    this.status = status;
    const info = (body?.details || []).find((detail) => detail.reason);
    this.reason = info?.reason || "";
    this.suggestions = (info?.metadata?.suggestions || "").split(" | ").filter(Boolean);
  }
}

const LISTED = "name,displayName,brand,location,address,attributes,status";

export const suggest = (query, near, signal) => post("/v1/places:suggest", { query, near, limit: 7 }, signal);

export const findNearest = (origin, storeFilter, pageToken) =>
  post("/v1/stores:findNearest", { origin, storeFilter, pageSize: 20, pageToken, readMask: LISTED });

export const searchStores = (area, storeFilter, pageSize, pageToken) =>
  post("/v1/stores:search", { ...area, storeFilter, pageSize, pageToken, readMask: LISTED });

export const countStores = (area, storeFilter, h3Resolution) =>
  post("/v1/stores:count", { ...area, storeFilter, h3Resolution });

export const getStore = (name) => call(`/v1/${name}`);

export const openStates = (stores, languageCode) =>
  post("/v1/stores/-/hours:batchCheckOpenStates", { names: stores.map((name) => `${name}/hours`), languageCode });

export const week = (store, languageCode) =>
  call(`/v1/${store}/hours:listOpenIntervals?language_code=${languageCode}`);

function post(path, body, signal) {
  const headers = { "content-type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { message: "offline" });
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}
