// Counts in place of pins that would cover each other: buttons, so that keys reach them.

import { button, el } from "../html.js";
import { say } from "../words.js";

const APART_PX = 30; // pins this near would cover each other
const SAME_PX = 4; // at the largest zoom: places that no zoom takes apart
const WAIT_MS = 600;
const HEAD_PX = -22; // from a place to the head of its pin

/** Groups points that are near each other on the screen; each joins the first group in reach of its first member. */
export function grouped(points) {
  const groups = [];
  for (const point of points) {
    const near = groups.find(([first]) => Math.hypot(first.x - point.x, first.y - point.y) < APART_PX);
    if (near) near.push(point);
    else groups.push([point]);
  }
  return groups;
}

export class Clusters {
  #markers = [];

  /** @param choose(name) opens a store. */
  constructor(map, choose) {
    Object.assign(this, { map, choose });
  }

  /** Shows the groups of these stores; returns the names of those that are in one. */
  show(stores) {
    const points = stores.map((store) => ({ store, ...pixels(this.map.project(store.geometry.coordinates)) }));
    const groups = grouped(points).filter(({ length }) => length > 1).map((group) => group.map(({ store }) => store));
    const key = (group) => group.map(({ properties }) => properties.name).join(" ");
    const wanted = new Set(groups.map(key));
    const had = new Set(this.#markers.map((each) => each.key));
    for (const each of this.#markers) if (!wanted.has(each.key)) each.marker.remove();
    this.#markers = this.#markers.filter((each) => wanted.has(each.key));
    for (const group of groups) if (!had.has(key(group))) this.#markers.push({ key: key(group), marker: this.#marker(group) });
    return new Set(groups.flat().map(({ properties }) => properties.name));
  }

  /** Removes all, as for another language. */
  clear() {
    for (const { marker } of this.#markers) marker.remove();
    this.#markers = [];
  }

  #marker(group) {
    const label = `${say("count", { n: group.length })}: ${group.map(({ properties }) => properties.title).join(", ")}`;
    const element = button(String(group.length), (event) => {
      event.stopPropagation(); // the map would take it as a click on what is below
      this.#open(group);
    }, { class: "cluster", title: label });
    const marker = new maplibregl.Marker({ element, offset: [0, HEAD_PX] }).setLngLat(group[0].geometry.coordinates).addTo(this.map);
    element.setAttribute("aria-label", label); // MapLibre has put its own
    return marker;
  }

  // Zooms to where the pins are apart; lists stores that stand at one place.
  #open(group) {
    const bounds = new maplibregl.LngLatBounds();
    for (const { geometry } of group) bounds.extend(geometry.coordinates);
    const [low, high] = [bounds.getSouthWest(), bounds.getNorthEast()].map((corner) => this.map.project(corner));
    const spread = Math.hypot(high.x - low.x, high.y - low.y) * 2 ** (this.map.getMaxZoom() - this.map.getZoom());
    if (spread < SAME_PX * APART_PX) return this.#list(group);
    this.map.getCanvas().focus({ preventScroll: true });
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : WAIT_MS;
    this.map.fitBounds(bounds, { padding: 90, maxZoom: this.map.getMaxZoom(), duration });
  }

  #list(group) {
    const popup = new maplibregl.Popup({ closeButton: false, maxWidth: "16rem" }).setLngLat(group[0].geometry.coordinates);
    const entries = group.map(({ properties: { name, title } }) => el("li", {}, button(title, () => {
      popup.remove();
      this.choose(name);
    }, { class: "link" })));
    popup.setDOMContent(el("ul", { class: "cluster-list" }, entries)).addTo(this.map);
    entries[0].firstChild.focus();
  }
}

const pixels = ({ x, y }) => ({ x, y });
