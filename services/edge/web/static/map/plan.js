// A store's floor plan on the map, at its place in the street, with the route for a basket.

/** The layers over the source `plan`, the map features of the aisle service. */
export function planLayers(colour) {
  const is = (...names) => ["in", ["get", "feature"], ["literal", names]];
  const kind = (...names) => ["in", ["get", "kind"], ["literal", names]];
  const width = (thin, wide) => ["interpolate", ["exponential", 2], ["zoom"], 17, thin, 21, wide];
  const text = { "text-font": ["Bold"], "text-allow-overlap": true };
  return [
    { id: "plan-floor", type: "fill", filter: is("level"), paint: { "fill-color": colour.floor } },
    { id: "plan-wall", type: "line", filter: is("level"), paint: { "line-color": colour.wall, "line-width": width(1.5, 5) } },
    { id: "plan-fixtures", type: "fill", filter: is("fixture"), paint: {
      "fill-color": ["case", kind("fridge", "freezer"), colour.cold, kind("counter"), colour.counter, colour.shelf], "fill-outline-color": colour.wall } },
    { id: "plan-aisles", type: "symbol", minzoom: 18, filter: is("aisle"), paint: { "text-color": colour.text, "text-halo-color": colour.floor, "text-halo-width": 2 },
      layout: { ...text, "text-field": ["get", "title"], "text-size": 15, "text-allow-overlap": false } },
    { id: "plan-route", type: "line", filter: is("route"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour.way, "line-width": width(3, 7) } },
    { id: "plan-places", type: "circle", filter: ["all", is("place"), kind("entrance", "till")], paint: {
      "circle-color": ["case", kind("entrance"), colour.store, colour.wall], "circle-radius": ["case", kind("entrance"), 8, 4], "circle-stroke-color": colour.floor, "circle-stroke-width": 2 } },
    { id: "plan-pins", type: "circle", filter: is("pin"), paint: { "circle-color": colour.chosen, "circle-radius": 13, "circle-stroke-color": colour.floor, "circle-stroke-width": 2.5 } },
    { id: "plan-numbers", type: "symbol", filter: is("pin"), paint: { "text-color": colour.floor }, layout: { ...text, "text-field": ["get", "label"], "text-size": 14 } },
    { id: "plan-words", type: "symbol", filter: is("pin"), paint: { "text-color": colour.place, "text-halo-color": colour.floor, "text-halo-width": 2.5 },
      layout: { "text-font": ["Bold"], "text-field": ["get", "title"], "text-size": 15, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 1.15, "text-justify": "auto" } },
  ];
}

/** The drawn features of a plan: one level, and those without a level. */
export function levelOf({ features = [] }, level) {
  const drawn = features.filter(({ geometry, properties }) => geometry && [level, "", undefined].includes(properties.feature === "level" ? properties.id : properties.level));
  const named = ({ properties: { name, lines, ...others }, ...feature }) =>
    ({ ...feature, properties: { ...others, title: lines?.[0] || name || (others.feature === "aisle" ? others.id : "") } });
  return { type: "FeatureCollection", features: drawn.map(named) };
}

/** The corners of a level, to fit the view to it. */
export function corners({ features }) {
  const outlines = features.filter(({ properties }) => properties.feature === "level").map(({ geometry }) => geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 2));
  return outlines.flat().map(([longitude, latitude]) => ({ latitude, longitude }));
}
