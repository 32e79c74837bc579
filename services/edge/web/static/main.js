// The locator: connects the list, the map, the basket and the page of a store.

import { offerTools } from "./agent.js";
import { resolveAnchor, suggest } from "./api.js";
import { home, linkView, linkedView, link, openStore, parameter, setParameters, takeScanned } from "./address.js";
import { Basket, lookUp } from "./basket.js";
import { combobox } from "./combobox.js";
import config, { has } from "./config.js";
import { UNFILTERED, drawFilters } from "./filters.js";
import { dress, tell } from "./host.js";
import { $ } from "./html.js";
import { kiosk } from "./kiosk.js";
import { LateMap } from "./map/late.js";
import { allowedPosition, position } from "./position.js";
import { Results } from "./results.js";
import { aroundMap, byText, inView, nearMe, nearPlace, whereMostAre } from "./search.js";
import { keep, kept } from "./storage.js";
import { showMine } from "./store/mine.js";
import { standAt } from "./store/here.js";
import { StoreView } from "./store/view.js";
import { isDark, theme } from "./theme.js";
import { turns } from "./turns.js";
import { currentLanguage, kindName, locale, say, speak } from "./words.js";

const begin = turns(); // of searches
let outdated = false; // whether the list was made for another shopping list

const scanned = takeScanned();
addEventListener("error", failed);
addEventListener("unhandledrejection", failed);
await speak(parameter("lang") ? config.language : (config.languages.includes(kept("language")) && kept("language")) || config.language);
dress();
if (parameter("mode") === "kiosk") kiosk();
theme(() => { map.setDark(isDark()); view.refresh(); });
const map = new LateMap("map", { style: config.mapStyle, center: config.center, view: linkedView(), dark: isDark() }, {
  choose: go, moved: () => { $("area").hidden = false; }, filter: () => results.filter,
});
const results = new Results(map, { open: go, look, clear, want, redraw: () => drawFilters($("filters"), list) });
const basket = has("stock") ? new Basket($("basket"), wanted) : null;
const view = new StoreView(map, basket, { back, seek, origin });

combobox($("search"), {
  suggest: async (query, signal) => (await suggest(query, map.center, locale(), signal)).suggestions || [],
  describe,
  take,
  search: look,
});
$("here").addEventListener("click", here);
$("area").addEventListener("click", area);
$("language").addEventListener("change", ({ target }) => relabel(target.value));
$("approximate").addEventListener("change", ({ target }) => keep("approximate", target.checked ? "yes" : ""));
$("approximate").checked = kept("approximate") === "yes";
addEventListener("popstate", arrive);
label();
arrive().then(() => scanned && scan(scanned)).finally(() => map.load());
showMine(go);
offerTools({ look, go, list: () => results.stores });

// Shows the state of the URL.
async function arrive() {
  drawFilters($("filters"), list);
  basket?.show();
  const query = parameter("q");
  const store = openStore();
  const found = !results.started || query !== results.query ? start(query) : undefined;
  if (store) await view.open(store);
  else if (view.isOpen) close();
  await found;
}

async function start(query) {
  begin();
  $("query").value = query;
  if (query) return results.find(byText(query, map, whereabouts));
  if (!linkedView()) return results.find(whereMostAre(map));
  await map.load();
  return results.find(inView(map));
}

function find(search) {
  begin();
  $("area").hidden = true;
  linkView(null);
  setParameters({ q: search.query || "" }, { store: "", push: true });
  if (view.isOpen) view.close();
  return results.find(search);
}

function look(query) {
  $("query").value = query;
  return find(byText(query, map, whereabouts));
}

function area() {
  $("query").value = "";
  find(inView(map));
  linkView(map.view);
}

async function here() {
  const current = begin();
  $("status").textContent = say("searching");
  try {
    const point = await position({ approximate: $("approximate").checked });
    if (!current()) return; // another search was made meanwhile
    $("query").value = "";
    find(nearMe(point));
  } catch (word) {
    if (typeof word !== "string") throw word;
    if (current()) results.notice(say(word));
  }
}

const UNREADABLE = { ANCHOR_REVOKED: "codeRevoked", ANCHOR_EXPIRED: "codeRevoked", PLACE_NOT_FOUND: "badCode" };

// Opens what a scanned code stands for: the place of its holder in a store, or a product.
async function scan({ token, gtin }) {
  try {
    if (gtin) {
      const { product } = await lookUp(gtin.padStart(13, "0"));
      return product ? want(product.name) : results.notice(say("noProduct", { query: gtin }));
    }
    const anchor = await resolveAnchor(token);
    standAt(anchor);
    return await go(anchor.name.split("/anchors/")[0]);
  } catch (error) {
    if (error.status === undefined) throw error;
    return results.notice(say(error.passing ? "offline" : UNREADABLE[error.reason] || "badCode"));
  }
}

// The place from which ways lead: that of the search, else the person's position if it is allowed already.
async function origin() {
  return (await results.origin()) || allowedPosition({ approximate: $("approximate").checked });
}

// The position for a question such as "near me"; null if it is not to be had.
async function whereabouts() {
  try {
    const { latitude, longitude } = await position({ approximate: $("approximate").checked });
    return { latitude, longitude };
  } catch {
    return null;
  }
}

function take({ place, store, storeKind }) {
  if (place) return find(nearPlace(place));
  if (store) return go(store.name);
  $("query").value = "";
  setParameters({ kind: storeKind.kind });
  return find(aroundMap(map));
}

// Puts a product on the list, and lists the stores that have all of it.
function want(product) {
  basket.add(product);
  setParameters({ stock: "all" });
  drawFilters($("filters"), list);
  list();
}

// What nothing else has caught is told: a page that does nothing is worse than one that says so.
function failed() {
  $("fault").textContent = say("failed");
  $("fault").hidden = false;
}

function clear() {
  setParameters(UNFILTERED);
  drawFilters($("filters"), list);
  list();
}

function list() {
  outdated = false;
  return results.list();
}

function wanted() {
  outdated = view.isOpen;
  drawFilters($("filters"), list);
  if (outdated) view.refresh();
  else list();
}

function go(name) {
  tell("select", { store: name });
  setParameters({}, { store: name, push: true });
  return view.open(name);
}

// From the page of a store to a filtered list.
function seek(changes) {
  setParameters(changes, { store: "", push: true });
  drawFilters($("filters"), list);
  view.close();
  list();
}

function back() {
  if (history.state?.inside) history.back();
  else {
    history.pushState(null, "", link());
    close();
  }
}

function close() {
  view.close();
  showMine(go);
  drawFilters($("filters"), list);
  if (outdated) list();
}

async function relabel(language) {
  await speak(language);
  setParameters({ lang: language });
  keep("language", language);
  label();
  drawFilters($("filters"), list);
  basket?.show();
  showMine(go);
  if (openStore()) view.open(openStore());
  list();
}

function label() {
  $("language").value = currentLanguage();
  $("basket").hidden = !basket;
  document.querySelector(".home").href = home();
  map.name();
}

function describe({ place, store, storeKind }) {
  if (storeKind) return { title: kindName(storeKind.kind), detail: say("kind"), kind: "kind" };
  if (place) return { title: place.displayName, detail: place.description, kind: "place" };
  const { addressLines = [], locality = "" } = store.address || {};
  return { title: store.displayName, detail: [...addressLines, locality].filter(Boolean).join(", "), kind: "shop" };
}
