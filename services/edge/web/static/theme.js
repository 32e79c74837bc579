// Light or dark: the person's choice, else the system's.

import { parameter } from "./address.js";
import { $ } from "./html.js";
import { icon } from "./icons.js";
import { keep, kept } from "./storage.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => kept("theme") || parameter("theme");

export const isDark = () => (["light", "dark"].includes(chosen()) ? chosen() === "dark" : dark.matches);

/** Follows a button and the system's choice; `changed` is called after each change. */
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
