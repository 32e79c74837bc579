// What is asked for stands in the page's address, so that every view has a link of its own; a
// person's position never does.

/** What is asked for by a name: `q`, `open`, `has`, `service`, `basket`, `stock`, `mode` ... */
export const asked = (name) => new URLSearchParams(location.search).get(name) || "";

/** `stores/{id}` of the store that is shown; empty when none is. */
export function storeAsked() {
  const [, id] = /^\/stores\/([^/]+)$/.exec(location.pathname) || [];
  return id ? `stores/${decodeURIComponent(id)}` : "";
}

/** The address of a store, or of the list without one, with all else that is asked for. */
export function link(store = "", changes = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return `/${store}${text ? `?${text}` : ""}`;
}

/** Asks for something else; `push` makes it a step that the browser's back button undoes. */
export function ask(changes, { store = storeAsked(), push = false } = {}) {
  const address = link(store, changes);
  if (address === location.pathname + location.search) return;
  if (push) history.pushState({ inside: true }, "", address);
  else history.replaceState(history.state, "", address);
}

/** The part of the map that a link names, in the part of an address that never leaves the browser. */
export function viewAsked() {
  const found = /^#map=([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(location.hash);
  if (!found) return null;
  const [zoom, latitude, longitude] = found.slice(1).map(Number);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { zoom, latitude, longitude } : null;
}

/** Names the part of the map that is shown; nothing takes the name away. */
export function askView(view) {
  const hash = view ? `#map=${view.zoom.toFixed(2)}/${view.latitude.toFixed(4)}/${view.longitude.toFixed(4)}` : "";
  history.replaceState(history.state, "", location.pathname + location.search + hash);
}
