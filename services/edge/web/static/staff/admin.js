// The overview of a chain: orders of a shop, unmet demand, subscriptions with their dead letters,
// sessions and keys.

import config, { has } from "../config.js";
import { $, el } from "../html.js";
import { baseStyle } from "../map/style.js";
import { locale, say, speak } from "../words.js";
import { all, read, send } from "./api.js";
import { Problem } from "../problem.js";
import { press, redraw, stateWord, tag } from "./draw.js";
import { ended, head } from "./head.js";

const MOST_LETTERS = 20;
const CENTRE = [24.94, 60.17];

await speak(config.language);
head(config);
document.title = say("overview");
let wait = 0;
$("shop").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(() => show($("holds"), shops), 250); });
show($("holds"), shops);
show($("demand"), demand);
if (has("events")) show($("subscriptions"), subscriptions);
if (has("access")) {
  show($("sessions"), sessions);
  show($("keys"), keys);
}

// Fills a place with what `draw` returns; says so where nobody answers.
async function show(place, draw) {
  try {
    redraw(place, await draw(place));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.signedOut) return ended();
    redraw(place, el("p", { class: "failure" }, say("noAnswer")), press(say("again"), () => show(place, draw)));
  }
}

function date(instant) {
  return instant ? new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant)) : "–";
}

function none() {
  return el("p", { class: "note" }, say("nothing"));
}

function table(words, rows) {
  if (!rows.length) return none();
  return el("div", { class: "scrolls", tabindex: "0", role: "group", "aria-label": words.map((word) => say(word)).join(", ") }, el("table", {},
    el("thead", {}, el("tr", {}, words.map((word) => el("th", { scope: "col" }, say(word))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))))));
}

async function shops() {
  const query = $("shop").value.trim();
  if (!query) return none();
  const { matches = [] } = await send("/v1/stores:search", { query, pageSize: 5 });
  const stores = matches.map(({ store }) => store);
  const found = await Promise.all(stores.map(({ name }) => read(`/v1/${name}/reservations?page_size=1000`)));
  const levels = await Promise.all(stores.map(({ name }) => all(`/v1/${name}/stock:list`, "levels")));
  return stores.map(({ name, displayName }, place) => {
    const { reservations = [] } = found[place];
    return el("div", { class: "shop-orders" },
      el("h3", {}, el("a", { href: `/staff/${name.slice("stores/".length)}?lang=${config.language}` }, displayName)),
      table(["hold", "state", "until"], reservations.map((each) => [tag(each.name), stateWord(each.state), date(each.expireTime)])),
      table(["source", "products", "newest", "oldest"], sources(levels[place])));
  });
}

// The systems that state the stock of a shop, with the number and the age of what they stated.
function sources(levels) {
  const found = new Map();
  for (const { source, asOf } of levels) if (source) found.set(source, [...(found.get(source) || []), asOf]);
  return [...found].map(([source, times]) => [source, String(times.length), date(times.reduce((one, other) => (one > other ? one : other))), date(times.reduce((one, other) => (one < other ? one : other)))]);
}

async function demand() {
  const found = await read("/admin/demand.json");
  drawn(found);
  const names = new Map();
  const products = [...new Set(found.features.flatMap(({ properties }) => properties.products))].filter(Boolean);
  await Promise.all(products.map((name) => read(`/v1/${name}`).then(({ displayName }) => names.set(name, displayName), () => {})));
  return table(["searches", "products"], found.features.map(({ properties: { searches, products: wanted } }) => [String(searches), wanted.map((name) => names.get(name) || name.replace("products/", "")).join(", ")]));
}

// Draws the cells on the map; without WebGL the table must do.
function drawn(cells) {
  const context = document.createElement("canvas").getContext("webgl2");
  $("map").hidden = !context || !cells.features.length;
  if ($("map").hidden) return;
  const corners = cells.features.flatMap(({ geometry }) => geometry.coordinates[0]);
  const dark = document.documentElement.dataset.theme === "dark";
  const map = new maplibregl.Map({ container: "map", center: CENTRE, zoom: 8, style: baseStyle(dark), attributionControl: { compact: false } });
  map.on("load", () => {
    const most = Math.max(...cells.features.map(({ properties }) => properties.searches));
    map.addSource("demand", { type: "geojson", data: cells });
    map.addLayer({ id: "demand", type: "fill", source: "demand", paint: { "fill-color": "#c2410c", "fill-opacity": ["interpolate", ["linear"], ["get", "searches"], 0, 0.15, most, 0.6], "fill-outline-color": "#7c2d12" } });
    const [longitudes, latitudes] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    map.fitBounds([[Math.min(...longitudes), Math.min(...latitudes)], [Math.max(...longitudes), Math.max(...latitudes)]], { padding: 30, animate: false });
  });
}

async function subscriptions(place) {
  const found = await all("/v1/subscriptions", "subscriptions");
  const webhooks = found.filter(({ webhook }) => webhook);
  const letters = new Map(await Promise.all(webhooks.map(async ({ name }) => [name, await read(`/v1/${name}/deadLetters?page_size=${MOST_LETTERS}`)])));
  const again = ({ name }) => press(say("replay"), () => show(place, async () => { await send(`/v1/${name}/deadLetters:replay`, {}); return subscriptions(place); }), { look: "quiet", "aria-label": say("replayThis", { name }), "data-key": name });
  return table(["name", "endpoint", "state", "deadLetters"], found.map((each) => {
    const { deadLetters = [], nextPageToken } = letters.get(each.name) || {};
    return [each.name.replace("subscriptions/", ""), each.webhook?.uri || say("stream"),
      each.disabled ? say("disabled") : each.suspension ? say("suspended") : say("active"),
      deadLetters.length ? el("span", { class: "letters" }, `${deadLetters.length}${nextPageToken ? "+" : ""}: ${deadLetters[0].reason}`, again(each)) : "0"];
  }));
}

async function sessions(place) {
  const found = await all("/v1/sessions", "sessions");
  const end = ({ name }) => press(say("end"), () => show(place, async () => { await send(`/v1/${name}`, undefined, "DELETE"); return sessions(place); }), { look: "quiet", "aria-label": say("endThis", { name }), "data-key": name });
  return table(["name", "shops", "since", "until", "act"], found.map((each) => [each.name.replace("sessions/", ""), shopsOf(each), date(each.createTime), date(each.expireTime), end(each)]));
}

async function keys() {
  const found = await all("/v1/keys", "keys");
  return table(["name", "role", "shops", "scopes", "since", "until", "note"], found.map((each) => [each.name.replace("keys/", ""), each.role.replace("ROLE_", "").toLowerCase(),
    shopsOf(each), [...(each.scopes || []), ...(each.origins || [])].join(", ") || "–", date(each.createTime), date(each.expireTime), each.note || ""]));
}

function shopsOf({ stores = [] }) {
  return stores.map((store) => store.replace("stores/", "")).join(", ") || "–";
}
