// Icons beside texts, as strokes in a square of 24.

const STROKES = {
  back: "m14.5 5-7 7 7 7",
  close: "m6 6 12 12M18 6 6 18",
  minus: "M6 12h12",
  plus: "M6 12h12M12 6v12",
  check: "m5 12.5 4.5 4.5L19 7.5",
  sun: "M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  go: "M4 12 20 4l-5 16-3.2-6.8Z",
  call: "M6 3.5h3l1.5 4-2 1.5a11 11 0 0 0 6 6l1.5-2 4 1.5v3a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 4 5.7 2 2 0 0 1 6 3.5Z",
  web: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18",
  share: "M9.5 14.5l5-5M8 12l-2.5 2.5a3.5 3.5 0 0 0 5 5L13 17M16 12l2.5-2.5a3.5 3.5 0 0 0-5-5L11 7",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3 2",
  shelf: "M4 4v16M20 4v16M4 9h16M4 16h16M8 9V5.5h4V9M11 16v-4h5v4",
  basket: "M4 10h16l-1.5 9h-13ZM8 10l3-6M16 10l-3-6",
};

/** An icon beside a text with the same meaning. */
export function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", STROKES[name]);
  drawing.append(path);
  return drawing;
}
