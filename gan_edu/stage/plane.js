// The page's side of `plane.Plane`: a game in the plane, drawn from numbers. `render` shows a game
// that a kernel plays. `plane.py` puts `line.js` and `replay.js` into the same module.

const PACKED = [ // numbers of 16 bits
  "real", "fake", "noise", "arrows", "ways", "real_rings", "fake_rings", "threads", "modes", "probe",
  "ticks",
];
const BYTES = ["levels", "shares", "shades"];
const SEEN = [ // whatever changes one of these asks for a paint
  ...PACKED, ...BYTES, ...DENSITIES, ...ANSWERS, "box", "outputs", "largest", "boundary", "lines",
  "batch", "title", "note", "colour", "told",
];
const LARGEST = 32767; // of a number of 16 bits; it stands for twice the reach
const FINE = 4; // pixels of the field's picture from one point of D's grid to the next
const STRENGTH = 0.6; // of the field's colours: samples have the same ones, and lie on it
const GLIDING = [
  "real", "fake", "arrows", "threads", "shades", "levels", "histogram", "answers",
]; // D* has gaps
const LONGEST = 250; // milliseconds of a glide
const BEHIND = 25; // milliseconds between two paints from which on nothing glides,
const AHEAD = 20; // and below which it does again;
const LOOK = 4; // and in every fourth frame one looks whether it is so
const GRIP = 14; // pixels around a mode from which it can be taken; of many modes, a third
const TOUCH = 8; // pixels around anything else
const MANY = 30; // modes
const MOST = 200;
const APART = 0.08; // of the reach: the least distance of two modes of one stroke
const NET = 0.98; // of noise in [−1, 1], where G's map ends
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const SVG = {
  real: '<svg><circle cx="8" cy="6" r="3.5" fill="var(--real)"/></svg>',
  fake: '<svg stroke="var(--fake)"><path d="M5 2l8 8m0-8l-8 8"/></svg>',
  outside: '<svg><path d="M5 2l7 4-7 4z" fill="var(--fake)"/></svg>',
  arrows: '<svg stroke="currentColor" style="stroke-width:1.3"><path d="M1 6h15m-4-4l4 4-4 4"/></svg>',
  threads: '<svg stroke="var(--noise)" style="stroke-width:1"><path d="M1 2h16M1 6h16M1 10h16M4 0v12M9 0v12M14 0v12"/></svg>',
  boundary: '<svg stroke="var(--discriminator)"><path d="M0 6h18"/></svg>',
};

// --- numbers ---------------------------------------------------------------------------------------

