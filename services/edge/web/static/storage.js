// Values that the browser keeps between visits, never a position. A kiosk, which many people use, and
// an embedded page without storage keep them only until the page closes.

import { parameter } from "./address.js";

const memory = new Map();
const lasting = parameter("mode") !== "kiosk";

export function keep(name, value) {
  memory.set(name, value);
  if (!lasting) return;
  try { localStorage.setItem(`enrayon.${name}`, value); } catch { /* forgotten with the page */ }
}

export function kept(name) {
  if (memory.has(name) || !lasting) return memory.get(name) || "";
  try { return localStorage.getItem(`enrayon.${name}`) || ""; } catch { return ""; }
}
