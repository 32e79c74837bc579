// Embeds the locator into another page, as an element or at the place of this script:
//   <script src="https://shops.example/embed.js" async></script>
//   <enrayon-locator q="Helsinki" accent="#7a1fa2"></enrayon-locator>
//   <script src="https://shops.example/embed.js" data-q="Helsinki" data-lang="fi" async></script>
// Attributes: `q` the first search; `store` the id of a store to open; `basket` (`g-048:2,g-051`);
// `stock="all"` for stores with all of it; `radius` in metres; `open`, `has`, `service` as in the
// page's address; `lang`, `theme`, `accent` a colour, `logo` a picture of the embedding page; `key` a
// publishable key; `height` in pixels, else by content up to `max-height`; `label` for screen readers.
// Events: `enrayon:select` with `detail.store`, `enrayon:hold` with `detail.store`.
(() => {
  const script = document.currentScript;
  const home = new URL("/", script.src);
  const PASSED = ["lang", "q", "basket", "open", "has", "service", "stock", "radius", "accent", "logo", "theme", "mode", "key"];
  const OTHERS = ["store", "height", "max-height", "label"];
  const [LEAST_PX, USUAL_PX, MOST_PX] = [420, 640, 1200];

  class EnrayonLocator extends HTMLElement {
    static observedAttributes = [...PASSED, ...OTHERS];
    #frame = null;
    #hear = (event) => this.#heard(event);

    connectedCallback() {
      this.#frame ??= this.appendChild(document.createElement("iframe"));
      addEventListener("message", this.#hear);
      this.#show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#hear);
    }

    attributeChangedCallback() {
      if (this.#frame) this.#show();
    }

    get #fixed() {
      return Number(this.getAttribute("height")) || 0;
    }

    #show() {
      const frame = this.#frame;
      const store = (this.getAttribute("store") || "").replace(/^stores\//, "");
      const address = new URL(store ? `stores/${encodeURIComponent(store)}` : "", home);
      for (const name of PASSED) {
        const value = this.getAttribute(name);
        if (value) address.searchParams.set(name, name === "logo" ? new URL(value, document.baseURI).href : value);
      }
      frame.title = this.getAttribute("label") || "Store locator";
      frame.allow = `geolocation ${home.origin}; clipboard-write ${home.origin}`;
      frame.loading = "lazy";
      frame.referrerPolicy = "origin"; // the locator tells events to this origin alone
      Object.assign(frame.style, { display: "block", width: "100%", border: "0", borderRadius: "12px" });
      if (this.#fixed || !frame.style.height) frame.style.height = `${this.#fixed || USUAL_PX}px`;
      if (frame.src !== address.href) frame.src = address;
    }

    #heard({ source, origin, data }) {
      if (source !== this.#frame.contentWindow || origin !== home.origin || data?.from !== "enrayon") return;
      if (data.type === "height") {
        const most = Number(this.getAttribute("max-height")) || MOST_PX;
        if (!this.#fixed) this.#frame.style.height = `${Math.max(LEAST_PX, Math.min(most, Number(data.detail.height) || USUAL_PX))}px`;
      } else this.dispatchEvent(new CustomEvent(`enrayon:${data.type}`, { bubbles: true, detail: data.detail }));
    }
  }

  if (!customElements.get("enrayon-locator")) customElements.define("enrayon-locator", EnrayonLocator);
  const { title, ...options } = script.dataset;
  if (!Object.keys(script.dataset).length) return;
  const element = document.createElement("enrayon-locator");
  for (const [name, value] of Object.entries({ ...options, ...(title ? { label: title } : {}) })) {
    element.setAttribute(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value);
  }
  script.after(element);
})();
