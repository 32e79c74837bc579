// Stands for the map until MapLibre is loaded, which is larger than all the rest of the page.

import { NoMap } from "./none.js";
import { corners, levelOf } from "./plan.js";

/** Keeps what it is told, and tells it to the map once `load` has brought it. See StoreMap. */
export class LateMap {
  #map;
  #told = new Map();
  #loading;

  constructor(container, options, callbacks) {
    this.arguments = [container, options, callbacks];
    this.#map = canDraw() ? null : this.#none();
    this.first = options.center;
  }

  /** Loads the map; once, however often it is called. */
  load() {
    this.#loading ??= this.#map ? Promise.resolve() : this.#begin();
    return this.#loading;
  }

  get center() { return this.#shown.center; }

  get view() { return this.#shown.view; }

  get viewport() { return this.#shown.viewport; }

  plan(features, level) {
    if (this.#map) return this.#map.plan(features, level);
    this.#keep("plan", [features, level]);
    return Boolean(features) && corners(levelOf(features, level)).length > 0;
  }

  get #shown() { return this.#map || new NoMap(this.first); }

  async #begin() {
    const [container, options, callbacks] = this.arguments;
    try {
      const [{ StoreMap }] = await Promise.all([import("./map.js"), script("maplibre-gl.js"), sheet("maplibre-gl.css")]);
      this.#map = new StoreMap(container, options, callbacks);
    } catch {
      this.#map = this.#none(); // MapLibre did not come, or cannot draw here
    }
    for (const [name, values] of this.#told) this.#map[name](...values);
    this.#told.clear();
  }

  #none() {
    document.documentElement.dataset.map = "none";
    return new NoMap(this.arguments[1].center);
  }

  #keep(name, values) {
    this.#told.delete(name); // the last call counts, in its order among the others
    this.#told.set(name, values);
  }

  static {
    for (const name of Object.getOwnPropertyNames(NoMap.prototype)) {
      if (name in LateMap.prototype) continue;
      LateMap.prototype[name] = function tell(...values) {
        if (this.#map) this.#map[name](...values);
        else this.#keep(name, values);
      };
    }
  }
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
