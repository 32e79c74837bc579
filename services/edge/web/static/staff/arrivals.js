// Today's arrivals: who waits at which bay, the longest first, and who is on the way.

import { el } from "../html.js";
import { say } from "../words.js";
import { lasting, when } from "../times.js";
import { redraw, tag } from "./draw.js";

export class Arrivals {
  constructor(place, shop, { timeZone, open }) {
    Object.assign(this, { place, shop, timeZone, open });
  }

  show() {
    const here = this.shop.arrivals.filter(({ waitingTime }) => waitingTime);
    const coming = this.shop.arrivals.filter(({ waitingTime }) => !waitingTime);
    const bays = Map.groupBy ? Map.groupBy(here, bayOf) : grouped(here);
    redraw(this.place, here.length || coming.length ? "" : el("p", { class: "empty" }, say("noArrivals")),
      el("div", { class: "bays" }, [...bays].sort(([one], [other]) => one.localeCompare(other, undefined, { numeric: true })).map(([bay, arrivals]) =>
        el("section", { class: "group" }, el("h2", {}, bay ? say("bay", { bay }) : say("noBay")), el("ul", {}, arrivals.map((each) => this.#row(each)))))),
      coming.length ? el("section", { class: "group" }, el("h2", {}, say("onTheWay")), el("ul", {}, coming.map((each) => this.#row(each)))) : "");
  }

  #row({ trip, waitingTime }) {
    const told = waitingTime ? say("waiting", { time: lasting(parseFloat(waitingTime) * 1000) })
      : trip.estimatedArriveTime ? say("expected", { time: when(trip.estimatedArriveTime, this.timeZone) }) : say("onTheWay");
    const isQueued = trip.reservation && this.shop.entry(trip.reservation);
    return el("li", {}, el("button", {
      type: "button", class: `card ${waitingTime ? "here" : ""}`, "data-key": trip.name, disabled: !isQueued, onclick: () => this.open(trip.reservation),
    }, el("span", { class: "what" }, el("b", {}, told), el("span", {}, [trip.vehicle, trip.reservation ? say("holdTag", { tag: tag(trip.reservation) }) : trip.order].filter(Boolean).join(" · ")))));
  }
}

const bayOf = ({ trip }) => trip.bay || "";

function grouped(arrivals) {
  const bays = new Map();
  for (const each of arrivals) bays.set(bayOf(each), [...(bays.get(bayOf(each)) || []), each]);
  return bays;
}
