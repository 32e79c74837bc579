// The locator: what is being looked for, and what is shown of it.

import { Problem, countStores, findNearest, getStore, openStates, searchStores, week } from "./api.js";
import { combobox } from "./combobox.js";
import { el } from "./html.js";
import { StoreMap } from "./map.js";
import { item, page, showState, showWeek } from "./stores.js";
import { currentLanguage, locale, say, speak } from "./words.js";

const config = JSON.parse(document.getElementById("config").textContent);
const has = (service) => config.services.includes(service);
const $ = (id) => document.getElementById(id);
const FILTERS = [
  ...(has("hours") ? [["openNow", null]] : []),
  ["stepFree", "osm.wheelchair"], ["takeaway", "osm.takeaway"], ["wifi", "dev.ucp.amenity.wi_fi"],
];
const dark = matchMedia("(prefers-color-scheme: dark)");

const chosen = new Set(); // of the filters
let search = null; // { title(), request(token), origin, label }: what the list answers
let shown = []; // the stores of the list
let map = null;
let listed = 0; // which search the list is of; a late answer to an earlier one is dropped

speak(config.language);
setTheme(kept("theme"));
map = new StoreMap("map", { style: config.mapStyle, center: config.center, dark: isDark() }, {
  choose: (name) => open(name),
  moved: () => { $("area").hidden = false; },
  filter,
});

combobox($("search"), $("query"), $("suggestions"), {
  near: () => map.center,
  take: ({ place, store }) => (place ? nearPlace(place) : open(store.name)),
  search: byText,
});
$("here").addEventListener("click", nearMe);
$("area").addEventListener("click", inView);
$("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
$("language").addEventListener("change", ({ target }) => relabel(target.value));
$("approximate").addEventListener("change", ({ target }) => keep("approximate", target.checked ? "yes" : ""));
$("approximate").checked = kept("approximate") === "yes";
dark.addEventListener("change", () => setTheme(kept("theme")));
addEventListener("popstate", route);
relabel(config.language);
begin();

async function begin() {
  const query = new URLSearchParams(location.search).get("q");
  await Promise.all([route(), query ? byText(query) : whereMostAre()]);
}

// Starts where most of the stores are.
async function whereMostAre() {
  let origin;
  await find({ title: () => say("inArea"), still: true, request: async (token) => {
    if (!origin) {
      const { cells = [] } = await countStores({}, undefined, 5);
      origin = cells[0]?.centroid || map.center;
      map.show([origin], 14.4);
    }
    return findNearest({ point: origin }, filter(), token);
  } });
}

function nearPlace({ displayName, location }) {
  return find({
    title: () => say("near", { place: displayName }), origin: location, label: () => displayName,
    request: (token) => findNearest({ point: location }, filter(), token),
  });
}

async function byText(query) {
  await find({
    title: () => say("near", { place: query }), query, label: () => query,
    request: async (token) => {
      try {
        const found = await findNearest({ place: query }, filter(), token);
        search.origin = found.originPlace?.location;
        return found;
      } catch (error) {
        if (error.reason !== "PLACE_NOT_FOUND") throw error;
        const { matches = [], nextPageToken } = await searchStores({ query }, filter(), 20, token);
        if (!matches.length && !chosen.size) throw error;
        search.title = () => say("matching", { query });
        return { stores: matches, nextPageToken };
      }
    },
  });
}

function nearMe() {
  const options = { enableHighAccuracy: !$("approximate").checked, timeout: 10_000, maximumAge: 60_000 };
  $("status").textContent = say("searching");
  navigator.geolocation?.getCurrentPosition(({ coords }) => {
    const point = $("approximate").checked ? rounded(coords) : { latitude: coords.latitude, longitude: coords.longitude };
    $("query").value = "";
    find({
      title: () => say("nearYou"), origin: point, label: () => say("position"),
      request: (token) => findNearest({ point }, filter(), token),
    });
  }, (error) => tell(say(error.code === 1 ? "denied" : "noPosition")), options);
}

// To two decimals, about a kilometre; what is beyond never leaves the browser.
function rounded({ latitude, longitude }) {
  return { latitude: Math.round(latitude * 100) / 100, longitude: Math.round(longitude * 100) / 100 };
}

function inView() {
  const { viewport, center } = map;
  return find({
    title: () => say("inArea"), still: true,
    request: async (token) => {
      const { matches = [], nextPageToken } = await searchStores({ viewport }, filter(), 20, token);
      return { stores: matches, nextPageToken, center };
    },
  });
}

async function find(next) {
  search = next;
  $("area").hidden = true;
  if (!$("store").hidden) close();
  await list();
}

async function list() {
  const turn = ++listed;
  $("status").textContent = say("searching");
  $("results").setAttribute("aria-busy", "true");
  try {
    const found = await search.request();
    if (turn !== listed) return;
    shown = [];
    $("results").replaceChildren();
    append(found);
    map.mark(search.origin, search.label?.());
    if (!search.still) map.show([...shown.map(({ store }) => store.location), search.origin].filter(Boolean));
    map.refresh();
    $("status").textContent = search.title();
    if (!shown.length) empty();
  } catch (error) {
    if (turn === listed) failed(error);
  } finally {
    $("results").removeAttribute("aria-busy");
  }
}

function append({ stores = [], nextPageToken, asOf }) {
  shown.push(...stores);
  const items = stores.map(({ store, distanceM }) => item(store, distanceM, open));
  const of = search;
  $("results").querySelector(".more")?.remove();
  const list = $("results").querySelector("ol") || $("results").appendChild(el("ol", { class: "list" }));
  list.append(...items);
  if (asOf) $("results").prepend(el("p", { class: "note" }, say("asOf", { time: new Date(asOf).toLocaleTimeString(locale()) })));
  if (nextPageToken) {
    $("results").append(el("button", { type: "button", class: "more", onclick: async ({ target }) => {
      target.disabled = true;
      const first = shown.length;
      append(await of.request(nextPageToken));
      $("results").querySelectorAll(".item a")[first]?.focus();
    } }, say("more")));
  }
  states(stores.map(({ store }) => store.name), items);
}

async function states(names, items) {
  if (!has("hours") || !names.length) return;
  const { openStates: found = [] } = await openStates(names, locale()).catch(() => ({}));
  const byStore = new Map(found.map((state) => [state.store, state]));
  names.forEach((name, index) => byStore.has(name) && showState(items[index], byStore.get(name)));
}

function empty() {
  tell(search.title(), el("p", {}, say(chosen.size ? "noneFiltered" : "none")), chosen.size ? "" : el("p", { class: "note" }, say("tryThis")));
}

function failed(error) {
  const retry = el("button", { type: "button", class: "more", onclick: list }, say("again"));
  if (!(error instanceof Problem)) throw error;
  if (error.reason === "PLACE_NOT_FOUND") {
    const offers = error.suggestions.slice(0, 5).map((name) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => { $("query").value = name; byText(name); } }, name)));
    tell(say("unknown", { query: search.query }), offers.length ? el("p", {}, say("meant")) : null, offers.length ? el("ul", { class: "meant" }, offers) : null, el("p", { class: "note" }, say("tryThis")));
  } else if (error.status === 400) tell(error.message, el("p", { class: "note" }, say("tryThis")));
  else tell(say(error.status === 0 || error.status === 503 ? "offline" : "failed"), retry);
}

