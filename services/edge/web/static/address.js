// Keeps the state of the page in its URL, so that every view has a link; never a person's position.

/** The value of a parameter: `q`, `open`, `has`, `service`, `basket`, `stock`, `mode` ... */
export const parameter = (name) => new URLSearchParams(location.search).get(name) || "";

/** `stores/{id}` of the open store; empty if none is open. */
export function openStore() {
  const [, id] = /^\/stores\/([^/]+)$/.exec(location.pathname) || [];
  return id ? `stores/${decodeURIComponent(id)}` : "";
}

/**
 * The scanned code that this address is: `token` of a place in a store, or the `gtin` of a product.
 * It is taken out of the address, so that no link, log or referrer has it.
 */
export function takeScanned() {
  const query = new URLSearchParams(location.search);
  const [, gtin] = /^\/01\/0*(\d{8,14})$/.exec(location.pathname) || [];
  const token = query.get("a") ? location.href : "";
  if (!token && !gtin) return null;
  query.delete("a");
  history.replaceState(null, "", `${/^\/(414|01)\//.test(location.pathname) ? "/" : location.pathname}${query.size ? `?${query}` : ""}`);
  return { token, gtin };
}

/** The URL of a store, or of the list without one, with the current parameters. */
export function link(store = "", changes = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return `/${store}${text ? `?${text}` : ""}`;
}

const LASTING = ["mode", "idle", "lang", "theme", "key"];

/** The URL of the first page: without a search, but in the same mode, language and theme, with the same key. */
export function home() {
  const query = new URLSearchParams(location.search);
  const kept = new URLSearchParams(LASTING.filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
  return kept.size ? `/?${kept}` : "/";
}

/** Changes parameters; `push` adds a step for the browser's back button. */
export function setParameters(changes, { store = openStore(), push = false } = {}) {
  const address = link(store, changes);
  if (address === location.pathname + location.search) return;
  if (push) history.pushState({ inside: true }, "", address);
  else history.replaceState(history.state, "", address);
}

/** The map section of a link, from the fragment, which never leaves the browser. */
export function linkedView() {
  const found = /^#map=([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(location.hash);
  if (!found) return null;
  const [zoom, latitude, longitude] = found.slice(1).map(Number);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { zoom, latitude, longitude } : null;
}

/** Sets the shown map section in the fragment; without one, removes it. */
export function linkView(view) {
  const hash = view ? `#map=${view.zoom.toFixed(2)}/${view.latitude.toFixed(4)}/${view.longitude.toFixed(4)}` : "";
  history.replaceState(history.state, "", location.pathname + location.search + hash);
}