/** Return the numbers of a message's part, which may begin anywhere in it. */
function numbers(view, Kind) {
  if (!view?.byteLength) return new Kind(0);
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Return all that is to be drawn; what has not changed since `before` is taken from there. */
function read(model, before) {
  const reach = model.get("reach");
  const frame = { reach, views: {} };
  const take = (name, Kind, unit) => {
    const view = (frame.views[name] = model.get(name));
    const same = before && view === before.views[name];
    frame[name] = same ? before[name] : Float32Array.from(numbers(view, Kind), (n) => n * unit);
  };
  for (const name of ["box", "lines", "boundary", "batch", "largest"]) frame[name] = model.get(name);
  for (const name of PACKED) take(name, Int16Array, (2 * reach) / LARGEST);
  for (const name of BYTES) take(name, Uint8Array, 1);
  for (const name of ANSWERS) take(name, Int16Array, 2 / LARGEST);
  const [left, right] = frame.box; // a bin's share of the samples, over its width, is a density
  for (const name of DENSITIES) {
    take(name, Int16Array, model.get(name).byteLength / 2 / (right - left) / LARGEST);
  }
  const view = (frame.views.outputs = model.get("outputs"));
  const same = before && view === before.views.outputs && frame.largest === before.largest;
  frame.outputs = same ? before.outputs
    : Float32Array.from(numbers(view, Int16Array), (n) => (n * frame.largest) / LARGEST);
  return frame;
}

/** Return a table's value at a place between two of its numbers. */
function between(table, place) {
  const i = Math.min(table.length - 2, Math.floor(place));
  return table[i] + (place - i) * (table[i + 1] - table[i]);
}

/**
 * Return what turns places of a frame into pixels of a canvas and back, tells whether a place is
 * seen, and moves it to the nearest that is.
 */
function scales({ reach, box }, side) {
  const [left, right, low, high] = box.length ? box : [-reach, reach, -reach, reach];
  const [across, up] = [right - left, high - low];
  const tall = box.length ? side - FOOT : side;
  const within = (c, from, to) => Math.max(from, Math.min(to, c));
  const inside = ([x, y]) => [within(x, left, right), within(y, low, high)];
  return {
    px: (x) => ((x - left) / across) * side,
    py: (y) => ((high - y) / up) * tall,
    inside,
    place: ([u, v]) => inside([left + (u / side) * across, high - (v / tall) * up]),
    holds: (x, y) => x >= left && x <= right && y >= low && y <= high,
    half: [across / 2, up / 2],
  };
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

/** Return the number of the point that is nearest to a place, or −1 if none is `within`. */
function nearest(points, stride, [x, y], within = Infinity) {
  let [best, found] = [within, -1];
  for (let i = 0; i < points.length; i += stride) {
    const far = Math.hypot(points[i] - x, points[i + 1] - y);
    if (far < best) [best, found] = [far, i / stride];
  }
  return found;
}

/** Return how G's map is laid out: rows of threads, points in each, points between two knots. */
function net({ lines, threads }) {
  const [rows, length] = [lines > 1 ? lines / 2 : lines, threads.length / 2 / lines];
  return { rows, length, step: rows > 1 ? (length - 1) / (rows - 1) : 1 };
}

/** Return where noise p, in [−1, 1]², is on G's map (a point of the drawn net), and what z is. */
function mapped(frame, p) {
  const { rows, length, step } = net(frame);
  const [u, v] = p.map((c) => ((c / NET + 1) / 2) * (length - 1));
  const [i, j] = [Math.min(length - 2, Math.floor(u)), Math.min(rows - 2, Math.floor(v / step))];
  const along = (row, axis) => {
    const k = 2 * (row * length + i) + axis;
    return frame.threads[k] + (u - i) * (frame.threads[k + 2] - frame.threads[k]);
  };
  const at = [0, 1].map((axis) => (rows > 1
    ? along(j, axis) + (v / step - j) * (along(j + 1, axis) - along(j, axis)) : along(0, axis)));
  return { at, z: (rows > 1 ? [u, v] : [u]).map((place) => between(frame.ticks, place)) };
}

/** Return the noise, in [−1, 1]², of the knot of G's map that is near a place, or null. */
function knotAt(frame, place, within) {
  if (!frame.lines) return null;
  const { rows, length, step } = net(frame);
  const share = (c, of) => (of ? NET * ((2 * c) / of - 1) : 0);
  let [best, found] = [within, null];
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < length; i += step) {
      const k = 2 * (row * length + i);
      const far = Math.hypot(frame.threads[k] - place[0], frame.threads[k + 1] - place[1]);
      if (far < best) [best, found] = [far, [share(i, length - 1), share(row, rows - 1)]];
    }
  }
  return found;
}

