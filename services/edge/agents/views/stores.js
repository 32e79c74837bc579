// Stores as a list and as pins on a map that needs no tiles: rings of distance around the start.

const WIDE = 400, HIGH = 340, EDGE = 44, LIFT = 12, PIN_APART = 21, LABEL_APART = 32, PX_PER_METRE = 1;
const METRES_PER_DEGREE = 111_195; // on a sphere of the earth's mean radius; good enough for a picture
const PIN = "M0 0c-3-6-11-9-11-17a11 11 0 0 1 22 0c0 8-8 11-11 17Z";

connect(({ structuredContent: found }, input) => {
  const list = found.options || found.stores || [];
  const start = found.origin || (Number.isFinite(input.latitude) ? input : null);
  const title = found.taken_as ? `${say("stores")} · ${found.taken_as}` : say("stores");
  const placed = list.filter(({ latitude }) => Number.isFinite(latitude));
  const view = $("view");
  view.classList.toggle("mapped", placed.length > 0);
  view.replaceChildren(
    placed.length ? el("figure", { class: "map" }, map(list, start)) : "",
    el("section", {}, el("h1", {}, title), list.length ? el("ol", { class: "list" }, list.map(entry)) : el("p", { class: "soft" }, say("none"))),
    others(found.left_out || []),
    found.road_attribution ? el("p", { class: "soft others" }, found.road_attribution) : "");
});

function entry(store, index) {
  const facts = [store.address, store.hours].filter(Boolean).join(" · ");
  const goods = (store.lines || []).map(({ name, quantity, available, shelf }) =>
    el("li", { class: available !== null && available < quantity ? "short" : "" }, [`${quantity} × ${name}`, shelf].filter(Boolean).join(" · ")));
  return el("li", { "data-index": index, onclick: () => choose(index) },
    el("span", { class: "mark", "aria-hidden": "true" }, String(index + 1)),
    el("div", {},
      el("div", { class: "head" }, el("h2", {}, store.name), el("span", { class: "far" }, store.travel_time || distance(store.distance_m))),
      facts ? el("p", { class: "soft" }, facts) : "",
      store.ready_by ? el("p", { class: "soft" }, `${say("ready")} ${moment(store.ready_by, store.time_zone)}`) : "",
      goods.length ? el("ul", { class: "goods" }, goods) : "",
      host.message ? button(say("choose"), () => tellChoice(store), { class: "action" }) : ""));
}

const tellChoice = ({ name, store }) =>
  ask("ui/message", { role: "user", content: [{ type: "text", text: say("chosen", { name, store }) }] }).catch(() => {});

const others = (left) => (left.length ? el("section", { class: "others" }, el("h2", {}, say("others")), el("ul", {},
  left.map(({ name, distance_m: far, why }) => el("li", {}, el("strong", {}, name), ` ${distance(far)} · ${why}`)))) : "");

function choose(index) {
  document.querySelectorAll("[data-index]").forEach((each) => each.classList.toggle("chosen", each.dataset.index === String(index)));
}

function map(list, start) {
  const known = list.filter(({ latitude }) => Number.isFinite(latitude));
  const first = start || known[0];
  const shrink = Math.cos((first.latitude * Math.PI) / 180);
  const metres = ({ latitude, longitude }) => ({
    x: turn(longitude - first.longitude) * METRES_PER_DEGREE * shrink, y: (first.latitude - latitude) * METRES_PER_DEGREE,
  });
  const all = [...(start ? [start] : []), ...known].map(metres);
  const [left, right] = ends(all.map(({ x }) => x));
  const [top, bottom] = ends(all.map(({ y }) => y));
  const scale = Math.min((WIDE - 2 * EDGE) / (right - left), (HIGH - 2 * EDGE) / (bottom - top), PX_PER_METRE);
  const at = (point) => {
    const { x, y } = metres(point);
    return { x: WIDE / 2 + (x - (left + right) / 2) * scale, y: HIGH / 2 + LIFT + (y - (top + bottom) / 2) * scale };
  };
  const step = nice(Math.max(...all.map(({ x, y }) => Math.hypot(x, y)), 1 / scale) / 2);
  const pins = apart(list.map((store, index) => ({ store, index })).filter(({ store }) => known.includes(store)).map((each) => ({ ...each, ...at(each.store) })));
  // The nearest last, so that its pin is on top.
  return shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": say("mapOf") },
    start ? rings(at(start), step, scale, pins) : grid(step * scale), start ? [] : [bar(step, scale)],
    pins.reverse().map(pin), shape("text", { class: "north", x: WIDE - 18, y: 22 }, `↑ ${say("north")}`));
}

