// The locator: connects the list, the map, the basket and the page of a store.

import { offerTools } from "./agent.js";
import { suggest } from "./api.js";
import { setParameters, linkView, parameter, link, openStore, linkedView } from "./address.js";
import { Basket } from "./basket.js";
import { combobox } from "./combobox.js";
import config, { has } from "./config.js";
import { drawFilters } from "./filters.js";
import { $ } from "./html.js";
import { kiosk } from "./kiosk.js";
import { LateMap } from "./map/late.js";
import { position } from "./position.js";
import { Results } from "./results.js";
import { byText, inView, nearMe, nearPlace, whereMostAre } from "./search.js";
import { keep, kept } from "./storage.js";
import { StoreView } from "./store/view.js";
import { isDark, theme } from "./theme.js";
import { turns } from "./turns.js";
import { currentLanguage, say, speak } from "./words.js";

const begin = turns(); // of searches
let outdated = false; // whether the list was made for another shopping list

await speak(config.language);
if (parameter("mode") === "kiosk") kiosk();
theme(() => { map.setDark(isDark()); view.refresh(); });
const map = new LateMap("map", { style: config.mapStyle, center: config.center, view: linkedView(), dark: isDark() }, {
  choose: go, moved: () => { $("area").hidden = false; }, filter: () => results.filter,
});
const results = new Results(map, { open: go, look, clear });
const basket = has("stock") ? new Basket($("basket"), wanted) : null;
const view = new StoreView(map, basket, { back, seek });

combobox($("search"), {
  suggest: async (query, signal) => (await suggest(query, map.center, signal)).suggestions || [],
  describe,
  take: ({ place, store }) => (place ? find(nearPlace(place)) : go(store.name)),
  search: look,
});
$("here").addEventListener("click", here);
$("area").addEventListener("click", area);
$("language").addEventListener("change", ({ target }) => relabel(target.value));
$("approximate").addEventListener("change", ({ target }) => keep("approximate", target.checked ? "yes" : ""));
$("approximate").checked = kept("approximate") === "yes";
addEventListener("popstate", arrive);
label();
arrive().finally(() => map.load());
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
  if (query) return results.find(byText(query, map));
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
  return find(byText(query, map));
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
    if (current()) results.tell(say(word));
  }
}

function clear() {
  setParameters({ open: "", has: "", service: "", stock: "" });
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
  drawFilters($("filters"), list);
  if (outdated) list();
}

async function relabel(language) {
  await speak(language);
  setParameters({ lang: language });
  label();
  drawFilters($("filters"), list);
  basket?.show();
  if (openStore()) view.open(openStore());
  list();
}

function label() {
  $("language").value = currentLanguage();
  $("basket").hidden = !basket;
  map.name();
}

function describe({ place, store }) {
  if (place) return { title: place.displayName, detail: place.description, kind: "place" };
  const { addressLines = [], locality = "" } = store.address || {};
  return { title: store.displayName, detail: [...addressLines, locality].filter(Boolean).join(", "), kind: "shop" };
}
