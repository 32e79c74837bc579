// The map: all stores in view, as points or, where there are many, as counts by H3 cell.

import { countStores, searchStores } from "./api.js";
import { addGlyphs } from "./glyphs.js";
import { baseStyle, palette } from "./style.js";
import { say } from "./words.js";

const MOST_POINTS = 250;
const NOTHING = { type: "FeatureCollection", features: [] };

export class StoreMap {
  /**
   * @param callbacks `choose(name)` when a store is clicked, `moved()` when a person moved the map,
   *   `filter()` for the present StoreFilter.
   */
  constructor(container, { style, center, dark }, callbacks) {
    this.callbacks = callbacks;
    this.styleAddress = style;
    addGlyphs(maplibregl);
    this.map = new maplibregl.Map({
      container, center, zoom: 14.6, maxZoom: 19, style: style || baseStyle(dark), dragRotate: false, pitchWithRotate: false,
      attributionControl: { compact: false },
    });
    this.dark = dark;
    this.shown = NOTHING;
    this.chosen = "";
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "bottom-right");
    this.map.on("style.load", () => this.#addStores());
    this.map.on("moveend", (event) => {
      this.refresh();
      if (event.originalEvent) callbacks.moved();
    });
    for (const layer of ["stores", "counts"]) {
      this.map.on("mouseenter", layer, () => { this.map.getCanvas().style.cursor = "pointer"; });
      this.map.on("mouseleave", layer, () => { this.map.getCanvas().style.cursor = ""; });
    }
    this.map.on("click", "stores", ({ features }) => callbacks.choose(features[0].properties.name));
    this.map.on("click", "counts", ({ lngLat }) => this.map.easeTo({ center: lngLat, zoom: this.map.getZoom() + 1.5 }));
  }

  setDark(dark) {
    this.dark = dark;
    if (!this.styleAddress) this.map.setStyle(baseStyle(dark));
  }

  /** Says in the page's language what the map is. */
  name() {
    this.map.getCanvas().setAttribute("aria-label", say("map"));
  }

  get center() {
    const { lat, lng } = this.map.getCenter();
    return { latitude: lat, longitude: lng };
  }

  get viewport() {
    const bounds = this.map.getBounds();
    const corner = ({ lat, lng }) => ({ latitude: lat, longitude: ((((lng + 180) % 360) + 360) % 360) - 180 });
    return { low: corner(bounds.getSouthWest()), high: corner(bounds.getNorthEast()) };
  }

  /** Shows these points, an origin among them perhaps. */
  show(points, maxZoom = 16.5) {
    if (!points.length) return;
    const bounds = new maplibregl.LngLatBounds();
    for (const { latitude, longitude } of points) bounds.extend([longitude, latitude]);
    this.map.fitBounds(bounds, { padding: 56, maxZoom, duration: calm() ? 0 : 600 });
  }

  /** Marks where the search started; nothing without a point. */
  mark(point, label) {
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

  /** Lifts one store out of the others. */
  choose(name) {
    this.chosen = name;
    if (this.map.getLayer("stores")) {
      this.map.setFilter("chosen", ["==", ["get", "name"], name]);
      this.map.setFilter("chosen-name", ["==", ["get", "name"], name]);
    }
  }

  /** Asks for what is in view, and draws it. */
  async refresh() {
    const turn = (this.turn = (this.turn || 0) + 1);
    const area = { viewport: this.viewport };
    const filter = this.callbacks.filter();
    try {
      const found = await searchStores(area, filter, MOST_POINTS);
      let features = (found.matches || []).map(({ store }) => point(store));
      if (found.nextPageToken) features = await this.#counts(area, filter);
      if (turn === this.turn) this.#draw(features);
    } catch {
      // The list says what is wrong; the map keeps what it shows.
    }
  }

  async #counts(area, filter) {
    const resolution = Math.max(0, Math.min(12, Math.round(this.map.getZoom() * 0.75 - 1.2)));
    const { cells = [] } = await countStores(area, filter, resolution);
    return cells.map(({ centroid, count }) => ({
      type: "Feature",
      properties: { count, label: String(count) },
      geometry: { type: "Point", coordinates: [centroid.longitude, centroid.latitude] },
    }));
  }

  #draw(features) {
    this.shown = { type: "FeatureCollection", features };
    this.map.getSource("stores")?.setData(this.shown);
  }

  #addStores() {
    const colour = palette(this.dark);
    const isCount = ["has", "count"];
    const name = ["==", ["get", "name"], this.chosen];
    const text = { "text-color": colour.place, "text-halo-color": colour.halo, "text-halo-width": 1.6 };
    const title = { "text-font": ["Regular"], "text-field": ["get", "title"], "text-size": 12, "text-offset": [0, 0.9], "text-anchor": "top", "text-max-width": 8 };
    this.map.addSource("stores", { type: "geojson", data: this.shown });
    const layers = [
      { id: "counts", type: "circle", filter: isCount, paint: {
        "circle-color": colour.store, "circle-opacity": 0.88, "circle-stroke-color": colour.ring, "circle-stroke-width": 2,
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 11, 20, 34] } },
      { id: "count-labels", type: "symbol", filter: isCount, paint: { "text-color": colour.ring },
        layout: { "text-font": ["Bold"], "text-field": ["get", "label"], "text-size": 13, "text-allow-overlap": true } },
      { id: "stores", type: "circle", filter: ["!", isCount], paint: {
        "circle-color": colour.store, "circle-stroke-color": colour.ring, "circle-stroke-width": 1.8,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 4, 18, 8] } },
      { id: "store-names", type: "symbol", minzoom: 16, filter: ["!", isCount], paint: text, layout: { ...title, "text-optional": true } },
      { id: "chosen", type: "circle", filter: name, paint: {
        "circle-color": colour.chosen, "circle-stroke-color": colour.ring, "circle-stroke-width": 3, "circle-radius": 11 } },
      { id: "chosen-name", type: "symbol", filter: name, paint: text, layout: { ...title, "text-font": ["Bold"], "text-size": 13.5, "text-offset": [0, 1.1], "text-allow-overlap": true } },
    ];
    for (const layer of layers) this.map.addLayer({ source: "stores", ...layer });
  }
}

const point = (store) => ({
  type: "Feature",
  properties: { name: store.name, title: store.displayName },
  geometry: { type: "Point", coordinates: [store.location.longitude, store.location.latitude] },
});

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
