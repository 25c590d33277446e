// A game on a line, in the place of the plane: densities, D and G's map over an axis. `plane.py` puts
// this before `plane.js`, which draws all else, and whose helpers are used here.

const DENSITIES = ["density", "histogram"]; // shares of the bins, which come as densities
const ANSWERS = ["answers", "best", "cdf"];
const FOOT = 22; // pixels below the curves, for the numbers of the axis
const GAP = 1.5; // from here on an answer is none
const CUT = 1.05; // a bar that is higher is cut off, and a head says so
const LINE_SVG = {
  density: '<svg stroke="var(--real)"><path d="M1 11C6 11 6 2 9 2s3 9 8 9z" fill="color-mix(in srgb, var(--real) 25%, transparent)"/></svg>',
  histogram: '<svg><path d="M2 12V7h4V2h5v4h4v6z" fill="color-mix(in srgb, var(--fake) 55%, transparent)"/></svg>',
  answers: '<svg stroke="var(--discriminator)"><path d="M0 6h18"/></svg>',
  best: '<svg stroke="var(--exact)" stroke-dasharray="2 3"><path d="M0 6h18"/></svg>',
  graph: '<svg stroke="var(--fake)" stroke-dasharray="5 3" style="stroke-width:1.4"><path d="M0 6h18"/></svg>',
  cdf: '<svg stroke="var(--exact)" stroke-dasharray="6 2 1 2" style="stroke-width:1.2"><path d="M0 6h18"/></svg>',
};
const LINE_NAMES = { density: "p", histogram: "q", answers: "D", best: "D*", graph: "G", cdf: "F" };

/** Return a table's place, a number with a fraction, and its bin at x of the line. */
function placeIn(table, x, [left, right]) {
  const place = ((x - left) / (right - left)) * table.length;
  const within = (c) => Math.max(0, Math.min(table.length - 1, c));
  return { place: within(place - 0.5), bin: within(Math.floor(place)) };
}

/** Return what a curve, or the histogram, is at x of the line; nothing where it is not drawn. */
function heightAt(frame, name, x) {
  const table = frame[name];
  if (!table.length) return undefined;
  const { place, bin } = placeIn(table, x, frame.box);
  if (name === "histogram") return table[bin];
  const height = between(table, place);
  return ANSWERS.includes(name) && !(height < GAP) ? undefined : height;
}

const segment = (path, from, end) => {
  path.moveTo(...from);
  path.lineTo(...end);
};

