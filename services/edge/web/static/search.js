// The kinds of search. Each returns pages of `{ stores: [{ store, distanceM }] }`, a `title` for the
// list, and its `Origin` as `from`; `doubt` holds the words of a question that were not understood.

import { setParameters } from "./address.js";
import { countStores, findNearest, parseQuery, searchStores } from "./api.js";
import { folded } from "./folding.js";
import { distance, locale, say } from "./words.js";

/** Near a chosen place. */
export function nearPlace({ displayName, location }) {
  return {
    query: displayName, title: () => say("near", { place: displayName }), from: () => ({ point: location }),
    mark: location, label: () => displayName,
    request: (filter, token) => findNearest({ point: location }, filter, token),
  };
}

/**
 * What a text asks for: shops, kinds of shops, a place, "open now" in any language.
 *
 * @param position returns the person's position for "near me", or null if it is not to be had.
 */
export function byText(query, map, position) {
  let origin = null;
  let parsed = null;
  const search = { query, title: () => say("searching"), from: () => origin, doubt: "", prepare, request };

  // Sets the filters that the text asks for, before they are applied.
  async function prepare() {
    if (parsed) return;
    parsed = await parseQuery(query, map.center, locale());
    const { shop, kinds = [], place, openNow, nearMe, rest = "" } = parsed;
    if (!shop && !kinds.length && !place && !openNow && !nearMe) return; // nothing: see request
    setParameters({ ...(openNow ? { open: "now" } : {}), ...(kinds.length ? { kind: kinds.map(({ kind }) => kind).join(",") } : {}) });
    search.doubt = rest;
    const here = !place && nearMe ? await position() : null;
    origin = { point: place?.location || here || map.center };
    search.mark = place?.location || here;
    search.label = () => (place ? place.displayName : say("position"));
    search.distances = Boolean(place || here);
    search.title = () => {
      if (parsed.placeIsFar) return say("noneNear", { place: place.displayName });
      if (place) return say("near", { place: place.displayName });
      return here ? say("nearYou") : say("matching", { query });
    };
  }

  async function request(filter, token) {
    if (origin) {
      if (parsed.shop && !parsed.place && !search.mark) {
        const found = await searchStores({ query: parsed.shop, origin }, filter, token);
        return { ...found, stores: token ? found.matches : wholeFirst(found.matches || [], parsed.shop) };
      }
      const found = await findNearest(origin, filter, token, parsed.shop);
      search.note = parsed.placeIsFar && found.stores?.length ? () => say("nearestIs", { distance: distance(found.stores[0].distanceM) }) : undefined;
      return found;
    }
    // The words may be a part of an address or the beginning of a name, which `parseQuery` leaves out.
    const { totalSize } = await searchStores({ query });
    if (!totalSize) {
      search.doubt = query;
      return findNearest({ place: query }, filter, token);
    }
    origin = { point: map.center };
    parsed = { shop: query };
    search.distances = false;
    search.title = () => say("matching", { query });
    return request(filter, token);
  }
  return search;
}

// The shops that are called so come before those with the words in a longer name.
function wholeFirst(matches, words) {
  const isCalled = ({ store }) => folded(store.displayName) === folded(words);
  return [...matches.filter(isCalled), ...matches.filter((match) => !isCalled(match))];
}

/** Near the person's position, which is known to `accuracyM`. */
export function nearMe({ accuracyM, ...point }) {
  const rough = accuracyM > ROUGH_M;
  const off = { distance: distance(accuracyM) };
  return {
    title: () => say(rough ? "nearYouAbout" : "nearYou"), from: () => ({ point }), mark: point, accuracyM,
    label: () => (accuracyM > EXACT_M ? say("positionAbout", off) : say("position")),
    note: rough ? () => say("rough", off) : undefined, distances: !rough,
    request: (filter, token) => findNearest({ point }, filter, token),
  };
}

const ROUGH_M = 1000; // above it a list by distance is a guess
const EXACT_M = 100;

/** Around the middle of the map. */
export function aroundMap(map) {
  const origin = { point: map.center };
  return {
    title: () => say("inArea"), from: () => origin, distances: false,
    request: (filter, token) => findNearest(origin, filter, token),
  };
}

/** In the shown section of the map. */
export function inView(map) {
  const { viewport, center } = map;
  return {
    still: true, title: () => say("inArea"), from: () => ({ point: center }),
    request: async (filter, token) => {
      const { matches = [], nextPageToken } = await searchStores({ viewport }, filter, token);
      return { stores: matches, nextPageToken };
    },
  };
}

/** Where most stores are: the first page, before any search. */
export function whereMostAre(map) {
  let origin;
  return {
    title: () => say("inArea"), from: () => ({ point: origin || map.center }), distances: false,
    request: async (filter, token) => {
      if (!origin) {
        const { cells = [] } = await countStores({}, undefined, 5);
        origin = cells[0]?.centroid || map.center;
      }
      return findNearest({ point: origin }, filter, token);
    },
  };
}
