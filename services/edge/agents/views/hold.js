// A hold: its goods, its times on the clock of the store, and the code to say or to scan.

const ENDED = new Set(["COLLECTED", "CANCELED", "EXPIRED"]);

connect(({ structuredContent: hold, content }) => {
  const image = content?.find(({ type }) => type === "image");
  const isOver = ENDED.has(hold.state);
  const times = [["ready", hold.ready_by], ["pickup", hold.pickup_by], ["until", hold.expires]].filter(([, time]) => time && !isOver);
  $("view").replaceChildren(
    image && !isOver ? el("figure", { class: "scan" }, el("img", { src: `data:${image.mimeType};base64,${image.data}`, alt: say("scan") })) : "",
    el("section", { class: "facts" },
      el("h1", {}, isOver ? say(hold.state) : say(hold.held ? "held" : "offer")),
      el("p", {}, hold.store_name || hold.store),
      hold.held ? el("span", { class: "chip" }, say(hold.state)) : "",
      hold.code && !isOver ? el("p", {}, el("span", { class: "soft" }, say("code")), el("br"), el("span", { class: "code" }, hold.code)) : "",
      hold.items.length ? el("ul", { class: "goods" }, hold.items.map(({ name, quantity, available }) =>
        el("li", { class: available < quantity ? "short" : "" }, `${hold.held ? available : quantity} × ${name}`))) : "",
      times.length ? el("dl", { class: "times" }, times.flatMap(([word, time]) => [el("dt", {}, say(word)), el("dd", {}, moment(time, hold.time_zone))])) : "",
      hold.time_zone && times.length ? el("p", { class: "soft" }, hold.time_zone) : "",
      (hold.notices || []).map((text) => el("p", { class: "warn" }, text)),
      host.serverTools && hold.reservation && !isOver ? button(say("again"), async ({ currentTarget: pressed }) => {
        pressed.disabled = true;
        await call("get_hold", { reservation: hold.reservation, shopper: hold.shopper });
      }, { class: "action" }) : ""));
});