/** Draw all that lies over the line, with a painter's own tools. */
function drawCurves(frame, { pen, side, to, look, stroke, fill }) {
  const [left, right, low] = frame.box;
  const middle = (table, i) => left + ((i + 0.5) / table.length) * (right - left);

  function curve(table, { gaps = false } = {}) {
    const path = new Path2D();
    let before = false;
    table.forEach((height, i) => {
      const drawn = !gaps || height < GAP;
      if (drawn) path[before ? "lineTo" : "moveTo"](to.px(middle(table, i)), to.py(height));
      before = drawn;
    });
    return path;
  }

  function dashed(path, colour, width, dashes, halo = 0) {
    pen.setLineDash(dashes);
    stroke(path, colour, width, halo);
    pen.setLineDash([]);
  }

  function density({ density: table }) {
    if (!table.length) return;
    const area = new Path2D(curve(table));
    area.lineTo(to.px(middle(table, table.length - 1)), to.py(0));
    area.lineTo(to.px(middle(table, 0)), to.py(0));
    fill(area, look.real, 0.14);
    stroke(curve(table), look.real, 1.6);
  }

  function histogram({ histogram: table }) {
    const [bars, heads, r] = [new Path2D(), new Path2D(), Math.max(2, side / 190)];
    const edge = (i) => to.px(left + (i / table.length) * (right - left));
    table.forEach((height, i) => {
      const [u, v] = [edge(i), to.py(Math.min(height, CUT))];
      bars.rect(u, v, edge(i + 1) - u, to.py(0) - v);
      if (height <= CUT) return;
      heads.moveTo((u + edge(i + 1)) / 2, v - 2.5 * r);
      for (const s of [1, -1]) heads.lineTo((u + edge(i + 1)) / 2 + s * 1.5 * r, v);
    });
    fill(bars, look.fake, 0.45);
    fill(heads, look.fake);
  }

  function graph({ threads, lines }) {
    const [path, length] = [new Path2D(), threads.length / 2 / lines];
    for (let k = 0; k < threads.length; k += 2) {
      const begins = (k / 2) % length === 0;
      path[begins ? "moveTo" : "lineTo"](to.px(threads[k]), to.py(threads[k + 1]));
    }
    dashed(path, look.fake, 1.3, [6, 4]);
  }

  function axis() {
    const rule = new Path2D();
    for (const y of [low, 0, 0.5, 1]) segment(rule, [0, to.py(y)], [side, to.py(y)]);
    stroke(rule, `${look.noise}55`, 1);
    const ticks = new Path2D();
    Object.assign(pen, { fillStyle: look.exact, font: "12px system-ui, sans-serif", textAlign: "center" });
    for (let x = Math.ceil((left + 0.5) / 2) * 2; x < right - 0.4; x += 2) {
      segment(ticks, [to.px(x), to.py(low)], [to.px(x), to.py(low) + 4]);
      pen.fillText(written(x, 0), to.px(x), side - 5);
    }
    stroke(ticks, look.noise, 1);
  }

  /** Write the scales: of the densities at the left, of D, in its colour, at the right. */
  function scale() {
    const ends = frame.boundary === null
      ? [Math.min(...frame.outputs), Math.max(...frame.outputs)].map((a) => written(a)) : ["0", "1"];
    const right = [[0, ends[0]], [1, ends[1]], [1.09, "D"]];
    if (frame.boundary !== null) right.push([0.5, "½"]);
    label([[0, "0"], [0.5, "0.5"], [1, "1"]], "left", 4, look.exact);
    if (frame.answers.length) label(right, "right", side - 4, look.discriminator);
  }

  function label(words, textAlign, u, colour) {
    Object.assign(pen, { font: "12px system-ui, sans-serif", textAlign, textBaseline: "middle" });
    for (const [y, word] of words) {
      const wide = pen.measureText(word).width + 2;
      pen.fillStyle = `${look.paper}cc`; // curves run through it
      pen.fillRect(textAlign === "left" ? u - 1 : u - wide + 1, to.py(y) - 7, wide, 14);
      pen.fillStyle = colour;
      pen.fillText(word, u, to.py(y));
    }
    Object.assign(pen, { textAlign: "start", textBaseline: "alphabetic" });
  }

  axis();
  density(frame);
  histogram(frame);
  if (frame.lines) graph(frame);
  dashed(curve(frame.cdf), look.exact, 1.2, [8, 3, 2, 3]);
  dashed(curve(frame.best, { gaps: true }), look.exact, 2.4, [0.1, 4.6], 1.5);
  stroke(curve(frame.answers), look.discriminator, 2, 2);
  scale();
}

/** Draw a line at x, and a dot on each curve there. */
function needle(frame, x, { side, to, look, stroke, fill }) {
  const path = new Path2D();
  segment(path, [to.px(x), 0], [to.px(x), to.py(frame.box[2])]);
  stroke(path, look.exact, 1, 1.5);
  const colours = { density: look.real, answers: look.discriminator, best: look.exact, cdf: look.exact };
  for (const [name, colour] of Object.entries(colours)) {
    const height = heightAt(frame, name, x);
    if (height === undefined) continue;
    const dot = new Path2D();
    circle(dot, to.px(x), to.py(height), Math.max(3, side / 130));
    stroke(dot, look.paper, 2);
    fill(dot, colour);
  }
}

/** Return in words what there is at a place of the line. */
function readLine(frame, [x], words) {
  const [p, q, d, best, a] = ["density", "histogram", "answers", "best", "outputs"].map((name) =>
    heightAt(frame, name, x));
  const told = (name, value) => (value === undefined ? "" : `${name} = ${written(value)}`);
  const ofD = d === undefined ? ""
    : filled(frame.boundary === null ? words.output : words.output_and_d, { d, a });
  const i = nearest(frame.arrows, 4, [x, frame.arrows[1]]);
  const arrow = i < 0 ? "" : filled(words.arrow_line, { dx: frame.arrows[4 * i + 2] }, 3);
  const lines = [[told("x", x), told("p", p), told("q", q)], [ofD, told("D*", best)], [arrow]];
  return lines.map((parts) => parts.filter(Boolean).join("   ")).filter(Boolean).join("\n");
}

