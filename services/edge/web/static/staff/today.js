// Hours today: close early with a reason, reopen; and the events of the shop.

import { el } from "../html.js";
import { randomId } from "../ids.js";
import { locale, say } from "../words.js";
import { read } from "./api.js";
import { Problem } from "../problem.js";
import { clock, dateIn, dayAndClock, instantOf } from "../times.js";
import { press, redraw } from "./draw.js";

const REASONS = ["tooFewStaff", "powerCut", "weather", "otherReason"];
const STEP_MS = 30 * 60_000;
const DAY_MS = 86_400_000;
const MOST_TIMES = 24;

export class Today {
  #state = null;

  constructor(place, shop, { timeZone }) {
    Object.assign(this, { place, shop, timeZone, reason: "", at: "now" });
  }

  async show() {
    if (!this.#state) redraw(this.place, el("p", { class: "empty" }, say("loading")));
    const language = `language_code=${locale()}`;
    try {
      const hours = `/v1/${this.shop.store}/hours`;
      const [open, intervals, { closures = [] }, { storeEvents = [] }] = await Promise.all([
        read(`${hours}:checkOpenState?${language}`), read(`${hours}:listOpenIntervals?${language}`), read(hours), read(`/v1/${this.shop.store}/events?page_size=20`)]);
      this.#state = { open: open.openState, intervals: intervals.intervals || [], closures, events: storeEvents };
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (!this.#state) return redraw(this.place, el("p", { class: "empty" }, say("noAnswer")));
    }
    this.#draw();
  }

  #draw() {
    const { open, closures, events } = this.#state;
    const current = closures.filter((closure) => this.#isOfToday(closure));
    redraw(this.place,
      el("section", { class: "group" }, el("h2", {}, say("hoursToday")), el("p", { class: "large", "data-state": open.state }, open.words),
        current.map((closure) => this.#closure(closure)),
        open.state === "STATE_OPEN" ? this.#closing() : ""),
      el("section", { class: "group" }, el("h2", {}, say("events")),
        events.length ? el("ul", { class: "rows" }, events.map((event) => el("li", {}, el("span", {}, el("b", {}, event.title), " ", `${dayAndClock(event.startTime, this.timeZone)} – ${clock(event.endTime, this.timeZone)}`),
          press(say("remove"), () => this.#act({ kind: "eventRemoved", label: event.title, path: `/v1/${event.name}?allow_missing=true`, method: "DELETE" }), { look: "quiet", "aria-label": say("removeThis", { title: event.title }) }))))
          : el("p", { class: "note" }, say("noEvents")),
        this.#eventForm()));
  }

  #isOfToday({ startTime, endTime, startDate, endDate, expireTime }) {
    const now = Date.now();
    if (expireTime && Date.parse(expireTime) <= now) return false;
    const today = dateIn(now, this.timeZone);
    if (startDate) return text(startDate) <= today && (!endDate || today <= text(endDate));
    return dateIn(startTime, this.timeZone) <= today && (!endTime || Date.parse(endTime) > now);
  }

  #closure({ name, startTime, endTime, reason }) {
    const times = startTime ? `${clock(startTime, this.timeZone)} – ${endTime ? clock(endTime, this.timeZone) : "…"}` : say("allDay");
    return el("p", { class: "warn row" }, el("span", {}, say("closedFor", { times }), reason ? ` ${reason}` : ""),
      press(say("reopen"), () => this.#act({ kind: "reopened", label: reason || times, path: `/v1/${name}:cancel`, body: {} }), { look: "main", "data-key": name }));
  }

  // The last instant of today's hours, to which the closure lasts; midnight, if no closing is known.
  get #end() {
    const { open, intervals } = this.#state;
    const today = dateIn(Date.now(), this.timeZone);
    const ends = intervals.filter(({ localDate }) => text(localDate) === today).map(({ closeTime }) => closeTime);
    const known = [open.nextCloseTime, ...ends].filter(Boolean).map(Date.parse);
    return known.length ? new Date(Math.max(...known)) : instantOf(dateIn(Date.now() + DAY_MS, this.timeZone), "00:00", this.timeZone);
  }

  #closing() {
    const end = this.#end;
    const first = Math.ceil((Date.now() + 60_000) / STEP_MS) * STEP_MS;
    const times = Array.from({ length: MOST_TIMES }, (_, n) => first + n * STEP_MS).filter((time) => time < end);
    const chosen = (word) => this.reason === word;
    return el("form", { class: "form", onsubmit: (event) => { event.preventDefault(); this.#close(end); } },
      el("h3", {}, say("closeEarly")),
      el("label", {}, say("closeAt"), el("select", { "data-key": "at", onchange: ({ target }) => { this.at = target.value; } },
        el("option", { value: "now", selected: this.at === "now" }, say("now")), times.map((time) => el("option", { value: String(time), selected: this.at === String(time) }, clock(time, this.timeZone))))),
      el("fieldset", { class: "chips" }, el("legend", {}, say("reason")),
        REASONS.map((word) => el("button", { type: "button", class: "chip", "aria-pressed": chosen(word) ? "true" : "false", "data-key": word, onclick: () => { this.reason = word; this.#draw(); } }, say(word)))),
      this.reason === "otherReason" ? el("label", {}, say("reason"), el("input", { id: "other-reason", maxlength: "200", required: true, autocomplete: "off" })) : "",
      el("button", { class: "press bad", disabled: !this.reason, "data-key": "close" }, el("span", {}, say("closeShop"))));
  }

  #close(end) {
    const reason = this.reason === "otherReason" ? this.place.querySelector("#other-reason").value.trim() : say(this.reason);
    const start = this.at === "now" ? new Date() : new Date(Number(this.at));
    const closure = { startTime: start.toISOString(), endTime: end.toISOString(), reason };
    this.reason = "";
    this.#act({ kind: "closed", label: reason, path: `/v1/${this.shop.store}/closures?request_id=${randomId()}`, body: closure });
  }

  #eventForm() {
    const today = dateIn(Date.now(), this.timeZone);
    const field = (name, type, more = {}) => el("label", {}, say(name), el("input", { name, type, required: true, autocomplete: "off", ...more }));
    return el("form", { class: "form", onsubmit: (event) => { event.preventDefault(); this.#announce(event.currentTarget); } },
      el("h3", {}, say("addEvent")), field("eventTitle", "text", { maxlength: "200" }), field("eventDate", "date", { value: today, min: today }),
      field("eventFrom", "time", { value: "10:00" }), field("eventTo", "time", { value: "12:00" }),
      el("p", { class: "failure", role: "alert" }), el("button", { class: "press" }, el("span", {}, say("announce"))));
  }

  #announce(form) {
    const { eventTitle, eventDate, eventFrom, eventTo } = Object.fromEntries(new FormData(form));
    const [startTime, endTime] = [eventFrom, eventTo].map((time) => instantOf(eventDate, time, this.timeZone));
    if (endTime <= startTime) {
      form.querySelector(".failure").textContent = say("endsBeforeStart");
      return;
    }
    const storeEvent = { title: eventTitle.trim(), startTime: startTime.toISOString(), endTime: endTime.toISOString() };
    this.#act({ kind: "announced", label: storeEvent.title, path: `/v1/${this.shop.store}/events?request_id=${randomId()}`, body: storeEvent });
  }

  #act(act) {
    this.shop.outbox.add(act);
  }
}

const text = ({ year, month, day }) => [year, String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