// Circles of distance around the start; their labels stand on the side of the map's middle.
function rings({ x, y }, step, scale, pins) {
  const [across, down] = [WIDE / 2 - x, HIGH / 2 - y];
  const length = Math.hypot(across, down);
  const [dx, dy] = length < EDGE ? [0, 1] : [across / length, down / length];
  const numbers = [4, 3, 2, 1];
  return [
    ...numbers.map((n) => shape("circle", { class: n === 1 ? "ring inner" : "ring", cx: x, cy: y, r: n * step * scale })),
    ...numbers.map((n) => ({ x: x + dx * n * step * scale, y: y + dy * n * step * scale + 4, text: distance(n * step) }))
      .filter((label) => pins.every((pin) => Math.hypot(pin.x - label.x, pin.y - LIFT - label.y) > LABEL_APART))
      .map(({ text, ...place }) => shape("text", { class: "ring-label", ...place }, text)),
    shape("circle", { class: "here", cx: x, cy: y, r: 7 }, shape("title", {}, say("from"))),
  ];
}

/** Moves pins that would hide each other apart, by some pixels. */
function apart(pins) {
  for (let pass = 0; pass < 12; pass += 1) {
    pins.forEach((one, n) => pins.slice(n + 1).forEach((other) => {
      const [dx, dy] = [other.x - one.x || 0.1, other.y - one.y];
      const lack = (PIN_APART - Math.hypot(dx, dy)) / 2;
      if (lack <= 0) return;
      const length = Math.hypot(dx, dy);
      one.x -= (dx / length) * lack; one.y -= (dy / length) * lack;
      other.x += (dx / length) * lack; other.y += (dy / length) * lack;
    }));
  }
  return pins;
}

const ends = (numbers) => [Math.min(...numbers), Math.max(...numbers) + 1e-9];
const turn = (degrees) => ((degrees + 540) % 360) - 180; // over the antimeridian the short way

/** The largest of 1, 2 and 5 times a power of ten that is not above a length. */
function nice(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  return [5, 2, 1].map((n) => n * power).find((each) => each <= length);
}

function grid(px) {
  const lines = [];
  for (let x = WIDE / 2 % px; x < WIDE; x += px) lines.push(shape("path", { class: "ring", d: `M${x} 0V${HIGH}` }));
  for (let y = HIGH / 2 % px; y < HIGH; y += px) lines.push(shape("path", { class: "ring", d: `M0 ${y}H${WIDE}` }));
  return lines;
}

const bar = (step, scale) => shape("g", {}, shape("path", { class: "scale", d: `M14 ${HIGH - 18}v6h${step * scale}v-6` }),
  shape("text", { x: 14 + (step * scale) / 2, y: HIGH - 20 }, distance(step)));

const pin = ({ store: { name, distance_m: far, complete }, index, x, y }) => shape("g", {
  class: complete === false ? "pin part" : "pin", "data-index": index, transform: `translate(${x} ${y})`, onclick: () => choose(index),
}, shape("title", {}, `${name}, ${distance(far)}`), shape("path", { d: PIN }), shape("text", { y: -13 }, String(index + 1)));
