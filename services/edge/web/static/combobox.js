// A search box: an editable combobox with a list, as in the ARIA Authoring Practices Guide.

import { el } from "./html.js";

const PAUSE_MS = 120;

/**
 * @param form contains an `input` and a list, `[role=listbox]`.
 * @param options `suggest(query, signal)` returns suggestions; `describe(one)` returns the `title`,
 *   `detail` and `kind` of one; `take(one)` gets the chosen one, and `search(query)` a text that
 *   was submitted without a choice; it may return suggestions to choose from.
 */
export function combobox(form, { suggest, describe, take, search }) {
  const input = form.querySelector("input");
  const list = form.querySelector("[role=listbox]");
  let timer, running, found = [], active = -1;
  let pointed = false; // whether the pointer moves over the list
  let later = null; // suggestions that came while it did

  input.addEventListener("input", () => {
    if (active >= 0) point(-1);
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!found.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      point((active + step + found.length + (active < 0 && step < 0 ? 1 : 0)) % found.length);
    } else if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      close();
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("pointermove", () => { pointed = true; });
  list.addEventListener("pointerleave", () => {
    pointed = false;
    if (later && active < 0) open(later);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = input.value.trim();
    if (active >= 0) choose(found[active]);
    else if (query) {
      close();
      submit(query);
    }
  });

  async function submit(query) {
    const choices = await search(query);
    if (choices && input.value.trim() === query) open(choices);
  }

  async function refresh() {
    const query = input.value.trim();
    running?.abort();
    if (!query) return close();
    const { signal } = (running = new AbortController());
    try {
      const suggestions = await suggest(query, signal);
      if (signal.aborted || document.activeElement !== input) return;
      // Who is choosing from the list keeps it: a late answer would move what they choose.
      if (pointed) later = suggestions;
      else if (active < 0) open(suggestions);
    } catch {
      if (!signal.aborted && active < 0) close();
    }
  }

  function open(suggestions) {
    found = suggestions;
    active = -1;
    later = null;
    list.replaceChildren(...suggestions.map((one, index) => {
      const { title, detail, kind = "" } = describe(one);
      return el("li", { id: `${list.id}-${index}`, role: "option", "aria-selected": "false", class: kind,
        onmousedown: (event) => { event.preventDefault(); choose(one); } },
        el("span", { class: "name" }, title), el("span", { class: "detail" }, detail));
    }));
    list.hidden = !suggestions.length;
    pointed &&= !list.hidden;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  function point(index) {
    active = index;
    [...list.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === index)));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `${list.id}-${index}`);
    list.children[index].scrollIntoView({ block: "nearest" });
  }

  function choose(one) {
    input.value = describe(one).title;
    close();
    take(one);
  }

  function close() {
    clearTimeout(timer);
    running?.abort();
    open([]);
  }
}
