// Replaces the map in a browser that cannot draw one: the list has the same stores.

export class NoMap {
  viewport = { low: { latitude: -90, longitude: -180 }, high: { latitude: 90, longitude: 180 } };

  /** @param center is the centre that the map would have at first. */
  constructor([longitude, latitude]) {
    this.center = { latitude, longitude };
    this.view = null;
  }

  setDark() {}
  name() {}
  show() {}
  mark() {}
  list() {}
  point() {}
  choose() {}
  plan() { return false; }
  way() {}
  refresh() {}
}
