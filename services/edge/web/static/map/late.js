// Stands for the map until MapLibre is loaded, which is larger than all the rest of the page.

import { NoMap } from "./none.js";
import { corners, levelOf } from "./plan.js";

/** Keeps what it is told, and tells it to the map once `load` has brought it. See StoreMap. */
export class LateMap {
  #map;
  #told = new Map(); // the last call of each method, in the order of these calls
  #loading;

  constructor(container, options, callbacks) {
    this.arguments = [container, options, callbacks];
    this.#map = new NoMap(options.center);
    if (!canDraw()) withoutMap();
  }

  /** Loads the map; once, however often it is called. */
  load() {
    this.#loading ??= canDraw() ? this.#begin() : Promise.resolve();
    return this.#loading;
  }

  get center() { return this.#map.center; }

  get origin() { return this.#map.origin; }

  get view() { return this.#map.view; }

  get viewport() { return this.#map.viewport; }

  plan(features, level) {
    const isShown = this.#tell("plan", [features, level]);
    return this.#loaded ? isShown : Boolean(features) && corners(levelOf(features, level)).length > 0;
  }

  get #loaded() { return !(this.#map instanceof NoMap); }

  async #begin() {
    try {
      const [{ StoreMap }] = await Promise.all([import("./map.js"), script("maplibre-gl.js"), sheet("maplibre-gl.css")]);
      this.#map = new StoreMap(...this.arguments);
      for (const [name, values] of this.#told) this.#map[name](...values);
    } catch {
      withoutMap(); // MapLibre did not come, or cannot draw here
    }
    this.#told.clear();
  }

  #tell(name, values) {
    if (!this.#loaded) {
      this.#told.delete(name);
      this.#told.set(name, values);
    }
    return this.#map[name](...values);
  }

  static {
    for (const name of Object.getOwnPropertyNames(NoMap.prototype)) {
      LateMap.prototype[name] ??= function tell(...values) { return this.#tell(name, values); };
    }
  }
}

function withoutMap() {
  document.documentElement.dataset.map = "none";
}

function canDraw() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

const address = (name) => new URL(`../maplibre/${name}`, import.meta.url).href;

const script = (name) => loaded("script", { src: address(name) });
const sheet = (name) => loaded("link", { rel: "stylesheet", href: address(name) });

function loaded(tag, properties) {
  const element = Object.assign(document.createElement(tag), properties);
  return new Promise((done, failed) => {
    element.onload = done;
    element.onerror = failed;
    document.head.append(element);
  });
}
