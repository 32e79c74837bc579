// The pins and layers of stores on the map.

const RATIO = 3; // pixels of a pin's drawing for one of the page

/** Draws a pin when the map first uses it: `pin-7` of the list, or `pin-chosen`. */
export function pinImages(map, palette) {
  map.on("styleimagemissing", ({ id }) => {
    const [, label] = /^pin-(\w+)$/.exec(id) || [];
    if (!label || map.hasImage(id)) return;
    const { store, chosen, ring } = palette();
    const lifted = label === "chosen";
    map.addImage(id, pin(lifted ? chosen : store, ring, lifted ? "" : label), { pixelRatio: RATIO });
  });
}

/** The layers over the source `accuracy`: where the person may be. */
export function accuracyLayers() {
  return [
    { id: "accuracy", type: "fill", paint: { "fill-color": "#2467c8", "fill-opacity": 0.12 } },
    { id: "accuracy-edge", type: "line", paint: { "line-color": "#2467c8", "line-width": 1.5, "line-opacity": 0.6 } },
  ];
}

/** The layers over the source `stores`. */
export function layers(colour) {
  const number = ["has", "number"];
  const count = ["has", "count"];
  const alone = ["!", ["has", "clustered"]];
  const nothing = ["==", ["get", "name"], " "];
  const words = { "text-color": colour.place, "text-halo-color": colour.halo, "text-halo-width": 1.8 };
  const title = { "text-font": ["Bold"], "text-field": ["get", "title"], "text-size": 14, "text-max-width": 9 };
  const label = { "text-font": ["Bold"], "text-field": ["get", "label"], "text-allow-overlap": true };
  const image = { "icon-anchor": "bottom", "icon-allow-overlap": true, "icon-offset": [0, 2] };
  return [
    // Below each pin too, for a pin that has no room.
    { id: "dots", type: "circle", filter: ["all", ["!", count], alone], paint: {
      "circle-color": colour.dot, "circle-stroke-color": colour.ring, "circle-stroke-width": 1.2,
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 2.5, 18, 6] } },
    { id: "dot-names", type: "symbol", minzoom: 16.8, filter: ["all", ["!", number], ["!", count]], paint: { ...words, "text-color": colour.text },
      layout: { ...title, "text-font": ["Regular"], "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.6] } },
    { id: "counts", type: "circle", filter: count, paint: {
      "circle-color": colour.dot, "circle-opacity": 0.28, "circle-stroke-color": colour.dot, "circle-stroke-width": 1.5,
      "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 12, 20, 34] } },
    { id: "count-labels", type: "symbol", filter: count, paint: words, layout: { ...label, "text-size": 13 } },
    // Below the pins, so that names avoid them: MapLibre places upper layers first.
    { id: "pin-names", type: "symbol", minzoom: 16.2, filter: ["all", number, alone], paint: words,
      layout: { ...title, "text-variable-anchor": ["left", "right", "top"], "text-radial-offset": 1, "text-justify": "auto", "text-size": 13.5, "symbol-sort-key": ["get", "number"] } },
    { id: "pins", type: "symbol", filter: ["all", number, alone],
      layout: { ...image, "icon-allow-overlap": false, "icon-padding": -6, "icon-image": ["concat", "pin-", ["get", "label"]], "symbol-sort-key": ["get", "number"] } },
    { id: "chosen", type: "symbol", filter: nothing, layout: { ...image, "icon-image": "pin-chosen", "icon-size": 1.3 } },
    { id: "chosen-name", type: "symbol", filter: nothing, paint: words,
      layout: { ...title, "text-anchor": "top", "text-offset": [0, 0.3], "text-size": 15, "text-allow-overlap": true } },
  ];
}

/** The layer of the way to the store whose page is open. */
export const wayLayer = (colour) => ({
  id: "way", type: "line", source: "way", layout: { "line-cap": "round", "line-join": "round" },
  paint: { "line-color": colour.way, "line-width": 5, "line-opacity": 0.85 },
});

// A drop with its tip at the place, and a number or a dot in it.
function pin(fill, ring, label) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [30 * RATIO, 38 * RATIO];
  const context = canvas.getContext("2d");
  context.scale(RATIO, RATIO);
  context.beginPath();
  context.moveTo(15, 36);
  context.bezierCurveTo(9, 27, 3, 22, 3, 14);
  context.arc(15, 14, 12, Math.PI, 0);
  context.bezierCurveTo(27, 22, 21, 27, 15, 36);
  context.closePath();
  context.shadowColor = "rgb(0 0 0 / 35%)";
  context.shadowBlur = 3 * RATIO;
  context.shadowOffsetY = RATIO;
  context.fillStyle = fill;
  context.fill();
  context.shadowColor = "transparent";
  context.strokeStyle = ring;
  context.lineWidth = 2;
  context.stroke();
  context.fillStyle = ring;
  if (label) {
    context.font = `600 ${label.length > 2 ? 11 : 14}px "Enrayon Sans", system-ui, sans-serif`;
    context.textAlign = "center";
    context.fillText(label, 15, 19);
  } else {
    context.beginPath();
    context.arc(15, 14, 4.5, 0, 2 * Math.PI);
    context.fill();
  }
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
