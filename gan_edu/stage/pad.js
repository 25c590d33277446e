// The page's side of `pad.Pad`: a square to draw points on.

const SIDE = 300; // pixels
const APART = 0.04; // of the square's width: the least distance of two points of one stroke
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function element(tag, properties, style) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.style, style);
  return made;
}

function render({ model, el }) {
  const words = model.get("words");
  const reach = model.get("reach");
  const cursor = [0, 0];
  let last = null; // where the stroke has dropped its last point

  const scale = window.devicePixelRatio || 1;
  const pad = element(
    "canvas",
    { width: SIDE * scale, height: SIDE * scale, tabIndex: 0 },
    { width: `${SIDE}px`, height: `${SIDE}px`, border: "1px solid #888", touchAction: "none",
      background: "white", cursor: "crosshair" },
  );
  pad.setAttribute("role", "application");
  pad.setAttribute("aria-label", words.pad);
  pad.setAttribute("data-lm-suppress-shortcuts", "true"); // or the notebook takes the arrow keys
  const says = element("span", {}, { marginLeft: "8px" });
  says.setAttribute("aria-live", "polite");
  const undo = element("button", { textContent: words.pad_undo, className: "jupyter-button" });
  const clear = element("button", { textContent: words.pad_clear, className: "jupyter-button" });
  const row = element("div", {}, { display: "flex", alignItems: "center" });
  for (const button of [undo, clear]) Object.assign(button.style, { width: "auto" });
  row.append(undo, clear, says);
  el.append(element("div", { textContent: words.pad }, { margin: "4px 0" }), pad, row);

  const pixel = ([x, y]) => [(x / reach + 1) * SIDE / 2, (1 - y / reach) * SIDE / 2];

  function paint() {
    const pen = pad.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.fillStyle = model.get("colour");
    for (const point of model.get("points")) {
      pen.beginPath();
      pen.arc(...pixel(point), 5, 0, 2 * Math.PI);
      pen.fill();
    }
    if (document.activeElement === pad) {
      const [x, y] = pixel(cursor);
      pen.strokeStyle = "black";
      pen.strokeRect(x - 6.5, y - 6.5, 13, 13);
    }
    const place = { count: model.get("points").length, x: cursor[0], y: cursor[1] };
    says.textContent = words.pad_says.replace(/\{(\w+)\}/g, (_, name) => place[name]);
  }

  function keep(points) {
    model.set("points", points);
    model.save_changes();
  }

  function drop(point) {
    const points = model.get("points");
    if (points.length < model.get("most")) keep([...points, point]);
  }

  function pointed(event) {
    const box = pad.getBoundingClientRect();
    const inside = (share) => Math.min(1, Math.max(-1, share));
    const x = inside((2 * (event.clientX - box.left)) / box.width - 1);
    const y = inside(1 - (2 * (event.clientY - box.top)) / box.height);
    return [x, y].map((share) => Number((share * reach).toFixed(2)));
  }

  function stroke(event) {
    const point = pointed(event);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < APART * 2 * reach) return;
    [cursor[0], cursor[1]] = last = point;
    drop(point);
  }

  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    last = null;
    stroke(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) stroke(event);
  });
  pad.addEventListener("keydown", (event) => {
    if (event.key in STEPS) {
      const step = (event.shiftKey ? 0.5 : 0.1) * reach / 3;
      STEPS[event.key].forEach((way, axis) => {
        const moved = Math.min(reach, Math.max(-reach, cursor[axis] + way * step));
        cursor[axis] = Number(moved.toFixed(2));
      });
      paint();
    } else if (event.key === " ") {
      drop([...cursor]);
    } else if (event.key === "Backspace") {
      keep(model.get("points").slice(0, -1));
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  for (const name of ["focus", "blur"]) pad.addEventListener(name, paint);
  undo.addEventListener("click", () => keep(model.get("points").slice(0, -1)));
  clear.addEventListener("click", () => keep([]));
  model.on("change:points", paint);
  paint();
  return () => model.off("change:points", paint);
}

export default { render };