/** Return the lines along which numbers (n × n, lowest row first) have a level; ends in cells. */
function contour(grid, n, level) {
  const path = [];
  const cut = (a, b) => (level - a) / (b - a);
  for (let j = 0; j < n - 1; j++) {
    for (let i = 0; i < n - 1; i++) {
      const k = j * n + i;
      const [a, b, c, d] = [grid[k], grid[k + 1], grid[k + n + 1], grid[k + n]];
      const sides = (a > level) + (b > level) + (c > level) + (d > level);
      if (sides === 0 || sides === 4) continue;
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

// --- from frame to frame ----------------------------------------------------------------------------

/** Return what lets a picture glide from each frame to the next, where the page has time for it. */
function glider() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let [from, to, now, names] = [null, null, null, []];
  let [start, span, ticked, gap, late] = [0, LONGEST, 0, 0, false];
  const steady = (a, b) => a.batch === b.batch && a.lines === b.lines && a.box === b.box;
  const table = (a, b) => a.views.outputs === b.views.outputs && a.largest === b.largest;

  return {
    /** Whether the way to the last frame is not yet over. */
    get moves() { return names.length > 0; },
    get late() { return late; },
    /** Note that the page is ready for a paint, `asked` for at the last one or not. */
    tick(time, asked) {
      if (asked) gap = 0.5 * gap + 0.5 * Math.min(200, time - ticked);
      late = late ? gap > AHEAD : gap > BEHIND;
      ticked = time;
    },
    show(frame, time) {
      const glides = now && !late && !calm.matches && steady(now, frame);
      names = GLIDING.filter((name) => glides && now[name] !== frame[name]
        && now[name].length === frame[name].length && (name !== "levels" || table(now, frame)));
      span = Math.min(LONGEST, 0.7 * span + 0.3 * (time - start));
      [from, to, start] = [now, frame, time - 16]; // the first paint is already on its way
      now = { ...frame };
      for (const name of names) now[name] = new Float32Array(frame[name].length);
    },
    at(time) {
      const t = late ? 1 : (time - start) / span;
      if (t >= 1) [now, names] = [to, []];
      if (names.includes("levels")) now.stirred = time; // its array is the same each time
      for (const name of names) {
        const [a, b, out] = [from[name], to[name], now[name]];
        for (let i = 0; i < out.length; i++) out[i] = a[i] + t * (b[i] - a[i]);
      }
      return now;
    },
  };
}

// --- the sheet -------------------------------------------------------------------------------------

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
const SIGNS = { real: circle, fake: cross, noise: square };

/** Return the pixels around a mode from which it can be taken, where they are drawn as a ring. */
const grip = (frame) => (frame.modes.length / 2 > MANY ? GRIP / 3 : GRIP);

/** Return where in the page's pixels the square (or line) of noise lies beside a map. */
function corner(frame, side) {
  const size = Math.round(Math.max(64, 0.15 * side));
  const height = frame.lines > 1 ? size : 14;
  return { left: 6, top: side - 6 - height, size, height };
}

/** Return what paints a frame on a canvas, which is a square, in the colours of `look`. */
function painter(canvas, look) {
  let pen = canvas.getContext("2d", { alpha: false }); // the page need not be painted below it
  const small = document.createElement("canvas");
  const stamps = {};
  let [side, to, image, drawn, colour] = [0, null, null, [], null];
  const px = (x) => to.px(x);
  const py = (y) => to.py(y);
  const mark = () => Math.max(2, side / 190); // half of a sample's size

  function stroke(path, colour, width, halo = 0) {
    if (halo) {
      Object.assign(pen, { strokeStyle: `${look.paper}bb`, lineWidth: width + halo });
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
    const [fake, real, paper] = [look.fake, look.real, look.paper].map((hex) =>
      [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
    return Uint32Array.from(shares, (share) => {
      const end = share > 127.5 ? real : fake;
      const weight = STRENGTH * Math.abs(share / 127.5 - 1);
      const [r, g, b] = end.map((c, i) => Math.round(paper[i] + weight * (c - paper[i])));
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
  }

  function field(frame) {
    const cell = side / (FINE * (Math.sqrt(frame.levels.length) - 1));
    const now = [frame.shares, look.paper, frame.levels, frame.stirred];
    const [shares, paper, ...levels] = now.map((part, i) => part !== drawn[i]);
    if (shares || paper) colour = table(frame.shares);
    if (shares || paper || levels.includes(true)) tint(frame.levels);
    drawn = now;
    pen.drawImage(small, -cell / 2, -cell / 2, side + cell, side + cell); // pixels' middles on edges
  }

  function tint(levels) {
    const n = Math.sqrt(levels.length);
    const size = FINE * (n - 1) + 1;
    if (image?.width !== size) {
      image = new ImageData(size, size);
      small.width = small.height = size;
    }
    const out = new Uint32Array(image.data.buffer);
    const line = new Float32Array(n + 1); // of levels, between two rows of the grid; one to spare
    for (let q = 0; q < size; q++) {
      const j = Math.min(n - 2, Math.floor(q / FINE)) * n;
      const t = (q - (j / n) * FINE) / FINE;
      for (let i = 0; i < n; i++) line[i] = levels[j + i] + t * (levels[j + n + i] - levels[j + i]);
      let at = (size - 1 - q) * size;
      for (let i = 0; i < n; i++) {
        const step = (line[i + 1] - line[i]) / FINE;
        const last = i < n - 1 ? FINE : 1;
        for (let p = 0; p < last; p++) out[at++] = colour[(line[i] + p * step + 0.5) | 0];
      }
    }
    small.getContext("2d").putImageData(image, 0, 0);
  }

  function boundary({ levels, boundary }) {
    const n = Math.sqrt(levels.length);
    const cell = side / (n - 1);
    const path = new Path2D();
    contour(levels, n, boundary).forEach(([u, v], end) =>
      path[end % 2 ? "lineTo" : "moveTo"](u * cell, side - v * cell));
    stroke(path, look.discriminator, 2, 2);
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
      fill(path, look.noise, (0.7 * shade) / 255);
    });
    const path = new Path2D();
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) path[i ? "lineTo" : "moveTo"](...at(line, i));
    }
    stroke(path, look.noise, 0.9);
  }

  /** Draw the points in the plane, and arrowheads at its border for the others. */
  function marks(kind, points) {
    const [heads, print] = [new Path2D(), stamp(kind)];
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i], points[i + 1]];
      if (to.holds(x, y)) print(px(x), py(y));
      else head(heads, x, y, mark());
    }
    fill(heads, look[kind]);
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

  /** Return what copies a sample's sign, drawn once: strokes would cost ten times as much. */
  function stamp(kind) {
    const scale = canvas.width / side;
    const half = Math.ceil((mark() + 2) * scale) / scale;
    const of = [scale, side, look[kind], look.paper].join();
    if (stamps[kind]?.of !== of) stamps[kind] = { of, sheet: engraved(kind, half, scale) };
    const snap = (c) => Math.round((c - half) * scale) / scale; // or it would be blurred
    return (x, y) => pen.drawImage(stamps[kind].sheet, snap(x), snap(y), 2 * half, 2 * half);
  }

  function engraved(kind, half, scale) {
    const [sheet, page, path] = [document.createElement("canvas"), pen, new Path2D()];
    sheet.width = sheet.height = 2 * half * scale;
    pen = sheet.getContext("2d"); // for once
    pen.scale(scale, scale);
    pen.lineCap = "round";
    SIGNS[kind](path, half, half, mark());
    if (kind === "fake") stroke(path, look.fake, 1.6, 1.6);
    else {
      stroke(path, look.paper, 1.5);
      fill(path, look[kind]);
    }
    pen = page;
    return sheet;
  }

  function samples(frame) {
    marks("real", frame.real);
    marks("noise", frame.noise);
    const ways = new Path2D();
    for (let i = 0; i < frame.ways.length; i += 2) {
      ways[i % 4 ? "lineTo" : "moveTo"](px(frame.ways[i]), py(frame.ways[i + 1]));
    }
    stroke(ways, look.noise, 0.8);
    marks("fake", frame.fake);
    for (const kind of ["real", "fake"]) {
      stroke(rings(frame[`${kind}_rings`], frame.reach), look[kind], 1.4);
    }
  }

  function rings(points, reach) {
    const path = new Path2D();
    for (let i = 0; i < points.length; i += 3) {
      circle(path, px(points[i]), py(points[i + 1]), (points[i + 2] * side) / 2 / reach);
    }
    return path;
  }

  function arrow(path, [x, y, dx, dy]) {
    const [u, v, tipX, tipY] = [px(x), py(y), px(x + dx), py(y + dy)];
    const [across, up] = [tipX - u, tipY - v];
    const length = Math.hypot(across, up);
    if (length < 2 || !to.holds(x, y)) return;
    const h = Math.min(6, length / 2) / length;
    path.moveTo(u, v);
    path.lineTo(tipX, tipY);
    path.moveTo(tipX - h * (across + 0.6 * up), tipY - h * (up - 0.6 * across));
    path.lineTo(tipX, tipY);
    path.lineTo(tipX - h * (across - 0.6 * up), tipY - h * (up + 0.6 * across));
  }

  function arrows({ arrows }, chosen, width) {
    const path = new Path2D();
    for (const i of chosen) arrow(path, arrows.subarray(4 * i, 4 * i + 4));
    stroke(path, look.exact, width, width > 2 ? 2 : 0);
  }

  /** Draw rings by which the modes can be taken, and the one that is. */
  function handles(frame, chosen) {
    const [all, one] = [new Path2D(), new Path2D()];
    for (let i = 0; i < frame.modes.length; i += 2) {
      circle(2 * chosen === i ? one : all, px(frame.modes[i]), py(frame.modes[i + 1]), grip(frame));
    }
    stroke(all, look.noise, 1, 1);
    stroke(one, look.real, 2.5, 2);
  }

  /** Draw the noise beside its map, and what becomes of a point of it. */
  function origin(frame, p) {
    const { left, top, size, height } = corner(frame, side);
    const knots = frame.lines > 1 ? frame.lines / 2 : 0;
    const across = (c) => left + ((c + 1) / 2) * size;
    const up = (c) => top + ((1 - c) / 2) * height;
    Object.assign(pen, { fillStyle: `${look.paper}dd` });
    pen.fillRect(left, top, size, height);
    const path = new Path2D();
    path.rect(left, top, size, height);
    if (!knots) { path.moveTo(across(-NET), up(0)); path.lineTo(across(NET), up(0)); }
    for (let k = 0; k < knots; k++) {
      const c = NET * ((2 * k) / (knots - 1) - 1);
      path.moveTo(across(c), up(-NET));
      path.lineTo(across(c), up(NET));
      path.moveTo(across(-NET), up(c));
      path.lineTo(across(NET), up(c));
    }
    stroke(path, look.noise, 0.7);
    Object.assign(pen, { fillStyle: look.exact, font: "italic 13px serif" });
    pen.fillText("z", left + 3, top - 3);
    if (!p) return;
    const [x, y] = mapped(frame, p).at;
    way([across(p[0]), up(p[1])], [px(x), py(y)]);
  }

  /** Draw a way from noise to a sample, both marked; in pixels. */
  function way(from, to) {
    const [path, ends] = [new Path2D(), new Path2D()];
    path.moveTo(...from);
    path.lineTo(...to);
    stroke(path, look.exact, 1.2, 1.5);
    square(ends, ...from, 3.5);
    circle(ends, ...to, 4.5);
    stroke(ends, look.paper, 2);
    fill(ends, look.fake);
  }

  function cursor([x, y], r, draw = cross) {
    const path = new Path2D();
    draw(path, px(x), py(y), r);
    stroke(path, look.exact, 1, 2);
  }

  /** Draw a sample in the hand, and where G's loss would push it. */
  function carried(frame, [x, y]) {
    const path = new Path2D();
    cross(path, px(x), py(y), 2 * mark());
    stroke(path, look.fake, 2.6, 2);
    arrows({ arrows: Float32Array.of(x, y, ...frame.probe.subarray(2)) }, frame.probe.length ? [0] : [], 2.2);
  }

  function pointed(frame, i) {
    const ring = new Path2D();
    circle(ring, px(frame.arrows[4 * i]), py(frame.arrows[4 * i + 1]), 2.5 * mark());
    stroke(ring, look.fake, 1.6, 2);
    arrows(frame, [i], 2.2);
  }

  function hand(frame, { at, held, over, tool, edits }) {
    const chosen = held ?? over;
    if (at && edits) handles(frame, chosen?.kind === "mode" ? chosen.index : -1);
    if (over?.kind === "noise" && frame.fake.length === frame.noise.length) {
      const [x, y, u, v] = ["noise", "fake"].flatMap((name) =>
        [...frame[name].subarray(2 * over.index, 2 * over.index + 2)]);
      way([px(x), py(y)], [px(u), py(v)]);
    }
    if (!at || chosen?.p) return;
    if (frame.box.length) needle(frame, at[0], tools());
    else if (held?.kind === "sample") carried(frame, at);
    else if (tool === "erase") cursor(at, grip(frame), circle);
    else if (tool === "paint") cursor(at, mark(), circle);
    else if (chosen?.kind !== "mode") {
      cursor(at, 7);
      const i = nearest(frame.arrows, 4, at);
      if (i >= 0) pointed(frame, i);
    }
  }

  const tools = () => ({ pen, side, to, look, stroke, fill });

  return function paint(seen, doing) {
    const scale = window.devicePixelRatio || 1;
    side = canvas.clientWidth;
    to = scales(seen, side);
    const pixels = Math.round(side * scale);
    if (!pixels) return false;
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
    pen.setTransform(pixels / side, 0, 0, pixels / side, 0, 0);
    Object.assign(pen, { lineCap: "round", lineJoin: "round", fillStyle: look.paper });
    if (!seen.levels.length) pen.fillRect(0, 0, side, side);
    if (seen.levels.length) field(seen);
    if (seen.box.length) drawCurves(seen, tools());
    else map(seen);
    if (seen.levels.length && seen.boundary !== null) boundary(seen);
    samples(seen);
    arrows(seen, Array(seen.arrows.length / 4).keys(), 1.1);
    if (seen.lines && !seen.box.length) origin(seen, doing.over?.p ?? doing.pin);
    hand(seen, doing);
    return true;
  };
}

// --- what is read off it ---------------------------------------------------------------------------

function written(number, digits = 2) {
  const text = number.toFixed(digits);
  return Number(text) < 0 ? text.replace("-", "\u2212") : text.replace("-", ""); // no −0
}

function filled(words, values, digits) {
  return words.replace(/\{(\w+)\}/g, (_, name) => written(values[name], digits));
}

const ofArrow = (words, [dx, dy]) => filled(words, { dx, dy }, 3);

/** Return in words what becomes of noise p. */
function ofNoise(frame, p, words) {
  const { at: [x, y], z } = mapped(frame, p);
  return `z = (${z.map((c) => written(c)).join(", ")})\n${filled(words.lands, { x, y })}`;
}

/** Return in words what there is at a point: D, its output, an arrow, or where noise goes. */
function readout(frame, { at, held, over }, words) {
  const [lines, chosen, [x, y]] = [[], held ?? over, at];
  if (frame.levels.length) {
    const level = levelAt(frame, at);
    const values = { d: between(frame.shares, level) / 255, a: between(frame.outputs, level) };
    lines.push(filled(frame.boundary === null ? words.output : words.output_and_d, values));
  }
  lines[0] = [lines[0], filled(words.at, { x, y })].filter(Boolean).join("  ");
  const i = nearest(frame.arrows, 4, at);
  if (chosen?.kind === "mode") lines.unshift(words.mode.replace("{n}", chosen.index + 1));
  else if (held?.kind === "sample") {
    if (frame.probe.length) lines.push(ofArrow(words.pushed, frame.probe.subarray(2)));
  } else if (i >= 0) lines.push(ofArrow(words.arrow, frame.arrows.subarray(4 * i + 2, 4 * i + 4)));
  return lines.join("\n");
}

// --- the hand --------------------------------------------------------------------------------------

/**
 * Let pointer, finger and keys move a place in the plane, take what is there, paint and erase.
 * Returns what is being done: `at` a place, or null; what is `held`, and what is below (`over`): a
 * mode, sample, noise point of slow motion, knot of the map, the map's origin; the pinned noise p.
 */
function hands(canvas, { frame, edit, probe, changed, says }) {
  const doing = { at: null, held: null, over: null, pin: null, tool: "take", edits: false };
  let stroke = null; // the last place of it

  const place = () => scales(frame(), canvas.clientWidth);
  const rounded = (place) => place.map((c) => Number(c.toFixed(2)));
  const modes = () => Array.from({ length: frame().modes.length / 2 }, (_, i) =>
    rounded([...frame().modes.subarray(2 * i, 2 * i + 2)]));

  /** Return the length of some of the page's pixels, in the plane's units. */
  const units = (pixels) => (2 * frame().reach * pixels) / (canvas.clientWidth || 1);

  function hit(place, wider = 1) {
    const seen = frame();
    const near = (name, pixels) => nearest(seen[name], 2, place, units(pixels * wider));
    const mode = doing.edits ? near("modes", grip(seen)) : -1;
    if (mode >= 0) return { kind: "mode", index: mode };
    const noise = near("noise", TOUCH);
    if (noise >= 0) return { kind: "noise", index: noise };
    if (seen.box.length) return null; // a line is only read
    const sample = near("fake", TOUCH);
    if (sample >= 0) return { kind: "sample", index: sample };
    const p = knotAt(seen, place, units(TOUCH * wider));
    return p && { kind: "knot", p };
  }

  /** Return the noise, in [−1, 1]², at one of the canvas's pixels, or null. */
  function noiseAt([u, v], anywhere = false) {
    if (!frame().lines || frame().box.length) return null;
    const { left, top, size, height } = corner(frame(), canvas.clientWidth);
    const p = [(2 * (u - left)) / size - 1, 1 - (2 * (v - top)) / height];
    if (!anywhere && p.some((c) => Math.abs(c) > 1)) return null;
    return p.map((c, axis) => (axis && frame().lines === 1 ? 0 : Math.max(-NET, Math.min(NET, c))));
  }

  function paint(place) {
    if (modes().length >= MOST) return;
    if (stroke && nearest(stroke, 2, place, APART * frame().reach) >= 0) return;
    stroke = place;
    edit([...modes(), rounded(place)]);
  }

  function erase(place, within) {
    const left = modes().filter(([x, y]) => Math.hypot(x - place[0], y - place[1]) > within);
    if (left.length && left.length < modes().length) edit(left);
  }

  function take(what) {
    doing.held = what;
    if (what?.kind === "mode") doing.at = modes()[what.index];
    if (what?.kind === "sample") {
      doing.at = [...frame().fake.subarray(2 * what.index, 2 * what.index + 2)];
      probe(doing.at);
    }
  }

  function drop() {
    if (doing.held?.kind === "sample") probe(null);
    doing.held = stroke = null;
    changed();
  }

  /** Do with the thing in the hand what a move to a place means. */
  function carry(place) {
    const { held } = doing;
    doing.at = place;
    if (held?.kind === "mode") edit(modes().map((old, i) => (i === held.index ? rounded(place) : old)));
    else if (held?.kind === "sample") probe(place);
    else if (held?.kind === "paint") paint(place);
    else if (held?.kind === "erase") erase(place, units(grip(frame())));
  }

  const pixelOf = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return share.map((c) => c * canvas.clientWidth);
  };
  const placeOf = (pixel) => place().place(pixel);

  function moved(event) {
    const [pixel, { held }] = [pixelOf(event), doing];
    const p = noiseAt(pixel, held?.kind === "origin");
    if (held && held.kind !== "origin") carry(placeOf(pixel));
    else {
      doing.at = placeOf(pixel);
      doing.over = p ? { kind: "origin", p } : doing.tool === "take" ? hit(doing.at) : null;
      if (held) doing.pin = p;
    }
    changed();
  }

  function pressed(event) {
    if (event.button) return; // a menu was asked for
    const pixel = pixelOf(event);
    const place = placeOf(pixel);
    const p = noiseAt(pixel);
    const tool = doing.edits ? doing.tool : "take";
    doing.at = place;
    doing.over = null;
    if (p) Object.assign(doing, { over: { kind: "origin", p }, held: { kind: "origin" }, pin: p });
    else if (tool !== "take") {
      doing.held = { kind: tool };
      carry(place);
    } else {
      const what = hit(place, event.pointerType === "touch" ? 1.7 : 1);
      if (what?.kind === "knot" || what?.kind === "noise") doing.over = what;
      else take(what);
      doing.pin = what?.p ?? null;
    }
    if (doing.held) canvas.setPointerCapture(event.pointerId);
    changed();
  }

  function left(event) {
    if (event.pointerType !== "mouse" || doing.held) return; // what a finger asked for stays
    doing.at = doing.over = null;
    changed();
  }

  /** Go to the next thing of the kind that is held. */
  function next(step) {
    const { kind, index } = doing.held;
    const count = frame()[kind === "mode" ? "modes" : "fake"].length / 2;
    take({ kind, index: (index + step + count) % count });
  }

  /** Take what is nearest to the cross: a mode if it is within half of the plane, or a sample. */
  function takeNearest() {
    const { at } = doing;
    if (frame().box.length) return;
    const mode = doing.edits ? nearest(frame().modes, 2, at, frame().reach / 2) : -1;
    const sample = nearest(frame().fake, 2, at);
    if (mode >= 0) take({ kind: "mode", index: mode });
    else if (sample >= 0) take({ kind: "sample", index: sample });
  }

  function act(event) { // returns whether the key means something here
    const [{ key, shiftKey }, { held }, { reach }] = [event, doing, frame()];
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (key === "Tab" ? !held : key === "Escape" && !held && !doing.at) return false;
    const at = doing.at ?? [0, 0];
    if (key in STEPS) {
      const { half, inside } = place();
      const step = shiftKey ? 0.2 : 0.04; // of the half
      const to = inside(at.map((c, axis) => c + STEPS[key][axis] * step * half[axis]));
      if (held) carry(to);
      doing.at = to;
      doing.over = held ? null : hit(to);
    } else if (key === "Escape") {
      if (!held) doing.at = doing.over = null;
      doing.pin = null;
      drop();
    } else if (key === "Enter") {
      if (held) drop();
      else if (doing.over?.kind === "knot") doing.pin = doing.over.p;
      else if ((doing.at = at)) takeNearest();
    } else if (key === "Tab") {
      next(shiftKey ? -1 : 1);
    } else if (key === " " && doing.edits) {
      stroke = null;
      paint(at);
    } else if ((key === "Backspace" || key === "Delete") && doing.edits) {
      const gone = held?.kind === "mode" ? held.index : nearest(frame().modes, 2, at, reach / 2);
      drop();
      if (gone >= 0) erase(modes()[gone], 0);
    } else {
      return false;
    }
    return true;
  }

  canvas.addEventListener("pointermove", moved);
  canvas.addEventListener("pointerdown", pressed);
  canvas.addEventListener("lostpointercapture", drop);
  canvas.addEventListener("pointerleave", left);
  canvas.addEventListener("touchstart", (event) => {
    if (doing.held) event.preventDefault(); // else the finger would scroll the page
  }, { passive: false });
  canvas.addEventListener("blur", () => {
    doing.at = doing.over = null;
    drop();
  });
  canvas.addEventListener("keydown", (event) => {
    if (!act(event)) return;
    event.preventDefault();
    event.stopPropagation();
    changed();
    says();
  });
  return doing;
}

