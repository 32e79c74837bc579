// The shops of a session, to choose one.

import { $, el } from "../html.js";
import { say, speak } from "../words.js";
import { read } from "./api.js";
import config from "../config.js";
import { head } from "./head.js";

await speak(config.language);
head(config);
document.title = say("chooseShop");
const names = await Promise.all(config.stores.map((store) => read(`/v1/${store}`).then(({ displayName }) => displayName).catch(() => store)));
$("stores").replaceChildren(...config.stores.map((store, place) => el("li", {}, el("a", { class: "card", href: `/staff/${store.slice("stores/".length)}?lang=${config.language}` }, names[place]))));
