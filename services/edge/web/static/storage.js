// What the browser keeps between visits: nothing of it is anybody's position. A kiosk is used by many
// people and a frame in another page may have no storage: there it is forgotten with the page.

import { asked } from "./address.js";

const memory = new Map();
const lasting = asked("mode") !== "kiosk";

export function keep(name, value) {
  memory.set(name, value);
  if (!lasting) return;
  try { localStorage.setItem(`enrayon.${name}`, value); } catch { /* forgotten with the page */ }
}

export function kept(name) {
  if (memory.has(name) || !lasting) return memory.get(name) || "";
  try { return localStorage.getItem(`enrayon.${name}`) || ""; } catch { return ""; }
}