// --- the view --------------------------------------------------------------------------------------

function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

/** Give a part of the page a property, unless it has it: to write it again has its price. */
function put(part, name, value) {
  if (part[name] !== value) part[name] = value;
}

/** Return the line of signs below the plane, and what shows those of them that are drawn. */
function legend(words) {
  const key = element("div", "key");
  const parts = Object.entries({ ...SVG, ...LINE_SVG }).map(([name, picture]) => {
    const part = element("span", name, { innerHTML: picture });
    part.append(words[name] ?? LINE_NAMES[name]);
    return part;
  });
  const field = element("span", "levels");
  field.append(words.field_low, element("i", "bar"), words.field_high);
  key.append(...parts, field);
  const show = (frame) => {
    const { holds } = scales(frame, 1);
    const drawn = {
      boundary: frame.boundary !== null && frame.levels.length,
      outside: frame.fake.some((x, i) => i % 2 === 0 && !holds(x, frame.fake[i + 1])),
      threads: frame.lines && !frame.box.length,
      graph: frame.lines && frame.box.length,
    };
    for (const part of key.children) {
      put(part, "hidden", !(drawn[part.className] ?? frame[part.className].length));
    }
  };
  return { key, show };
}

/** Return the row of tools; `choose` is called with the one that is pressed. */
function toolbox(words, choose) {
  const tools = element("span", "tools");
  for (const name of ["take", "paint", "erase", "undo"]) {
    const tool = element("button", name, { textContent: words[name], title: words[`${name}_how`] });
    tool.addEventListener("click", () => choose(name));
    tools.append(tool);
  }
  const show = (chosen) => {
    for (const tool of tools.children) {
      if (tool.className !== "undo") tool.setAttribute("aria-pressed", tool.className === chosen);
    }
  };
  show("take");
  return { tools, show };
}

