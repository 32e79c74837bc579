// The way on foot from the place of the search to a store: its time on the page, its line on the map.

import { wayOnFoot } from "../api.js";
import { distance, minutes, say } from "../words.js";

/**
 * Fills `place` and draws the line; leaves both alone where no network of roads has the way.
 *
 * @param origin a promise of the place of the search, or of nothing.
 */
export async function showWay(place, origin, store, map, isOpen) {
  const from = store.location && (await origin);
  if (!from || !isOpen()) return;
  const { origins: [{ journeys: [journey] = [] }] = [{}], roadAttribution } = await wayOnFoot(from, store.name).catch(() => ({}));
  if (!journey?.line || !isOpen()) return;
  const time = minutes(parseFloat(journey.travelTime));
  const words = [say(journey.mayBeClipped ? "onFootAbout" : "onFoot", { time }), distance(journey.roadDistanceM)].join(" · ");
  place.replaceChildren(words, " ", Object.assign(document.createElement("small"), { textContent: say("roads", { source: roadAttribution }) }));
  place.hidden = false;
  map.way([from, ...journey.line.points, store.location]);
}
