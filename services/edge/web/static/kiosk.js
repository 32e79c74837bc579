// Resets a kiosk for the next person: after a time without touch it asks, then opens its first page.

import { parameter } from "./address.js";
import { $ } from "./html.js";
import { say } from "./words.js";

const IDLE_S = [10, 60, 3600]; // the least, the usual and the most
const WARNED_S = 20; // WCAG 2.2, 2.2.1: at least so long to say that one is still there

/** Starts the timer of a page opened with `?mode=kiosk`, and optionally `&idle=` in seconds. */
export function kiosk() {
  document.documentElement.dataset.mode = "kiosk";
  const [least, usual, most] = IDLE_S;
  const idleS = Math.min(most, Math.max(least, Number(parameter("idle")) || usual));
  const start = location.href;
  const dialog = $("still");
  let timer;

  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(prompt, idleS * 1000);
  };
  const prompt = () => {
    dialog.showModal();
    warn(WARNED_S);
  };
  const warn = (left) => {
    if (!dialog.open) return wait();
    if (!left) return over();
    $("countdown").textContent = say("resets", { n: left });
    timer = setTimeout(() => warn(left - 1), 1000);
  };
  const over = () => (location.href === start ? location.reload() : location.replace(start));

  for (const sign of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(sign, () => dialog.open || wait(), { passive: true, capture: true });
  }
  dialog.addEventListener("close", wait);
  $("over").addEventListener("click", over);
  wait();
}
