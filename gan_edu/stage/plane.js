// The page's side of `plane.Plane`: a game in the plane, drawn from numbers.

const POINTS = { // how many numbers one of them has
  real: 2, fake: 2, noise: 2, arrows: 4, ways: 4, real_rings: 3, fake_rings: 3, threads: 2,
};
const SEEN = [ // whatever changes one of these asks for a paint
  ...Object.keys(POINTS), "shades", "levels", "outputs", "largest", "shares", "boundary", "lines",
  "title", "note", "colour", "told",
];
const LARGEST = 32767; // of a number of 16 bits; it stands for twice the reach
const FINE = 4; // pixels of the field's picture from one point of D's grid to the next
const STRENGTH = 0.6; // of the field's colours: samples have the same ones, and lie on it
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const SVG = {
  real: '<svg><circle cx="9" cy="6" r="3.5" fill="COLOUR"/></svg>',
  fake: '<svg stroke="COLOUR"><path d="M5 2l8 8m0-8l-8 8"/></svg>',
  arrows: '<svg stroke="currentColor" style="stroke-width:1.3"><path d="M1 6h15m-4-4l4 4-4 4"/></svg>',
  boundary: '<svg stroke="COLOUR"><path d="M0 6h18"/></svg>',
};

// --- numbers ---------------------------------------------------------------------------------------

