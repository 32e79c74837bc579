// The map: stores of the list as numbered pins, other stores in view as dots or, if they are very
// many, as counts per H3 cell.

import { parameter } from "../address.js";
import { countStores, storesToDraw } from "../api.js";
import { turns } from "../turns.js";
import { say } from "../words.js";
import { DRAWN_M, ring } from "./circle.js";
import { Clusters } from "./clusters.js";
import { GLYPHS, addGlyphs } from "./glyphs.js";
import { accuracyLayers, layers, pinImages, wayLayer } from "./pins.js";
import { corners, levelOf, planLayers } from "./plan.js";
import { baseStyle, palette } from "./style.js";

const MOST_DOTS = 1000;
const PAUSE_MS = 150;

export class StoreMap {
  #listed = [];
  #others = [];
  #chosen = null;
  #plan = collection([]);
  #way = collection([]);
  #accuracy = collection([]);
  #pointed = "";
  #turn = turns();
  #timer = 0;

  /**
   * @param callbacks `choose(name)` when a store is clicked, `moved()` when a person moved the map,
   *   `filter()` for the present StoreFilter.
   */
  constructor(container, { style, center, view, dark }, callbacks) {
    this.callbacks = callbacks;
    this.styleAddress = style;
    this.dark = dark;
    addGlyphs(maplibregl);
    this.map = new maplibregl.Map({
      container, center: view ? [view.longitude, view.latitude] : center, zoom: view?.zoom ?? 15.3, maxZoom: 21,
      style: style ? undefined : baseStyle(dark), dragRotate: false, pitchWithRotate: false, attributionControl: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibregl.AttributionControl({ compact: false }), "bottom-left");
    if (parameter("mode") === "kiosk") withoutLinks(this.map.getContainer());
    this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
    // The letters of our layers, over any style.
    if (style) this.map.setStyle(style, { transformStyle: (_, theirs) => ({ ...theirs, glyphs: GLYPHS }) });
    pinImages(this.map, () => palette(this.dark));
    this.map.on("style.load", () => this.#begin());
    this.map.on("moveend", (event) => {
      this.refresh();
      if (event.originalEvent) callbacks.moved();
    });
    for (const layer of ["pins", "dots", "counts", "chosen"]) {
      this.map.on("mouseenter", layer, () => { this.map.getCanvas().style.cursor = "pointer"; });
      this.map.on("mouseleave", layer, () => { this.map.getCanvas().style.cursor = ""; });
    }
    this.clusters = new Clusters(this.map, callbacks.choose);
    this.map.on("zoomend", () => this.#draw());
    this.map.on("click", (event) => this.#clicked(event));
    this.map.on("idle", () => this.map.getContainer().removeAttribute("aria-busy"));
  }

  setDark(dark) {
    this.dark = dark;
    if (!this.styleAddress) this.map.setStyle(baseStyle(dark));
  }

  /** Sets the map's label in the page's language. */
  name() {
    this.map.getCanvas().setAttribute("aria-label", say("map"));
    this.clusters.clear();
    this.#draw();
  }

  get center() {
    const { lat, lng } = this.map.getCenter();
    return { latitude: lat, longitude: wrapped(lng) };
  }

  get view() {
    return { ...this.center, zoom: this.map.getZoom() };
  }

  get viewport() {
    const bounds = this.map.getBounds();
    const corner = ({ lat, lng }) => ({ latitude: lat, longitude: wrapped(lng) });
    return { low: corner(bounds.getSouthWest()), high: corner(bounds.getNorthEast()) };
  }

  /** Fits the view to these points, and to the origin if there is one. */
  show(points, maxZoom = 16.5) {
    if (!points.length) return;
    const bounds = new maplibregl.LngLatBounds();
    for (const { latitude, longitude } of points) bounds.extend([longitude, latitude]);
    const { clientWidth, clientHeight } = this.map.getContainer();
    const padding = Math.min(72, clientWidth / 6, clientHeight / 6);
    this.map.fitBounds(bounds, { padding, maxZoom, duration: calm() ? 0 : 600 });
  }

  /** Marks the origin of the search, with a circle if it is not exact; without a point, removes it. */
  mark(point, label, accuracyM = 0) {
    this.#accuracy = point && accuracyM > DRAWN_M ? collection([circle(point, accuracyM)]) : collection([]);
    this.map.getSource("accuracy")?.setData(this.#accuracy);
    this.marker?.remove();
    this.marker = null;
    if (!point) return;
    const element = document.createElement("div");
    element.className = "origin";
    element.title = label;
    this.marker = new maplibregl.Marker({ element }).setLngLat([point.longitude, point.latitude]).addTo(this.map);
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", label);
  }

  /** Pins the stores of the list, with the same numbers. */
  list(stores) {
    this.#listed = stores.filter(({ location }) => location).map((store, index) => point(store, index + 1));
    this.#draw();
  }

  /** Highlights a store that the pointer is on in the list. */
  point(name) {
    this.#pointed = name;
    this.#lift();
  }

  /** Highlights the store whose page is open; without one, none. */
  choose(store) {
    this.#chosen = store?.location ? point(store) : null;
    this.#walk(collection([]));
    this.#draw();
    this.#lift();
    if (this.#chosen) this.show([store.location], 17);
    else this.plan(null);
  }

  /** Draws the way to the store whose page is open, from point to point, and shows all of it. */
  way(points) {
    const coordinates = points.map(({ latitude, longitude }) => [longitude, latitude]);
    this.#walk(collection([{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } }]));
    if (!this.#plan.features.length) this.show(points, 17);
  }

  #walk(line) {
    this.#way = line;
    this.map.getSource("way")?.setData(line);
  }

  /** Draws a level of a store's floor plan from map features; returns whether there are any. */
  plan(features, level) {
    this.#plan = features ? levelOf(features, level) : collection([]);
    const place = corners(this.#plan);
    this.map.getSource("plan")?.setData(this.#plan);
    this.#draw();
    this.#lift();
    this.show(place, 20);
    return place.length > 0;
  }

  /** Requests and draws the stores in view, once the map has stopped moving. */
  refresh() {
    clearTimeout(this.#timer);
    this.map.getContainer().setAttribute("aria-busy", "true");
    this.#timer = setTimeout(() => this.#load(), PAUSE_MS);
  }

  async #load() {
    const current = this.#turn();
    const area = { viewport: this.viewport };
    const filter = this.callbacks.filter();
    try {
      const { matches = [], nextPageToken } = await storesToDraw(area, filter, MOST_DOTS);
      const others = nextPageToken ? await this.#counts(area, filter) : matches.map(({ store }) => point(store));
      if (!current()) return;
      this.#others = others;
      this.#draw();
    } catch {
      // The list shows the error; the map keeps its stores.
    }
  }

  async #counts(area, filter) {
    const resolution = Math.max(0, Math.min(12, Math.round(this.map.getZoom() * 0.75 - 1.6)));
    const { cells = [] } = await countStores(area, filter, resolution);
    return cells.map(({ centroid, count }) => feature(centroid, { count, label: String(count) }));
  }

  #clicked({ point: { x, y }, lngLat }) {
    const near = [[x - 6, y - 6], [x + 6, y + 6]];
    const shown = ["chosen", "pins", "dots", "counts"].filter((layer) => this.map.getLayer(layer));
    const [hit] = shown.length ? this.map.queryRenderedFeatures(near, { layers: shown }) : [];
    if (hit?.properties.name) this.callbacks.choose(hit.properties.name);
    else if (hit) this.map.easeTo({ center: lngLat, zoom: this.map.getZoom() + 1.5 });
  }

  #begin() {
    this.map.addSource("stores", { type: "geojson", data: collection([]) });
    this.map.addSource("way", { type: "geojson", data: this.#way });
    this.map.addLayer(wayLayer(palette(this.dark)));
    this.map.addSource("accuracy", { type: "geojson", data: this.#accuracy });
    for (const layer of accuracyLayers()) this.map.addLayer({ source: "accuracy", ...layer });
    this.map.addSource("plan", { type: "geojson", data: this.#plan });
    for (const layer of planLayers(palette(this.dark))) this.map.addLayer({ source: "plan", ...layer });
    for (const layer of layers(palette(this.dark))) this.map.addLayer({ source: "stores", ...layer });
    this.#draw();
    this.#lift();
  }

  #draw() {
    const listed = new Set(this.#listed.map(({ properties }) => properties.name));
    const chosen = this.#chosen && !listed.has(this.#chosen.properties.name) ? [this.#chosen] : [];
    const drawn = new Set([...listed, ...chosen.map(({ properties }) => properties.name)]);
    const others = this.#others.filter(({ properties }) => !drawn.has(properties.name));
    const indoors = this.#plan.features.length > 0;
    const clustered = this.clusters.show(indoors ? [] : this.#listed);
    const pins = this.#listed.map((each) => (clustered.has(each.properties.name) ? { ...each, properties: { ...each.properties, clustered: true } } : each));
    this.map.getSource("stores")?.setData(collection([...others, ...pins, ...chosen]));
  }

  #lift() {
    const indoors = this.#plan.features.length > 0; // the pin would stand on the plan
    const name = ["==", ["get", "name"], this.#pointed || (!indoors && this.#chosen?.properties.name) || " "];
    for (const layer of ["dots", "dot-names"]) {
      if (this.map.getLayer(layer)) this.map.setLayoutProperty(layer, "visibility", indoors ? "none" : "visible");
    }
    for (const layer of ["chosen", "chosen-name"]) if (this.map.getLayer(layer)) this.map.setFilter(layer, name);
  }
}

const feature = ({ latitude, longitude }, properties) =>
  ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [longitude, latitude] } });

const point = ({ name, displayName, location }, number) =>
  feature(location, { name, title: displayName, ...(number ? { number, label: String(number) } : {}) });

// A kiosk leads nowhere else: its attribution is text.
function withoutLinks(container) {
  const place = container.querySelector(".maplibregl-ctrl-attrib");
  const replace = () => place.querySelectorAll("a").forEach((link) => link.replaceWith(link.textContent));
  new MutationObserver(replace).observe(place, { childList: true, subtree: true });
  replace();
}

const circle = (point, radiusM) => ({
  type: "Feature", properties: {},
  geometry: { type: "Polygon", coordinates: [ring(point, radiusM).map(({ latitude, longitude }) => [longitude, latitude])] },
});

function collection(features) {
  return { type: "FeatureCollection", features };
}

const wrapped = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
