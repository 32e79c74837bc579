// The counter of a shop: connects the queue, hand-overs, arrivals, today's hours and the stock.

import { $, el } from "../html.js";
import { icon } from "../icons.js";
import { locale, say, speak } from "../words.js";
import { read } from "./api.js";
import { Arrivals } from "./arrivals.js";
import config from "../config.js";
import { when } from "../times.js";
import { press, redraw, tag } from "./draw.js";
import { HandOver } from "./handover.js";
import { ended, head } from "./head.js";
import { Queue } from "./queue.js";
import { Shop } from "./shop.js";
import { allow, play } from "./sound.js";
import { Stock } from "./stock.js";
import { Today } from "./today.js";

const TABS = { queue: "basket", give: "check", arrivals: "go", today: "clock", stock: "shelf" };
const UNDO_MS = 50_000; // the server takes a hand-over back within a minute
const TOLD_MS = 6000;
const TICK_MS = 15_000;

await speak(config.language);
head(config);
const { timeZone } = config;
const shop = new Shop(config.store, { changed: draw, arrived, done });
const views = {
  queue: new Queue($("queue"), shop, { timeZone, handOver: (name) => { views.give.begin(name); turn("give"); } }),
  give: new HandOver($("give"), shop),
  arrivals: new Arrivals($("arrivals"), shop, { timeZone, open: (name) => { turn("queue"); views.queue.choose(name); } }),
  today: new Today($("today"), shop, { timeZone }),
  stock: new Stock($("stock"), shop),
};
$("tabs").append(...Object.entries(TABS).map(([name, drawing]) => el("a", { href: `#${name}`, id: `tab-${name}` }, icon(drawing), el("span", {}, say(`tab_${name}`)), el("b", { class: "count" }))));
$("sound").addEventListener("click", async () => {
  await allow();
  play();
  $("sound").setAttribute("aria-pressed", "true");
});
addEventListener("hashchange", arrive);
setInterval(draw, TICK_MS);
arrive();
openState();
setInterval(openState, 60_000);
shop.follow();

function shown() {
  const name = location.hash.slice(1);
  return name in TABS ? name : "queue";
}

function turn(name) {
  if (shown() === name) arrive();
  else location.hash = name;
}

function arrive() {
  const name = shown();
  for (const each of Object.keys(TABS)) {
    $(each).hidden = each !== name;
    if (each === name) $(`tab-${each}`).setAttribute("aria-current", "page");
    else $(`tab-${each}`).removeAttribute("aria-current");
  }
  document.title = `${say(`tab_${name}`)} – ${config.title}`;
  scrollTo(0, 0);
  views[name].show();
  draw();
}

// Shows all that the queue and the acts on their way change; forms that are being filled in stay.
function draw() {
  const name = shown();
  if (name === "queue" || name === "arrivals") views[name].show();
  $("tab-queue").querySelector(".count").textContent = shop.queue.length || "";
  $("tab-arrivals").querySelector(".count").textContent = shop.arrivals.filter(({ waitingTime }) => waitingTime).length || "";
  const { waiting, refused, isCut, isSignedOut } = shop.outbox;
  const cut = shop.isCut || isCut;
  document.documentElement.dataset.link = cut ? "cut" : "well";
  if (shop.isSignedOut || isSignedOut) return ended();
  redraw($("link"), cut ? el("span", { class: "cut" }, say("offline")) : "", waiting.length ? el("span", { class: "pending" }, say("waitingActs", { n: waiting.length })) : "");
  redraw($("refused"), refused.map((act) => el("div", { class: "refused" },
    el("p", {}, el("b", {}, say("refused", { act: words(act), time: when(act.time, timeZone) })), " ", why(act)),
    press(say("understood"), () => shop.outbox.dismiss(act.id), { "data-key": act.id }))));
}

// What an act did, or would have done.
function words({ kind, hold = "", label }) {
  const order = hold && !hold.endsWith("/-") ? say("holdTag", { tag: tag(hold) }) : "";
  return say(`act_${kind}`, { what: label || order });
}

function why({ reason, state, message }) {
  if (reason === "LATE") return say("late");
  if (reason === "RESERVATION_STATE" && state) return say("isNow", { state: say(state.replace("STATE_", "")) });
  if (reason === "RESERVATION_EXPIRED") return say("isNow", { state: say("EXPIRED") });
  if (reason === "RESERVATION_NOT_FOUND") return say("noSuchCode");
  return message;
}

function arrived(entries) {
  play();
  for (const { reservation: { name, arrival = {} } } of entries) {
    tell(say("hasArrived", { tag: tag(name) }) + (arrival.bay ? ` · ${say("bay", { bay: arrival.bay })}` : ""), { word: "show", act: () => { turn("queue"); views.queue.choose(name); } });
  }
}

function done(act, answer) {
  if (act.kind === "collect") {
    const { name } = answer;
    const isFresh = Date.now() - Date.parse(answer.updateTime) < UNDO_MS;
    tell(words({ ...act, hold: name }), isFresh ? { word: "undo", act: () => shop.act("undo", name), ms: UNDO_MS } : {});
  } else tell(words(act));
  if (["closed", "reopened", "announced", "eventRemoved"].includes(act.kind)) {
    openState();
    if (shown() === "today") views.today.show();
  }
}

// Tells something for a while, with a button to do something about it.
function tell(text, { word, act, ms = TOLD_MS } = {}) {
  const told = el("div", { class: "told" }, el("p", {}, text), act ? press(say(word), () => { told.remove(); act(); }, { look: "main" }) : "");
  $("told").append(told);
  setTimeout(() => told.remove(), ms);
}

async function openState() {
  const { openState: open } = await read(`/v1/${config.store}/hours:checkOpenState?language_code=${locale()}`).catch(() => ({}));
  if (open) redraw($("open-state"), el("span", { class: open.state }, open.words));
}