/** Return the numbers of a message's part, which may begin anywhere in it. */
function numbers(view, Kind) {
  if (!view?.byteLength) return new Kind(0);
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Return all that is to be drawn; lengths are in the plane's units. */
function read(model) {
  const unit = (2 * model.get("reach")) / LARGEST;
  const frame = { reach: model.get("reach"), lines: model.get("lines") };
  for (const name of Object.keys(POINTS)) {
    frame[name] = Float32Array.from(numbers(model.get(name), Int16Array), (n) => n * unit);
  }
  for (const name of ["levels", "shares", "shades"]) {
    frame[name] = numbers(model.get(name), Uint8Array);
  }
  const step = model.get("largest") / LARGEST;
  frame.outputs = Float32Array.from(numbers(model.get("outputs"), Int16Array), (n) => n * step);
  frame.boundary = model.get("boundary");
  return frame;
}

/** Return a table's value at a place between two of its numbers. */
function between(table, place) {
  const i = Math.min(table.length - 2, Math.floor(place));
  return table[i] + (place - i) * (table[i + 1] - table[i]);
}

/** Return the level of D at a point of the plane, a number with a fraction. */
function levelAt({ levels, reach }, [x, y]) {
  const n = Math.sqrt(levels.length);
  const [u, v] = [x, y].map((c) => ((c / reach + 1) / 2) * (n - 1));
  const [i, j] = [u, v].map((c) => Math.max(0, Math.min(n - 2, Math.floor(c))));
  const [s, t, k] = [u - i, v - j, j * n + i];
  const below = levels[k] + s * (levels[k + 1] - levels[k]);
  const above = levels[k + n] + s * (levels[k + n + 1] - levels[k + n]);
  return below + t * (above - below);
}

/** Return the lines along which numbers (n × n, lowest row first) have a level; ends in cells. */
function contour(grid, n, level) {
  const path = [];
  const cut = (a, b) => (level - a) / (b - a);
  for (let j = 0; j < n - 1; j++) {
    for (let i = 0; i < n - 1; i++) {
      const k = j * n + i;
      const [a, b, c, d] = [grid[k], grid[k + 1], grid[k + n + 1], grid[k + n]];
      const ends = [];
      if (a > level !== b > level) ends.push([i + cut(a, b), j]);
      if (b > level !== c > level) ends.push([i + 1, j + cut(b, c)]);
      if (c > level !== d > level) ends.push([i + cut(d, c), j + 1]);
      if (d > level !== a > level) ends.push([i, j + cut(a, d)]);
      // At a saddle the middle says which of the four ends belong together.
      if (ends.length === 4 && a > level === a + b + c + d > 4 * level) ends.unshift(ends.pop());
      path.push(...ends);
    }
  }
  return path;
}

// --- the sheet -------------------------------------------------------------------------------------

/** Return what paints a frame on a canvas of `side` × `side` of the page's pixels. */
function painter(canvas, colours) {
  const pen = canvas.getContext("2d");
  const small = document.createElement("canvas");
  let [side, reach, image] = [0, 1, null];
  const px = (x) => ((x / reach + 1) * side) / 2;
  const py = (y) => ((1 - y / reach) * side) / 2;
  const mark = () => Math.max(2, side / 190); // half of a sample's size

  function stroke(path, colour, width, halo = 0) {
    if (halo) {
      Object.assign(pen, { strokeStyle: "#fffb", lineWidth: width + halo });
      pen.stroke(path);
    }
    Object.assign(pen, { strokeStyle: colour, lineWidth: width });
    pen.stroke(path);
  }

  function fill(path, colour, alpha = 1) {
    Object.assign(pen, { fillStyle: colour, globalAlpha: alpha });
    pen.fill(path);
    pen.globalAlpha = 1;
  }

  function table(shares) { // the colour of each level
    const [fake, real] = [colours.fake, colours.real].map((hex) =>
      [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
    return Uint32Array.from(shares, (share) => {
      const end = share > 127.5 ? real : fake;
      const weight = STRENGTH * Math.abs(share / 127.5 - 1);
      const [r, g, b] = end.map((c) => Math.round(255 + weight * (c - 255)));
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
  }

  function field(frame) {
    const n = Math.sqrt(frame.levels.length);
    const size = FINE * (n - 1) + 1;
    if (image?.width !== size) {
      image = new ImageData(size, size);
      small.width = small.height = size;
    }
    const out = new Uint32Array(image.data.buffer);
    const colour = table(frame.shares);
    const { levels } = frame;
    for (let q = 0; q < size; q++) {
      const j = Math.min(n - 2, Math.floor(q / FINE));
      const t = q / FINE - j;
      const row = (size - 1 - q) * size;
      for (let p = 0; p < size; p++) {
        const i = Math.min(n - 2, Math.floor(p / FINE));
        const s = p / FINE - i;
        const k = j * n + i;
        const below = levels[k] + s * (levels[k + 1] - levels[k]);
        const above = levels[k + n] + s * (levels[k + n + 1] - levels[k + n]);
        out[row + p] = colour[Math.round(below + t * (above - below))];
      }
    }
    small.getContext("2d").putImageData(image, 0, 0);
    const cell = side / (size - 1); // the outermost pixels have their middles on the edges
    pen.imageSmoothingQuality = "high";
    pen.drawImage(small, -cell / 2, -cell / 2, side + cell, side + cell);
  }

  function boundary({ levels, boundary }) {
    const n = Math.sqrt(levels.length);
    const cell = side / (n - 1);
    const path = new Path2D();
    contour(levels, n, boundary).forEach(([u, v], end) =>
      path[end % 2 ? "lineTo" : "moveTo"](u * cell, side - v * cell));
    stroke(path, colours.discriminator, 2, 2);
  }

  function map({ threads, lines, shades }) {
    if (!lines) return;
    const length = threads.length / 2 / lines;
    const at = (line, i) => {
      const k = 2 * (line * length + i);
      return [px(threads[k]), py(threads[k + 1])];
    };
    const m = Math.sqrt(shades.length); // meshes along a side; the first m + 1 lines are rows
    const step = (length - 1) / m;
    shades.forEach((shade, k) => {
      const [i, j] = [k % m, Math.floor(k / m)];
      const path = new Path2D();
      for (const [row, column] of [[j, i], [j, i + 1], [j + 1, i + 1], [j + 1, i]]) {
        path.lineTo(...at(row, column * step));
      }
      fill(path, colours.noise, (0.7 * shade) / 255);
    });
    const path = new Path2D();
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) path[i ? "lineTo" : "moveTo"](...at(line, i));
    }
    stroke(path, colours.noise, 0.9);
  }

  /** Call `inside` for each point in the plane, and draw the others as arrowheads at its border. */
  function marks(points, colour, inside) {
    const [path, heads, r] = [new Path2D(), new Path2D(), mark()];
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i], points[i + 1]];
      if (Math.abs(x) <= reach && Math.abs(y) <= reach) inside(path, px(x), py(y), r);
      else head(heads, x, y, r);
    }
    fill(heads, colour);
    return path;
  }

  function head(path, x, y, r) {
    const far = Math.abs(x) > Math.abs(y) ? [Math.sign(x), 0] : [0, -Math.sign(y)];
    const [u, v] = [px(x), py(y)].map((c) => Math.max(0, Math.min(side, c)));
    const [back, wide] = [2 * r, r];
    path.moveTo(u, v);
    for (const s of [1, -1]) {
      path.lineTo(u - far[0] * back + s * far[1] * wide, v - far[1] * back + s * far[0] * wide);
    }
  }

  const circle = (path, x, y, r) => {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  };
  const cross = (path, x, y, r) => {
    for (const s of [r, -r]) {
      path.moveTo(x - r, y - s);
      path.lineTo(x + r, y + s);
    }
  };
  const square = (path, x, y, r) => path.rect(x - r, y - r, 2 * r, 2 * r);

  function samples(frame) {
    const dots = marks(frame.real, colours.real, circle);
    stroke(dots, "white", 1.5);
    fill(dots, colours.real);
    fill(marks(frame.noise, colours.noise, square), colours.noise);
    const ways = new Path2D();
    for (let i = 0; i < frame.ways.length; i += 4) {
      const [x, y, u, v] = frame.ways.subarray(i, i + 4);
      ways.moveTo(px(x), py(y));
      ways.lineTo(px(u), py(v));
    }
    stroke(ways, colours.noise, 0.8);
    stroke(marks(frame.fake, colours.fake, cross), colours.fake, 1.6, 1.6);
    for (const kind of ["real", "fake"]) stroke(rings(frame[`${kind}_rings`]), colours[kind], 1.4);
  }

  function rings(points) {
    const path = new Path2D();
    for (let i = 0; i < points.length; i += 3) {
      circle(path, px(points[i]), py(points[i + 1]), (points[i + 2] * side) / 2 / reach);
    }
    return path;
  }

  function arrow(path, [x, y, dx, dy]) {
    const [u, v, across, up] = [px(x), py(y), (dx * side) / 2 / reach, (-dy * side) / 2 / reach];
    const length = Math.hypot(across, up);
    if (length < 2 || Math.max(Math.abs(x), Math.abs(y)) > reach) return;
    const h = Math.min(6, length / 2) / length;
    const [tipX, tipY] = [u + across, v + up];
    path.moveTo(u, v);
    path.lineTo(tipX, tipY);
    path.moveTo(tipX - h * (across + 0.6 * up), tipY - h * (up - 0.6 * across));
    path.lineTo(tipX, tipY);
    path.lineTo(tipX - h * (across - 0.6 * up), tipY - h * (up + 0.6 * across));
  }

  function arrows({ arrows }, chosen, width) {
    const path = new Path2D();
    for (const i of chosen) arrow(path, arrows.subarray(4 * i, 4 * i + 4));
    stroke(path, colours.exact, width, width > 2 ? 2 : 0);
  }

  function pointer([x, y], frame, nearest) {
    const path = new Path2D();
    cross(path, px(x), py(y), 7);
    stroke(path, colours.exact, 1, 2);
    if (nearest < 0) return;
    const ring = new Path2D();
    circle(ring, px(frame.arrows[4 * nearest]), py(frame.arrows[4 * nearest + 1]), 2.5 * mark());
    stroke(ring, colours.fake, 1.6, 2);
    arrows(frame, [nearest], 2.2);
  }

  return function paint(frame, picture, at, nearest) {
    const scale = window.devicePixelRatio || 1;
    side = canvas.clientWidth;
    reach = frame.reach;
    const pixels = Math.round(side * scale);
    if (!pixels) return;
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
    pen.setTransform(pixels / side, 0, 0, pixels / side, 0, 0);
    Object.assign(pen, { lineCap: "round", lineJoin: "round", fillStyle: "white" });
    pen.fillRect(0, 0, side, side);
    if (picture) {
      pen.drawImage(picture, 0, 0, side, side);
      return;
    }
    if (frame.levels.length) field(frame);
    map(frame);
    if (frame.levels.length && frame.boundary !== null) boundary(frame);
    samples(frame);
    arrows(frame, Array(frame.arrows.length / 4).keys(), 1.1);
    if (at) pointer(at, frame, nearest);
  };
}