function tell(title, ...more) {
  $("status").textContent = title;
  $("results").replaceChildren(el("div", { class: "empty" }, more));
}

async function open(name, { push = true } = {}) {
  if (push && location.pathname !== `/${name}`) history.pushState({ inside: true }, "", `/${name}${location.search}`);
  let store;
  try {
    store = await getStore(name);
  } catch (error) {
    $("store").replaceChildren(el("button", { type: "button", class: "back", onclick: back }, "‹ ", say("back")), el("h2", { tabindex: "-1" }, say(error.status === 404 ? "notFound" : "offline")));
    return reveal("");
  }
  $("store").replaceChildren(...page(store, { back }));
  reveal(name);
  document.title = store.displayName;
  if (store.location) map.show([store.location], 17);
  if (has("hours")) hours(name);
}

async function hours(name) {
  const [states, days] = await Promise.allSettled([openStates([name], locale()), week(name, locale())]);
  if (states.value?.openStates) showState($("store"), states.value.openStates[0]);
  if (days.value?.days) showWeek($("store"), days.value.days);
}

function reveal(name) {
  for (const id of ["results", "search", "status"]) $(id).hidden = true;
  $("store").hidden = false;
  map.choose(name);
  $("store").querySelector("h2").focus();
}

function back() {
  if (history.state?.inside) history.back();
  else {
    history.pushState(null, "", `/${location.search}`);
    close();
  }
}

function close() {
  const name = map.chosen;
  $("store").hidden = true;
  for (const id of ["results", "search", "status"]) $(id).hidden = false;
  map.choose("");
  document.title = say("title");
  if (location.pathname !== "/") history.pushState(null, "", `/${location.search}`);
  const link = [...$("results").querySelectorAll("a")].find(({ dataset }) => dataset.name === name);
  (link || $("query")).focus();
}

async function route() {
  const [, id] = /^\/stores\/([^/]+)$/.exec(location.pathname) || [];
  if (id) await open(`stores/${decodeURIComponent(id)}`, { push: false });
  else if (!$("store").hidden) close();
}

function filter() {
  const attributes = FILTERS.filter(([word, id]) => id && chosen.has(word)).map(([, id]) => id);
  const openAt = chosen.has("openNow") ? new Date().toISOString() : undefined;
  return attributes.length || openAt ? { attributes, openAt } : undefined;
}

function drawFilters() {
  const chips = FILTERS.map(([word]) => el("button", { type: "button", class: "chip", "aria-pressed": String(chosen.has(word)), onclick: ({ currentTarget }) => {
    chosen[chosen.has(word) ? "delete" : "add"](word);
    currentTarget.setAttribute("aria-pressed", String(chosen.has(word)));
    clear.hidden = !chosen.size;
    list();
  } }, say(word)));
  const clear = el("button", { type: "button", class: "link", hidden: !chosen.size, onclick: () => {
    chosen.clear();
    drawFilters();
    $("filters").querySelector("button").focus();
    list();
  } }, say("clear"));
  $("filters").replaceChildren($("filters").querySelector("legend"), ...chips, clear);
}

function relabel(language) {
  speak(language);
  $("language").value = currentLanguage();
  $("query").placeholder = say("where");
  $("here").title = say("here");
  $("here").setAttribute("aria-label", say("here"));
  $("theme").setAttribute("aria-label", say("theme"));
  $("theme").title = say("theme");
  map.name();
  drawFilters();
  if (!$("store").hidden) route();
  else if (search) list();
}

function isDark() {
  return (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
}

function setTheme(theme) {
  keep("theme", theme || "");
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  $("theme").textContent = isDark() ? "☀" : "☾";
  map?.setDark(isDark());
}

// A frame in another page may have no storage.
function keep(name, value) {
  try { localStorage.setItem(`enrayon.${name}`, value); } catch { /* forgotten with the page */ }
}

function kept(name) {
  try { return localStorage.getItem(`enrayon.${name}`) || ""; } catch { return ""; }
}
