// Puts the locator where this script stands:
//   <script src="https://shops.example/embed.js" data-height="640" data-lang="fi" async></script>
(() => {
  const script = document.currentScript;
  const { lang = "", q = "", height = "640" } = script.dataset;
  const address = new URL("/", script.src);
  if (lang) address.searchParams.set("lang", lang);
  if (q) address.searchParams.set("q", q);
  const frame = document.createElement("iframe");
  frame.src = address;
  frame.title = script.dataset.title || "Store locator";
  frame.allow = `geolocation ${address.origin}`;
  frame.loading = "lazy";
  frame.style.cssText = `width:100%;height:${Number(height) || 640}px;border:0;border-radius:12px`;
  script.after(frame);
})();
