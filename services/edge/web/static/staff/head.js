// What all pages of signed-in people have: the language, the end of a session.

import { $, el } from "../html.js";
import { currentLanguage, say } from "../words.js";
import { press } from "./draw.js";
import { send } from "./api.js";
import { Problem } from "../problem.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function head({ isOpen = false }) {
  const show = () => { document.documentElement.dataset.theme = dark.matches ? "dark" : "light"; };
  dark.addEventListener("change", show);
  show();
  $("language").value = currentLanguage();
  $("language").addEventListener("change", ({ target }) => {
    const query = new URLSearchParams(location.search);
    query.set("lang", target.value);
    location.search = query;
  });
  $("sign-out").hidden = isOpen; // while access is open nobody has signed in
  $("sign-out").addEventListener("click", async () => {
    try {
      await send("/sign-out", {});
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      notEnded();
      return;
    }
    location.replace(`/sign-in?lang=${currentLanguage()}`);
  });
}

/** Says that the session may still be open. */
function notEnded() {
  const dialog = el("dialog", { class: "ask not-ended", role: "alertdialog", onclose: () => dialog.remove() },
    el("h2", {}, say("failed")), el("p", {}, say("notSignedOut")), press(say("close"), () => dialog.close(), { look: "main" }));
  document.body.append(dialog);
  dialog.showModal();
}

/** Says that the session is over. What waits to be sent is kept. */
export function ended() {
  if (document.querySelector(".ended")) return;
  const dialog = el("dialog", { class: "ask ended", oncancel: (event) => event.preventDefault() },
    el("h2", {}, say("signedOut")), el("p", {}, say("signedOutHelp")), press(say("again"), () => location.reload(), { look: "main" }));
  document.body.append(dialog);
  dialog.showModal();
}
