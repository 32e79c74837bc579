// The search box: an editable combobox with a list, after the pattern of the ARIA practices guide.

import { suggest } from "./api.js";
import { el } from "./html.js";

const PAUSE_MS = 120;

/**
 * @param near gives the point that nearer places are nearer to.
 * @param take is given a suggestion that was chosen; `search` the text that was typed, without one.
 */
export function combobox(form, input, list, { near, take, search }) {
  let timer, running, options = [], active = -1;

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!options.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      point((active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length);
    } else if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      close();
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = input.value.trim();
    if (active >= 0) choose(options[active]);
    else if (query) {
      close();
      search(query);
    }
  });

  async function ask() {
    const query = input.value.trim();
    running?.abort();
    if (!query) return close();
    running = new AbortController();
    try {
      const { suggestions = [] } = await suggest(query, near(), running.signal);
      if (document.activeElement === input) open(suggestions);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function open(suggestions) {
    options = suggestions;
    active = -1;
    list.replaceChildren(...suggestions.map((suggestion, index) => {
      const { title, detail, kind } = describe(suggestion);
      return el("li", { id: `suggestion-${index}`, role: "option", "aria-selected": "false", class: kind,
        onmousedown: (event) => { event.preventDefault(); choose(suggestion); } },
        el("span", { class: "name" }, title), el("span", { class: "detail" }, detail));
    }));
    list.hidden = !suggestions.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  function point(index) {
    active = index;
    [...list.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === index)));
    input.setAttribute("aria-activedescendant", `suggestion-${index}`);
    list.children[index].scrollIntoView({ block: "nearest" });
  }

  function choose(suggestion) {
    input.value = describe(suggestion).title;
    close();
    take(suggestion);
  }

  function close() {
    clearTimeout(timer);
    running?.abort();
    open([]);
  }
}

function describe({ place, store }) {
  if (place) return { title: place.displayName, detail: place.description, kind: "place" };
  const { addressLines = [], locality = "" } = store.address || {};
  return { title: store.displayName, detail: [...addressLines, locality].filter(Boolean).join(", "), kind: "shop" };
}
