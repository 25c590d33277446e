// The page's side of `pad.Pad`: a square to draw points on.

const SIDES = [300, 252]; // pixels, of a pad for points, and of one for a pen
const APART = 0.04; // of the square's width: the least distance of two points of one stroke
const JOINED = 0.02; // the same, where a stroke is a line
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function element(tag, properties, style) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.style, style);
  return made;
}

const rounded = (value) => Number(value.toFixed(2));

function render({ model, el }) {
  const words = model.get("words");
  const reach = model.get("reach");
  const pen = model.get("pen");
  const side = SIDES[pen ? 1 : 0];
  const apart = (pen ? JOINED : APART) * 2 * reach;
  const cursor = [0, 0];
  let points = model.get("points");
  let starts = []; // of the lines: how many points there were before each
  let last = null; // where the stroke has dropped its last point

  const scale = window.devicePixelRatio || 1;
  const pad = element(
    "canvas",
    { width: side * scale, height: side * scale, tabIndex: 0 },
    { width: `${side}px`, height: `${side}px`, border: "1px solid #888", touchAction: "none",
      background: "white", cursor: "crosshair" },
  );
  pad.setAttribute("role", "application");
  pad.setAttribute("aria-label", words.pad);
  pad.setAttribute("data-lm-suppress-shortcuts", "true"); // or the notebook takes the arrow keys
  const says = element("span", {}, { marginLeft: "8px" });
  says.setAttribute("aria-live", "polite");
  const back = element("button", { textContent: words.pad_undo, className: "jupyter-button" });
  const empty = element("button", { textContent: words.pad_clear, className: "jupyter-button" });
  const row = element("div", {}, { display: "flex", alignItems: "center" });
  for (const button of [back, empty]) Object.assign(button.style, { width: "auto" });
  row.append(back, empty, says);
  el.append(element("div", { textContent: words.pad }, { margin: "4px 0" }), pad, row);

  const pixel = ([x, y]) => [(x / reach + 1) * side / 2, (1 - y / reach) * side / 2];

  function paint() {
    const ink = pad.getContext("2d");
    ink.setTransform(scale, 0, 0, scale, 0, 0);
    ink.clearRect(0, 0, side, side);
    ink.fillStyle = model.get("colour");
    for (const point of points) {
      ink.beginPath();
      ink.arc(...pixel(point), pen ? (pen * side) / 4 / reach : 5, 0, 2 * Math.PI);
      ink.fill();
    }
    if (document.activeElement === pad) {
      const [x, y] = pixel(cursor);
      ink.strokeStyle = pen ? "#D55E00" : "black";
      ink.strokeRect(x - 6.5, y - 6.5, 13, 13);
    }
    const place = { count: points.length, x: cursor[0], y: cursor[1] };
    says.textContent = words.pad_says.replace(/\{(\w+)\}/g, (_, name) => place[name]);
  }

  function keep(now = points) {
    points = now;
    model.set("points", points);
    model.save_changes();
    paint();
  }

  function drop(point) {
    if (points.length < model.get("most")) points = [...points, point];
  }

  // Where a stroke is a line, it has a point in every place.
  function reachFrom(from, to) {
    const steps = Math.floor(Math.hypot(to[0] - from[0], to[1] - from[1]) / apart);
    for (let i = 1; i < steps; i++) {
      drop(to.map((end, axis) => rounded(from[axis] + ((end - from[axis]) * i) / steps)));
    }
    drop(to);
  }

  function undo() {
    keep(points.slice(0, starts.pop() ?? -1));
  }

  function clear() {
    starts = [];
    keep([]);
  }

  function pointed(event) {
    const box = pad.getBoundingClientRect();
    const inside = (share) => Math.min(1, Math.max(-1, share));
    const x = inside((2 * (event.clientX - box.left)) / box.width - 1);
    const y = inside(1 - (2 * (event.clientY - box.top)) / box.height);
    return [x, y].map((share) => rounded(share * reach));
  }

  function stroke(event) {
    const point = pointed(event);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < apart) return;
    if (pen && last) reachFrom(last, point);
    else drop([...point]);
    [cursor[0], cursor[1]] = last = point;
    if (pen) paint();
    else keep();
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button) return; // a menu was asked for
    pad.setPointerCapture(event.pointerId);
    pad.focus({ preventScroll: true });
    last = null;
    if (pen) starts.push(points.length);
    stroke(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) stroke(event);
  });
  pad.addEventListener("lostpointercapture", () => { if (pen) keep(); });
  pad.addEventListener("keydown", (event) => {
    if (event.key in STEPS) {
      const step = (event.shiftKey ? 0.5 : 0.1) * reach / 3;
      STEPS[event.key].forEach((way, axis) => {
        const moved = Math.min(reach, Math.max(-reach, cursor[axis] + way * step));
        cursor[axis] = rounded(moved);
      });
      paint();
    } else if (event.key === " " || (event.key === "Enter" && pen)) {
      if (pen) starts.push(points.length);
      if (event.key === "Enter" && points.length) reachFrom(points.at(-1), [...cursor]);
      else drop([...cursor]);
      keep();
    } else if (event.key === "Backspace") {
      undo();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  for (const name of ["focus", "blur"]) pad.addEventListener(name, paint);
  back.addEventListener("click", undo);
  empty.addEventListener("click", clear);
  const changed = () => {
    if (points === model.get("points")) return; // our own
    starts = [];
    points = model.get("points");
    paint();
  };
  model.on("change:points", changed);
  paint();
  return () => model.off("change:points", changed);
}

export default { render };
