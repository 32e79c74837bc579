// Light or dark: what was chosen, else what the system says.

import { asked } from "./address.js";
import { $ } from "./html.js";
import { icon } from "./icons.js";
import { keep, kept } from "./storage.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => kept("theme") || asked("theme");

export const isDark = () => (["light", "dark"].includes(chosen()) ? chosen() === "dark" : dark.matches);

/** Lets a button and the system choose; `changed` is called after each change. */
export function theme(changed) {
  const again = () => { show(); changed(); };
  $("theme").addEventListener("click", () => { keep("theme", isDark() ? "light" : "dark"); again(); });
  dark.addEventListener("change", again);
  show();
}

function show() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  $("theme").replaceChildren(icon(isDark() ? "sun" : "moon"));
}
