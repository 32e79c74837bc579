// In place of the map where the browser cannot draw one: the list has all that it would show.

export class NoMap {
  viewport = { low: { latitude: -90, longitude: -180 }, high: { latitude: 90, longitude: 180 } };

  /** @param center is the middle of what the map would show at first. */
  constructor([longitude, latitude]) {
    this.center = { latitude, longitude };
    this.view = null;
    document.documentElement.dataset.map = "none";
  }

  setDark() {}
  name() {}
  show() {}
  mark() {}
  list() {}
  point() {}
  choose() {}
  plan() { return false; }
  refresh() {}
}
