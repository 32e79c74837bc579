// The kinds of search. Each returns pages of `{ stores: [{ store, distanceM }] }`, a `title` for the
// list, and its `Origin` as `from`.

import { countStores, findNearest, searchStores } from "./api.js";
import { say } from "./words.js";

/** Near a chosen place. */
export function nearPlace({ displayName, location }) {
  return {
    query: displayName, title: () => say("near", { place: displayName }), from: () => ({ point: location }),
    mark: location, label: () => displayName,
    request: (filter, token) => findNearest({ point: location }, filter, token),
  };
}

/** Near a place of that name; if there is none, the stores that match the words. */
export function byText(query, map) {
  const search = { query, title: () => say("near", { place: query }), from: () => ({ place: query }), label: () => query, request };
  let words = false;

  async function request(filter, token) {
    if (!words) {
      try {
        const found = await findNearest({ place: query }, filter, token);
        search.mark = found.originPlace?.location;
        return found;
      } catch (error) {
        if (error.reason !== "PLACE_NOT_FOUND") throw error;
        const { totalSize } = await searchStores({ query });
        if (!totalSize) throw error;
      }
      words = true;
      search.title = () => say("matching", { query });
      search.from = () => ({ point: map.center });
    }
    const { matches = [], nextPageToken } = await searchStores({ query }, filter, token);
    return { stores: matches, nextPageToken };
  }
  return search;
}

/** Near the person's position. */
export function nearMe(point) {
  return {
    title: () => say("nearYou"), from: () => ({ point }), mark: point, label: () => say("position"),
    request: (filter, token) => findNearest({ point }, filter, token),
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
