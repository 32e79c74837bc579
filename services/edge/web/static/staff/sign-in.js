// Exchanges the code of a one-time link for a session. The code stands behind the `#`, which no
// browser sends; it leaves the address at once, and is used when the person says so.

import { $ } from "../html.js";
import { say, speak } from "../words.js";
import { send } from "./api.js";
import { Problem } from "../problem.js";
import config from "../config.js";

const code = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname + location.search);
await speak(config.language);
document.title = say("signIn");
const tell = (word) => { $("message").textContent = say(word); };
$("enter").hidden = !code || !isSecureContext;
if (!isSecureContext) tell("needsTls");
else tell(code ? "linkHelp" : "noLink");

$("enter").addEventListener("click", async () => {
  $("enter").disabled = true;
  try {
    const { page } = await send("/sign-in", { code });
    location.replace(`${page}?lang=${config.language}`);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    $("enter").disabled = !problem.passing;
    tell(problem.status === 429 ? "tooManyTries" : problem.passing ? "noAnswer" : "linkUsed");
  }
});
