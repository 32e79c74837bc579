// Embeds the locator at the place of this script:
//   <script src="https://shops.example/embed.js" data-height="640" data-lang="fi" async></script>
// `data-q` is the first search, `data-basket` the basket (`g-048:2,g-051`), `data-key` a publishable key.
(() => {
  const script = document.currentScript;
  const { height = "640", title = "Store locator" } = script.dataset;
  const address = new URL("/", script.src);
  for (const name of ["lang", "q", "basket", "open", "has", "service", "theme", "mode", "key"]) {
    if (script.dataset[name]) address.searchParams.set(name, script.dataset[name]);
  }
  const frame = document.createElement("iframe");
  frame.src = address;
  frame.title = title;
  frame.allow = `geolocation ${address.origin}; clipboard-write ${address.origin}`;
  frame.loading = "lazy";
  frame.style.cssText = `width:100%;height:${Number(height) || 640}px;border:0;border-radius:12px`;
  script.after(frame);
})();
