// Moves and zooms an element with one or two fingers, the wheel or the keys.

const MOST = 6;
const STEP = 1.3;
const MOVE_PX = 60;

/** The element in a frame that moves and zooms it; a wide drawing is turned on a tall screen. */
export function zoomable(element) {
  const frame = document.createElement("div");
  frame.className = "zoomable";
  frame.tabIndex = 0;
  frame.append(element);
  const { width = 0, height = 0 } = element.querySelector("svg")?.viewBox.baseVal || {};
  if (width > height * 1.15 && innerHeight > innerWidth) frame.dataset.turned = "yes";
  let [scale, x, y] = [1, 0, 0];
  const pointers = new Map();
  const draw = () => { element.style.transform = `translate(${x}px, ${y}px) scale(${scale})${frame.dataset.turned ? " rotate(90deg)" : ""}`; };
  const zoom = (factor) => { scale = Math.min(MOST, Math.max(1, scale * factor)); if (scale === 1) [x, y] = [0, 0]; draw(); };
  const spread = () => { const [one, other] = [...pointers.values()]; return Math.hypot(one.x - other.x, one.y - other.y); };
  frame.addEventListener("pointerdown", (event) => { pointers.set(event.pointerId, { x: event.clientX, y: event.clientY }); frame.setPointerCapture(event.pointerId); });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, ({ pointerId }) => pointers.delete(pointerId));
  frame.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
    const last = pointers.get(pointerId);
    if (!last) return;
    const before = pointers.size === 2 ? spread() : 0;
    pointers.set(pointerId, { x: clientX, y: clientY });
    if (before) zoom(spread() / before);
    else [x, y] = [x + clientX - last.x, y + clientY - last.y];
    draw();
  });
  frame.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? STEP : 1 / STEP); }, { passive: false });
  const keys = { "+": () => zoom(STEP), "-": () => zoom(1 / STEP), ArrowLeft: () => { x += MOVE_PX; }, ArrowRight: () => { x -= MOVE_PX; }, ArrowUp: () => { y += MOVE_PX; }, ArrowDown: () => { y -= MOVE_PX; } };
  frame.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    draw();
  });
  draw();
  return frame;
}
