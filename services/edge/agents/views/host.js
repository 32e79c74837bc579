// The host's side, spoken to by JSON-RPC over postMessage as SEP-1865 says. It alone may answer.

const PROTOCOL = "2026-01-26";
const waiting = new Map();
let asked = 0;
let host = {}; // what the host can do
let shown = null; // the last result
let redraw = () => {};

const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
const tell = (method, params = {}) => post({ method, params });

function ask(method, params) {
  asked += 1;
  post({ id: asked, method, params });
  return new Promise((resolve, reject) => waiting.set(asked, { resolve, reject }));
}

/** Connects to the host; `show(result, input)` draws a result, and again when the look changes. */
async function connect(show) {
  let input = {};
  redraw = () => {
    const view = $("view");
    view.removeAttribute("aria-busy");
    if (!shown) return view.replaceChildren(el("p", { class: "soft" }, say("waiting")));
    if (shown.isError || !shown.structuredContent) {
      const text = shown.content?.find(({ type }) => type === "text")?.text;
      return view.replaceChildren(el("p", { class: "warn" }, text || say("failed")));
    }
    show(shown, input);
  };
  const heard = {
    "ui/notifications/tool-input": ({ arguments: given }) => { input = given || {}; if (shown) redraw(); },
    "ui/notifications/tool-result": (result) => { shown = result; redraw(); },
    "ui/notifications/tool-cancelled": () => { shown = { isError: true }; redraw(); },
    "ui/notifications/host-context-changed": (context) => { look(context); redraw(); },
  };
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== "2.0") return;
    const { id, method, params = {}, result, error } = data;
    if (method) {
      heard[method]?.(params);
      if (id !== undefined) post({ id, ...(method in ANSWERS ? { result: {} } : { error: { code: -32601, message: "no such method" } }) });
    } else if (waiting.has(id)) {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    }
  });
  const answer = await ask("ui/initialize", {
    protocolVersion: PROTOCOL, appInfo: { name: "enrayon", version: "1" }, appCapabilities: {},
  });
  host = answer.hostCapabilities || {};
  look(answer.hostContext || {});
  redraw();
  tell("ui/notifications/initialized");
  new ResizeObserver(() => {
    const { width, height } = document.documentElement.getBoundingClientRect();
    tell("ui/notifications/size-changed", { width: Math.ceil(width), height: Math.ceil(height) });
  }).observe(document.documentElement);
}

const ANSWERS = { ping: 1, "ui/resource-teardown": 1 };

function look({ theme, styles, locale: language }) {
  const { style } = document.documentElement;
  if (theme) style.colorScheme = theme;
  for (const [name, value] of Object.entries(styles?.variables || {})) if (value) style.setProperty(name, value);
  if (language) {
    try {
      [locale] = Intl.getCanonicalLocales(language);
    } catch {
      locale = "en"; // not a tag of a language
    }
    document.documentElement.lang = locale;
  }
}

const isDark = () => {
  const scheme = document.documentElement.style.colorScheme;
  return scheme ? scheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

/** Calls a tool of the server through the host, and shows its result. */
async function call(name, given) {
  shown = await ask("tools/call", { name, arguments: given }).catch(() => ({ isError: true }));
  redraw();
}

/** An element of SVG. */
function shape(tag, properties = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children.flat());
  return element;
}
