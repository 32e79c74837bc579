// The way in a store: the plan with the walk, the stops in their order, and the steps in words.

const DARK = { {{dark}} };

connect(({ structuredContent: way, _meta: more }) => {
  const plans = (more?.["enrayon/plans"] || []).map(sheet);
  const missing = way.unlocated.map(({ name, department }) => (department ? `${name} (${department})` : name));
  const view = $("view");
  view.classList.toggle("mapped", plans.length > 0);
  view.replaceChildren(
    plans.length ? el("section", {}, plans) : "",
    el("section", {},
      el("h1", {}, way.store_name || say("way")),
      way.length_m !== null ? el("p", { class: "soft" }, say("length", { length: distance(way.length_m) })) : "",
      el("ol", { class: "stops" }, way.stops.map(({ items }, index) => items.map(({ name, shelf }) => el("li", {},
        el("span", { class: "mark", "aria-hidden": "true" }, String(index + 1)), el("div", {}, el("strong", {}, name), el("div", { class: "soft" }, shelf)))))
        .flat()),
      missing.length ? el("p", { class: "warn" }, say("ask", { names: new Intl.ListFormat(locale).format(missing) })) : "",
      way.steps.length ? el("details", {}, el("summary", {}, say("steps")), el("ol", {}, way.steps.map((text) => el("li", {}, text)))) : ""));
});

// The drawing is our server's, and yet only shapes and text of it are taken.
function sheet(svg) {
  const text = isDark() ? svg.replace(/#[0-9a-f]{6}\b/gi, (colour) => DARK[colour.toLowerCase()] || colour) : svg;
  const drawing = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  drawing.querySelectorAll("script, foreignObject, image, use, a").forEach((each) => each.remove());
  return el("figure", { class: "plan", role: "img", "aria-label": say("plan") }, drawing);
}