// --- what is read off it ---------------------------------------------------------------------------

function written(number, digits) {
  const text = number.toFixed(digits);
  return Number(text) < 0 ? text.replace("-", "\u2212") : text.replace("-", ""); // no −0
}

function filled(words, values, digits = 2) {
  return words.replace(/\{(\w+)\}/g, (_, name) => written(values[name], digits));
}

/** Return the number of the arrow that begins nearest to a point, or −1. */
function nearestArrow({ arrows }, [x, y]) {
  let [best, found] = [Infinity, -1];
  for (let i = 0; i < arrows.length; i += 4) {
    const far = Math.hypot(arrows[i] - x, arrows[i + 1] - y);
    if (far < best) [best, found] = [far, i / 4];
  }
  return found;
}

/** Return in words what there is at a point: D, its output, and the nearest sample's arrow. */
function readout(frame, [x, y], nearest, words) {
  const lines = [];
  if (frame.levels.length) {
    const level = levelAt(frame, [x, y]);
    const values = { d: between(frame.shares, level) / 255, a: between(frame.outputs, level) };
    lines.push(filled(frame.boundary === null ? words.output : words.output_and_d, values));
  }
  lines[0] = [lines[0], filled(words.at, { x, y })].filter(Boolean).join("  ");
  if (nearest >= 0) {
    const [dx, dy] = frame.arrows.subarray(4 * nearest + 2, 4 * nearest + 4);
    lines.push(filled(words.arrow, { dx, dy }, 3));
  }
  return lines.join("\n");
}

