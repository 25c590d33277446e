// The page's side of `diagram.Diagram`: the two networks, their buttons, and what flows.

const SLOT = 36; // pixels from one hidden layer to the next
const BOX = 28; // of a layer: its width; its height says how wide the layer is
const HIGH = 46;
const ROW = 10; // from the middle down to the generated samples
const MOST = 4; // hidden layers for which there is room
const CURVES = { // of activations, in a square of 16 × 12
  tanh: "M1 10C8 10 6 2 15 2",
  relu: "M1 10H8L14 2",
  leaky_relu: "M1 11L8 9L14 2",
};

function made(tag, className, parent, text = "") {
  const part = Object.assign(document.createElement(tag), { className, textContent: text });
  parent?.append(part);
  return part;
}

const left = (i) => 10 + SLOT * i;
const height = (width) => 28 + 3.6 * (Math.log2(width) - 2);

/** Return the drawing of a network: a box for each layer, and what joins it to the next one; at
 * its end a line, which goes `down`. */
function drawn({ widths, activation }, down) {
  const middle = HIGH / 2;
  const halves = widths.map((width) => height(width) / 2);
  const end = SLOT * MOST + 10;
  const joint = (x, from, to, next) =>
    `<path class="joint" d="M${x} ${middle - from}L${next} ${middle - to}V${middle + to}L${x} ${middle + from}Z"/>`;
  const last = left(widths.length - 1) + BOX;
  let parts = `<path class="axis" d="M${last} ${middle}H${end - 2 * down}L${end} ${middle + down}"/>${joint(0, 2, halves[0], left(0))}`;
  widths.forEach((width, i) => {
    const [x, half] = [left(i), halves[i]];
    if (i) parts += joint(left(i - 1) + BOX, halves[i - 1], half, x);
    parts += `<rect x="${x}" y="${middle - half}" width="${BOX}" height="${2 * half}" rx="5"/>`
      + `<text x="${x + BOX / 2}" y="${middle - 2}">${width}</text>`
      + `<path class="curve" transform="translate(${x + 6} ${middle + 1})" d="${CURVES[activation]}"/>`;
  });
  parts += joint(last, halves.at(-1), 2, last + 8);
  return `<svg viewBox="0 0 ${end} ${HIGH}" width="${end}" height="${HIGH}" aria-hidden="true">${parts}</svg>`;
}

function render({ model, el }) {
  const words = model.get("words");
  const root = made("div", "gan-diagram", el);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", words.diagram);
  root.setAttribute("data-lm-suppress-shortcuts", "true"); // or the notebook takes the keys
  for (const [look, colours] of Object.entries(model.get("colours"))) {
    for (const [name, colour] of Object.entries(colours)) {
      root.style.setProperty(`--${name}-${look}`, colour);
    }
  }
  const parts = {}; // what can be lit, by name
  const buttons = {}; // by setting, or by network and layer: down, up
  const part = (name, kind, parent, text) => (parts[name] = made("div", kind, parent, text));
  const wire = (name, parent) => part(name, "wire", parent);

  function button(name, by, parent, text, message = { name, by }) {
    const pressed = made("button", "", parent, text);
    pressed.addEventListener("click", () => {
      if (pressed.getAttribute("aria-disabled") !== "true") model.send(message);
    });
    (buttons[name] ??= {})[by] = pressed;
    return pressed;
  }

  // Over the upper half of each hidden layer one that makes it wider, over the lower half narrower.
  function layer(name, i, parent) {
    for (const by of [1, -1]) {
      const message = { name: `widths_${name}`, by, layer: i };
      const half = button(name + i, by, parent, by > 0 ? "+" : "−", message);
      half.className = by > 0 ? "wider" : "narrower";
      half.style.left = `${left(i)}px`;
    }
  }

  function player(name, letter, parent) {
    const box = part(name, `player ${name}`, parent);
    box.setAttribute("role", "group");
    made("b", "", box, letter);
    for (const kind of ["layers", "width"]) {
      const step = made("div", "step", box);
      button(`${kind}_${name}`, 1, step, "+");
      made("span", "", step, words[kind]).setAttribute("aria-hidden", "true");
      button(`${kind}_${name}`, -1, step, "−");
    }
    button(`activation_${name}`, 1, box, "").className = "activation";
    const layers = made("div", "layers", box);
    made("div", "drawn", layers);
    for (let i = 0; i < MOST; i++) layer(name, i, layers);
    made("span", "optimiser", box);
    return box;
  }

  const game = made("b", "game", root);
  const first = made("div", "half", root);
  part("z", "end noise", first, words.z);
  wire("z_g", first);
  player("g", "G", first);
  wire("g_fake", first);
  const second = made("div", "half", root);
  const samples = made("div", "samples", second);
  for (const kind of ["real", "fake"]) {
    part(kind, `end ${kind}`, samples, words[kind]);
    wire(`${kind}_d`, samples);
  }
  player("d", "D", second);
  wire("d_a", second);
  part("a", "end", second, words.a);
  wire("a_loss", second);
  part("loss", "end", second, words.loss);
  const says = made("span", "gan-unseen", root);
  says.setAttribute("aria-live", "polite");

  function draw() {
    game.textContent = model.get("game");
    for (const [name, network] of Object.entries(model.get("players"))) {
      parts[name].setAttribute("aria-label", network.said);
      parts[name].querySelector(".optimiser").textContent = network.optimiser;
      parts[name].querySelector(".drawn").innerHTML = drawn(network, name === "g" ? ROW : 0);
      buttons[`activation_${name}`][1].innerHTML =
        `<svg viewBox="0 0 16 12" aria-hidden="true"><path d="${CURVES[network.activation]}"/></svg>`
        + `<span>${network.activation}</span>`;
    }
    for (const [name, [down, up]] of Object.entries(model.get("steps"))) {
      tell(buttons[name][-1], down);
      tell(buttons[name][1], up);
    }
    for (const [name, layers] of Object.entries(model.get("layers"))) {
      for (let i = 0; i < MOST; i++) {
        for (const [at, by] of [-1, 1].entries()) {
          buttons[name + i][by].hidden = i >= layers.length;
          tell(buttons[name + i][by], layers[i]?.[at] ?? "");
        }
      }
    }
  }

  function tell(pressed, told) {
    if (!pressed) return; // there is no way back through activations, which go round
    pressed.setAttribute("aria-disabled", String(!told));
    pressed.title = told;
    pressed.setAttribute("aria-label", told);
  }

  function light() {
    const lit = model.get("lit");
    for (const way of ["forward", "back", "update"]) {
      root.classList.toggle(way, lit.length > 0 && way === model.get("way"));
    }
    root.classList.toggle("slow", lit.length > 0);
    for (const [name, shown] of Object.entries(parts)) {
      shown.classList.toggle("lit", lit.includes(name));
    }
    root.style.setProperty("--turn", `var(--${model.get("colour")})`);
    says.textContent = model.get("told");
  }

  const shows = { "change:players change:steps change:layers change:game": draw,
    "change:lit change:way change:colour change:told": light };
  for (const [changes, show] of Object.entries(shows)) model.on(changes, show);
  draw();
  light();
  return () => Object.entries(shows).forEach(([changes, show]) => model.off(changes, show));
}

export default { render };
