// Draws the map's letters from the page's font or the reader's own, without a font server. MapLibre
// requests ranges of 256 glyphs as signed distance fields in protocol buffers
// (github.com/mapbox/node-fontnik, proto/glyphs.proto).

const SIZE = 24; // pixels an em, as MapLibre expects
const BORDER = 3; // pixels around each glyph, as MapLibre expects
const RADIUS = 8; // how many pixels of distance the field spans
const CUTOFF = 0.25; // where in the field the outline lies
const BASELINE = 27; // from the top of a line, as MapLibre lays text out
const FAMILY = '"Enrayon Sans", "Source Sans 3", system-ui, "Segoe UI", "Noto Sans", sans-serif';

export const GLYPHS = "glyphs://{fontstack}/{range}";

/** Answers MapLibre's requests for glyphs. */
export function addGlyphs(maplibregl) {
  maplibregl.addProtocol("glyphs", async ({ url }) => {
    const [stack, range] = url.slice("glyphs://".length).split("/");
    await document.fonts.load(font(stack)).catch(() => []); // without it, in the reader's own
    return { data: drawRange(decodeURIComponent(stack), range) };
  });
}

const font = (stack) => `${/bold/i.test(stack) ? 600 : 400} ${SIZE}px ${FAMILY}`;

function drawRange(stack, range) {
  const [first, last] = range.split("-").map(Number);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 3 * SIZE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.font = font(stack);
  const glyphs = [];
  for (let code = Math.max(first, 32); code <= last; code++) {
    glyphs.push(...field(3, drawGlyph(context, code)));
  }
  const fontstack = [...text(1, stack), ...text(2, range), ...glyphs];
  return new Uint8Array(field(1, fontstack)).buffer;
}

function drawGlyph(context, code) {
  const letter = String.fromCodePoint(code);
  const box = context.measureText(letter);
  const left = Math.floor(-box.actualBoundingBoxLeft);
  const top = Math.ceil(box.actualBoundingBoxAscent);
  const width = Math.min(2 * SIZE, Math.max(0, Math.ceil(box.actualBoundingBoxRight) - left));
  const height = Math.min(2 * SIZE, Math.max(0, top + Math.ceil(box.actualBoundingBoxDescent)));
  const metrics = [
    ...number(3, width), ...number(4, height), ...signed(5, left), ...signed(6, top - BASELINE),
    ...number(7, Math.round(box.width)),
  ];
  if (!width || !height) return [...number(1, code), ...metrics];
  const [wide, high] = [width + 2 * BORDER, height + 2 * BORDER];
  context.clearRect(0, 0, 3 * SIZE, 3 * SIZE);
  context.fillText(letter, BORDER - left, BORDER + top);
  const alpha = context.getImageData(0, 0, wide, high).data.filter((_, index) => index % 4 === 3);
  return [...number(1, code), ...field(2, distances(alpha, wide, high)), ...metrics];
}

// The distance of each pixel to the outline. The outline crosses between two pixels where the coverage
// passes one half.
function distances(alpha, wide, high) {
  const outline = [];
  const cross = (x, y, dx, dy) => {
    const [here, there] = [alpha[y * wide + x], alpha[(y + dy) * wide + x + dx]];
    if (here >= 128 === there >= 128) return;
    const part = (127.5 - here) / (there - here);
    outline.push(x + dx * part, y + dy * part);
  };
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      if (x + 1 < wide) cross(x, y, 1, 0);
      if (y + 1 < high) cross(x, y, 0, 1);
    }
  }
  return Array.from(alpha, (coverage, index) => {
    const [x, y] = [index % wide, Math.floor(index / wide)];
    let nearest = RADIUS * RADIUS;
    for (let point = 0; point < outline.length; point += 2) {
      nearest = Math.min(nearest, (outline[point] - x) ** 2 + (outline[point + 1] - y) ** 2);
    }
    const outside = coverage >= 128 ? -Math.sqrt(nearest) : Math.sqrt(nearest);
    return Math.max(0, Math.min(255, Math.round(255 * (1 - CUTOFF - outside / RADIUS))));
  });
}

function varint(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

const number = (tag, value) => [tag << 3, ...varint(value)];
const signed = (tag, value) => number(tag, value < 0 ? -2 * value - 1 : 2 * value);
const field = (tag, bytes) => [(tag << 3) | 2, ...varint(bytes.length), ...bytes];
const text = (tag, value) => field(tag, [...new TextEncoder().encode(value)]);
