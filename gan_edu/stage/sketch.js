// The page's side of `sketching.SketchPad`: axes, and a curve that a hand or keys draw on them.

const SIDEWAYS = { ArrowLeft: -1, ArrowRight: 1 };
const OFTEN = 150; // milliseconds between two messages of one stroke, if it is told while it goes on
const UPWARDS = { ArrowUp: 1, ArrowDown: -1 };

function element(tag, properties, style) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.style, style);
  return made;
}

// Three digits, and no exponent: 0.125, 1480.
const short = (value) => String(Number(value.toPrecision(3))).replace("-", "−");

function render({ model, el }) {
  const words = model.get("words");
  const [left, top, width, height] = model.get("box");
  const [[x0, x1], [low, high]] = [model.get("x"), model.get("y")];
  let heights = [...model.get("heights")];
  const last = heights.length - 1;
  let cursor = Math.round(last / 2);
  let told = 0; // when the last message of a stroke went out
  let before = null; // where the stroke has been: a column and a height

  const picture = element("img", { alt: "" }, { width: "100%", display: "block" });
  picture.src = URL.createObjectURL(new Blob([model.get("picture")], { type: "image/png" }));
  const pad = element("canvas", { tabIndex: 0 }, {
    position: "absolute", inset: "0", width: "100%", height: "100%", touchAction: "none",
    cursor: "crosshair",
  });
  pad.setAttribute("role", "application");
  pad.setAttribute("aria-label", `${words.alt} ${words.how}`);
  pad.setAttribute("data-lm-suppress-shortcuts", "true"); // or the notebook takes the arrow keys
  const sheet = element("div", {}, { position: "relative", maxWidth: "900px" });
  sheet.append(picture, pad);
  const says = element("span", {}, { marginLeft: "8px", fontVariantNumeric: "tabular-nums" });
  says.setAttribute("aria-live", "polite");
  const clear = element("button", { textContent: words.clear, className: "jupyter-button" });
  clear.style.width = "auto";
  const row = element("div", {}, { display: "flex", alignItems: "center" });
  row.append(clear, says);
  el.append(element("div", { textContent: words.how }, { margin: "4px 0" }), sheet, row);

  const inside = (value, least, most) => Math.min(most, Math.max(least, value));
  const known = (from, way) => {
    for (let i = from; i >= 0 && i <= last; i += way) if (heights[i] !== null) return i;
    return null;
  };

  // The curve's height in a column: what was set, or a straight line between its neighbours.
  function at(column) {
    const [a, b] = [known(column, -1), known(column, 1)];
    if (a === null || b === null) return heights[a ?? b] ?? (low + high) / 2;
    return a === b ? heights[a] : heights[a] + ((heights[b] - heights[a]) * (column - a)) / (b - a);
  }

  function paint() {
    const scale = window.devicePixelRatio || 1;
    const [wide, tall] = [pad.clientWidth, pad.clientHeight];
    Object.assign(pad, { width: wide * scale, height: tall * scale });
    const place = (column, y) => [
      (left + (width * column) / last) * wide, (top + height * (1 - (y - low) / (high - low))) * tall,
    ];
    const pen = pad.getContext("2d");
    pen.scale(scale, scale);
    Object.assign(pen, { strokeStyle: model.get("colour"), fillStyle: model.get("colour") });
    Object.assign(pen, { lineWidth: 3, lineJoin: "round", lineCap: "round" });
    pen.beginPath();
    heights.forEach((y, i) => { if (y !== null) pen.lineTo(...place(i, y)); });
    pen.stroke();
    const here = document.activeElement === pad;
    if (here) {
      const [x, y] = place(cursor, at(cursor));
      pen.strokeStyle = "black";
      pen.lineWidth = 1.5;
      pen.strokeRect(x - 6.5, y - 6.5, 13, 13);
    }
    const x = x0 + ((x1 - x0) * cursor) / last;
    const numbers = { x: short(x), y: short(at(cursor)) };
    const shown = here || heights.some((y) => y !== null); // before, nothing is at the cursor
    const fill = (_, name) => numbers[name] ?? words[name];
    says.textContent = shown ? words.at.replace(/\{(\w+)\}/g, fill) : "";
  }

  // A message of its own: ipywidgets holds changes back while the kernel is busy, but no message,
  // and so a reveal would come before the last points.
  function keep() {
    model.set("heights", [...heights]);
    model.send({ heights });
    paint();
  }

  function stroke(event) {
    const box = pad.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width - left) / width;
    const column = Math.round(inside(share, 0, 1) * last);
    const up = 1 - ((event.clientY - box.top) / box.height - top) / height;
    const y = low + inside(up, 0, 1) * (high - low);
    const [from, start] = before ?? [column, y];
    const steps = Math.abs(column - from);
    for (let i = 0; i <= steps; i++) {
      const part = steps ? i / steps : 1;
      heights[from + Math.sign(column - from) * i] = start + (y - start) * part;
    }
    before = [column, y];
    cursor = column;
    if (model.get("live") && performance.now() - told > OFTEN) {
      told = performance.now();
      keep();
    } else {
      paint();
    }
  }

  function press(event) {
    const far = event.shiftKey;
    if (event.key in SIDEWAYS) {
      cursor = inside(cursor + SIDEWAYS[event.key] * (far ? 8 : 1), 0, last);
      paint();
    } else if (event.key in UPWARDS) {
      const step = UPWARDS[event.key] * (high - low) * (far ? 0.1 : 0.02);
      heights[cursor] = inside(at(cursor) + step, low, high);
      keep();
    } else if (event.key === " ") {
      heights[cursor] = at(cursor);
      keep();
    } else if (event.key === "Backspace" || event.key === "Delete") {
      heights[cursor] = null;
      keep();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button) return; // a menu was asked for
    pad.setPointerCapture(event.pointerId);
    pad.focus({ preventScroll: true });
    before = null;
    stroke(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) stroke(event);
  });
  pad.addEventListener("lostpointercapture", keep);
  pad.addEventListener("keydown", press);
  for (const name of ["focus", "blur"]) pad.addEventListener(name, paint);
  clear.addEventListener("click", () => { heights = heights.map(() => null); keep(); });
  const changed = () => { heights = [...model.get("heights")]; paint(); };
  model.on("change:heights", changed);
  const observer = new ResizeObserver(paint);
  observer.observe(sheet);
  return () => {
    observer.disconnect();
    model.off("change:heights", changed);
    URL.revokeObjectURL(picture.src);
  };
}

export default { render };