/** Tell whether the page is dark: JupyterLab says so, or a theme of Sphinx, or else the system. */
function isDark(system) {
  const lab = document.body.dataset.jpThemeLight;
  const site = document.documentElement.dataset.theme;
  return lab ? lab === "false" : site ? site === "dark" : system.matches;
}

/** Call `dress` with the page's colours, now and whenever its theme changes; returns what ends it. */
function theme(colours, dress) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const look = () => dress(colours[isDark(system) ? "dark" : "light"]);
  const watch = new MutationObserver(look);
  watch.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", look);
  look();
  return () => {
    watch.disconnect();
    system.removeEventListener("change", look);
  };
}

function render({ model, el }) {
  const words = model.get("words");
  const root = element("div", "gan-plane");
  const [head, title] = [element("div", "head"), element("div", "title")];
  const sheet = element("div", "sheet");
  const canvas = element("canvas", "", { tabIndex: 0 });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("data-lm-suppress-shortcuts", "true"); // or the notebook takes the keys
  const tip = element("div", "tip");
  const says = element("div", "gan-unseen");
  says.setAttribute("aria-live", "polite");
  const { key, show } = legend(words);
  const note = element("div", "note");
  const { tools, show: showTool } = toolbox(words, choose);
  sheet.append(canvas, tip, says);
  head.append(title, tools); // not on the sheet, where they would lie on samples
  root.append(head, sheet, key, note);
  el.append(root);

  const look = {};
  const [paint, glide] = [painter(canvas, look), glider()];
  let [asked, gone, fresh, frames] = [0, false, true, 0];
  let [frame, edited, editedAt] = [read(model), null, 0]; // modes as the hand left them

  const wake = () => { if (!gone) asked ||= requestAnimationFrame(draw); };
  const changed = () => { fresh = true; wake(); };
  const answered = () => { // by the kernel, which may be some moves behind
    if (!doing.held && performance.now() - editedAt > 1000) edited = null;
  };

  function draw(time) {
    asked = 0;
    glide.tick(time, glide.moves);
    if (fresh) {
      frame = read(model, frame);
      dress();
      glide.show(frame, time);
    }
    const seen = glide.at(time);
    frame.seen = edited ? { ...seen, modes: edited } : seen;
    const painted = paint(frame.seen, doing);
    // A page that is laid out anew, as for another theme, may have no room for it for a moment.
    if (fresh && !painted) setTimeout(wake, 300);
    tell();
    if (fresh) {
      model.set("painted", model.get("told"));
      frames = (frames + 1) % LOOK;
      if (glide.late && !frames) requestAnimationFrame((later) => glide.tick(later, true));
    }
    fresh = false;
    if (glide.moves) wake();
  }

  function dress() {
    put(title, "textContent", model.get("title"));
    put(note, "textContent", model.get("note"));
    title.style.borderColor = title.textContent ? look[model.get("colour")] : "transparent";
    doing.edits = model.get("edits") && frame.modes.length > 0;
    put(tools, "hidden", !doing.edits || frame.batch); // a stage's sentence needs the whole line
    const how = frame.box.length ? words.keys_line
      : doing.edits ? `${words.keys} ${words.keys_edit}` : words.keys;
    put(canvas, "ariaLabel", `${model.get("alt")} ${how}`);
    show(frame);
  }

  function choose(name) {
    if (name === "undo") edit([]);
    else showTool(doing.tool = name);
  }

  function edit(modes) {
    edited = modes.length ? Float32Array.from(modes.flat()) : null;
    editedAt = performance.now();
    if (edited) frame.seen = { ...frame.seen, modes: edited }; // also before the next paint
    model.set("wanted", modes);
    model.save_changes();
    wake();
  }

  function probe(place) {
    model.set("probed", place ?? []);
    model.save_changes();
  }

  function told() {
    const { at, over } = doing;
    if (!at) return "";
    if (frame.box.length) return readLine(frame.seen, at, words);
    return over?.p ? ofNoise(frame.seen, over.p, words) : readout(frame.seen, doing, words);
  }

  function tell() {
    put(tip, "textContent", told());
    const taken = doing.over && ["mode", "sample", "origin"].includes(doing.over.kind);
    canvas.style.cursor = doing.held ? "grabbing" : taken ? "grab" : "crosshair";
    if (!tip.textContent) return;
    const { px, py } = scales(frame, canvas.clientWidth);
    const [u, v] = [px(doing.at[0]), py(doing.at[1])];
    const left = Math.min(u + 18, canvas.clientWidth - tip.offsetWidth - 2);
    const above = v - tip.offsetHeight - 16;
    tip.style.transform = `translate(${Math.max(2, left)}px, ${above < 2 ? v + 20 : above}px)`;
  }

  const doing = hands(canvas, {
    frame: () => frame.seen ?? frame,
    edit,
    probe,
    changed: wake,
    says: () => { says.textContent = told(); },
  });
  const undress = theme(model.get("colours"), (colours) => {
    Object.assign(look, colours);
    for (const [name, colour] of Object.entries(colours)) root.style.setProperty(`--${name}`, colour);
    changed();
  });
  const resized = new ResizeObserver(wake);
  resized.observe(canvas);
  const heard = [...SEEN.map((name) => [name, changed]), ["modes", answered]];
  for (const [name, act] of heard) model.on(`change:${name}`, act);
  return () => {
    gone = true;
    cancelAnimationFrame(asked);
    resized.disconnect();
    undress();
    for (const [name, act] of heard) model.off(`change:${name}`, act);
  };
}

export default { render };