// --- the view --------------------------------------------------------------------------------------

function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

/** Return the line of signs below the plane, and what shows those of them that are drawn. */
function legend(words, colours) {
  const key = element("div", "key");
  const signs = { real: "real", fake: "fake", arrows: "exact", boundary: "discriminator" };
  const parts = Object.entries(signs).map(([name, colour]) => {
    const part = element("span", name);
    part.innerHTML = SVG[name].replace("COLOUR", colours[colour]);
    part.append(words[name]);
    return part;
  });
  const field = element("span", "levels");
  const bar = element("i", "bar");
  bar.style.backgroundImage = `linear-gradient(90deg, ${colours.fake}99, #fff, ${colours.real}99)`;
  field.append(words.field_low, bar, words.field_high);
  key.append(...parts, field);
  const show = (frame) => {
    for (const part of key.children) {
      const of = frame[part.className];
      part.hidden = part.className === "boundary"
        ? of === null || !frame.levels.length : !of.length;
    }
  };
  return { key, show };
}

/** Let pointer, finger and keys move a place in the plane: calls `moved(place or null, by key)`. */
function hands(canvas, reach, moved) {
  let place = null;
  const inside = (c) => Math.max(-reach, Math.min(reach, c));
  const go = (to, byKey) => moved((place = to), byKey);
  const pointed = (event) => {
    const box = canvas.getBoundingClientRect();
    go([
      inside(((2 * (event.clientX - box.left)) / box.width - 1) * reach),
      inside((1 - (2 * (event.clientY - box.top)) / box.height) * reach),
    ], false);
  };
  canvas.addEventListener("pointermove", pointed);
  canvas.addEventListener("pointerdown", pointed);
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") go(null, false); // what a finger has asked for stays
  });
  canvas.addEventListener("blur", () => go(null, false));
  canvas.addEventListener("keydown", (event) => {
    if (event.key in STEPS) {
      const step = (event.shiftKey ? 0.2 : 0.04) * reach;
      const from = place ?? [0, 0];
      go(from.map((c, axis) => inside(c + STEPS[event.key][axis] * step)), true);
    } else if (event.key === "Escape") {
      go(null, true);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
}

function render({ model, el }) {
  const [words, colours] = [model.get("words"), model.get("colours")];
  const root = element("div", "gan-plane");
  const title = element("div", "title");
  const sheet = element("div", "sheet");
  const canvas = element("canvas", "", { tabIndex: 0 });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", `${model.get("alt")} ${words.keys}`);
  canvas.setAttribute("data-lm-suppress-shortcuts", "true"); // or the notebook takes the keys
  const tip = element("div", "tip");
  const says = element("div", "says");
  says.setAttribute("aria-live", "polite");
  const { key, show } = legend(words, colours);
  const note = element("div", "note");
  sheet.append(canvas, tip, says);
  root.append(title, sheet, key, note);
  el.append(root);

  const paint = painter(canvas, colours);
  let [asked, at, picture, gone] = [0, null, null, false];
  let frame = read(model);
  let fresh = true;

  const wake = () => { if (!gone) asked ||= requestAnimationFrame(draw); };
  const changed = () => { fresh = true; wake(); };

  function draw() {
    asked = 0;
    if (fresh) {
      frame = read(model);
      dress();
    }
    const nearest = at && !picture ? nearestArrow(frame, at) : -1;
    paint(frame, picture, at, nearest);
    tell(nearest);
    if (fresh) model.set("painted", model.get("told"));
    fresh = false;
  }

  function dress() {
    title.textContent = model.get("title");
    note.textContent = model.get("note");
    title.style.borderColor = title.textContent ? colours[model.get("colour")] : "transparent";
    show(frame);
  }

  function tell(nearest) {
    tip.textContent = at && !picture ? readout(frame, at, nearest, words) : "";
    if (!tip.textContent) return;
    const [u, v] = [at[0], -at[1]].map((c) => ((c / frame.reach + 1) * canvas.clientWidth) / 2);
    const left = Math.min(u + 14, canvas.clientWidth - tip.offsetWidth - 2);
    const above = v - tip.offsetHeight - 12;
    tip.style.transform = `translate(${Math.max(2, left)}px, ${above < 2 ? v + 16 : above}px)`;
  }

  async function load() {
    const view = model.get("picture");
    const loaded = view.byteLength
      ? await createImageBitmap(new Blob([view], { type: "image/png" })) : null;
    if (gone || view !== model.get("picture")) { // a later one is under way, or here
      loaded?.close();
      return;
    }
    picture?.close();
    picture = loaded;
    wake();
  }

  hands(canvas, model.get("reach"), (place, byKey) => {
    at = place;
    says.textContent = byKey && at && !picture
      ? readout(frame, at, nearestArrow(frame, at), words) : "";
    wake();
  });
  const resized = new ResizeObserver(wake);
  resized.observe(canvas);
  for (const name of SEEN) model.on(`change:${name}`, changed);
  model.on("change:picture", load);
  load();
  changed();
  return () => {
    gone = true;
    cancelAnimationFrame(asked);
    resized.disconnect();
    for (const name of SEEN) model.off(`change:${name}`, changed);
    model.off("change:picture", load);
    picture?.close();
  };
}

export default { render };
