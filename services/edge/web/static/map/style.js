// The map's style over the sample's water, parks, buildings, streets and rails.

import { GLYPHS } from "./glyphs.js";

const LIGHT = {
  land: "#f4f2ed", water: "#c3dae4", green: "#dae7cf", building: "#e7e3da", edge: "#d9d3c7",
  street: "#ffffff", casing: "#e0dbd0", path: "#e3d9c8", rail: "#c9c2b6", text: "#6a645a",
  place: "#3f3b34", halo: "#f9f8f5", store: "#0b6357", dot: "#4d8f84", ring: "#ffffff", chosen: "#c2410c",
  floor: "#ffffff", wall: "#a39a8a", shelf: "#e3ddd1", cold: "#cfe0ee", counter: "#d8cfe6", way: "#2467c8",
};
const DARK = {
  land: "#1c1f22", water: "#12232d", green: "#1d2a22", building: "#272b2f", edge: "#33383d",
  street: "#393f45", casing: "#15181a", path: "#30353a", rail: "#454b52", text: "#989da3",
  place: "#d5d8db", halo: "#1c1f22", store: "#57cbb6", dot: "#3f8f81", ring: "#10201d", chosen: "#ff9b66",
  floor: "#0f1214", wall: "#5c646b", shelf: "#2f353a", cold: "#23394a", counter: "#3a3149", way: "#6aa5f5",
};
// Bounds of the sample: west, south, east, north.
const [WEST, SOUTH, EAST, NORTH] = [24.9352, 60.1642, 24.9534, 60.179];
const EDGE = { type: "Polygon", coordinates: [[[WEST, SOUTH], [EAST, SOUTH], [EAST, NORTH], [WEST, NORTH], [WEST, SOUTH]]] };
const ATTRIBUTION = '© <a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">OpenStreetMap</a>';

export const palette = (dark) => (dark ? DARK : LIGHT);

export function baseStyle(dark) {
  const colour = palette(dark);
  const width = (thin, wide) => ["interpolate", ["exponential", 1.6], ["zoom"], 13, thin, 18, wide];
  const edge = (part) => ["interpolate", ["linear"], ["zoom"], 12, 16 * part, 16, 120 * part, 20, 200 * part];
  const layer = (id, type, of, paint, more = {}) => ({
    id, type, source: "base", paint, ...more,
    filter: ["all", ["==", ["get", "layer"], of], ...(more.filter || [])],
  });
  const kinds = (...names) => ["in", ["get", "kind"], ["literal", names]];
  const major = kinds("primary", "primary_link", "secondary", "tertiary", "tertiary_link");
  const minor = kinds("residential", "unclassified", "living_street", "pedestrian", "service");
  const walk = kinds("footway", "cycleway", "path", "steps");
  const ground = ["!", ["has", "tunnel"]];
  const line = { "line-cap": "round", "line-join": "round" };
  const label = (size) => ({
    "text-font": ["Regular"], "text-field": ["get", "name"], "text-size": size, "text-max-width": 7,
  });
  return {
    version: 8,
    glyphs: GLYPHS,
    sources: { base: { type: "geojson", data: "/map/base.json", attribution: ATTRIBUTION }, edge: { type: "geojson", data: EDGE } },
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour.land } },
      layer("green", "fill", "green", { "fill-color": colour.green }),
      layer("water", "fill", "water", { "fill-color": colour.water }),
      layer("squares", "fill", "street", { "fill-color": colour.street }, { filter: [["==", ["geometry-type"], "Polygon"]] }),
      layer("walks", "line", "street", { "line-color": colour.path, "line-width": width(0.4, 4) },
        { minzoom: 14.5, filter: [walk, ground, ["==", ["geometry-type"], "LineString"]], layout: line }),
      layer("rails", "line", "rail", { "line-color": colour.rail, "line-width": width(0.6, 2) }, { filter: [ground] }),
      layer("minor-casing", "line", "street", { "line-color": colour.casing, "line-width": width(1.6, 18) }, { filter: [minor, ground], layout: line }),
      layer("major-casing", "line", "street", { "line-color": colour.casing, "line-width": width(3, 24) }, { filter: [major, ground], layout: line }),
      layer("minor", "line", "street", { "line-color": colour.street, "line-width": width(1, 15) }, { filter: [minor, ground], layout: line }),
      layer("major", "line", "street", { "line-color": colour.street, "line-width": width(2.2, 21) }, { filter: [major, ground], layout: line }),
      layer("buildings", "fill", "building", { "fill-color": colour.building, "fill-outline-color": colour.edge }, { minzoom: 13.5 }),
      { id: "edge", type: "line", source: "edge", paint: { "line-color": colour.land, "line-width": edge(1), "line-blur": edge(0.55) } },
      layer("street-names", "symbol", "street", { "text-color": colour.text, "text-halo-color": colour.halo, "text-halo-width": 1.4 }, {
        minzoom: 14.5, filter: [["any", major, minor], ["has", "name"]],
        layout: { ...label(["interpolate", ["linear"], ["zoom"], 14.5, 10.5, 18, 14]), "symbol-placement": "line", "symbol-spacing": 320, "text-max-angle": 28 },
      }),
      layer("places", "symbol", "label", { "text-color": colour.place, "text-halo-color": colour.halo, "text-halo-width": 1.8 }, {
        filter: [["!=", ["get", "kind"], "city"], ground],
        layout: { ...label(["interpolate", ["linear"], ["zoom"], 13, 12, 17, 15]), "text-font": ["Bold"], "text-letter-spacing": 0.02 },
      }),
    ],
  };
}
