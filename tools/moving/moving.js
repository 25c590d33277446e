// The page's side of `sheets.Recorded`, below `recorded.js`: a still of the notebook gets its
// controls back.

/** Give the page's figures their controls; the sheets are beside the script that calls this. */
function moving(words, figures) {
  const folder = new URL(".", document.currentScript.src);
  const stills = [...document.querySelectorAll("article img")];
  for (const figure of figures) {
    const still = stills.find((image) => image.alt === figure.alt && !image.closest(".moving"));
    if (still) enliven(still, figure, new URL(figure.sheet, folder), words);
  }
}

/** Put the controls above a still, and over it the frame that they ask for. */
function enliven(still, figure, sheet, words) {
  const [whole, panel, picture] = ["moving", "panel", "picture"].map((name) => made("div", name));
  const canvas = made("canvas", "");
  [canvas.width, canvas.height] = figure.size;
  canvas.setAttribute("aria-hidden", "true"); // the still has the words
  const source = new Image();
  const show = () => {
    source.src ||= sheet; // only now: most figures of a page are never moved
    if (source.complete) draw(canvas, source, figure, number(fields));
  };
  const fields = figure.controls.map((control) => field(control, show, words));
  source.addEventListener("load", show);
  panel.addEventListener("pointerenter", () => { source.src ||= sheet; });
  const caption = still.nextElementSibling?.querySelector("small");
  if (caption) caption.textContent = words.caption;
  still.before(whole);
  picture.append(still, canvas);
  panel.append(...fields.map((one) => one.element));
  whole.append(panel, picture);
}

function made(tag, name) {
  return Object.assign(document.createElement(tag), { className: name });
}

/** Return a control's element, how many places it has, and how to ask where it stands. */
function field(control, show, words) {
  const element = made("label", "");
  element.append(Object.assign(made("span", ""), { textContent: control.label }));
  const make = { slider, check, menu }[control.kind];
  return { element, count: control.said.length, at: make(control, element, show, words) };
}

function slider({ said, start, label, played }, element, show, words) {
  const input = made("input", "");
  const output = made("output", "");
  Object.assign(input, { type: "range", min: 0, max: said.length - 1, value: start });
  input.setAttribute("aria-label", label);
  recording(input, output, said, show);
  element.append(input, output);
  if (played) element.append(player(input, words));
  return () => Number(input.value);
}

function player(input, words) {
  const button = made("button", "");
  walking(button, input, 500, (playing) => {
    button.textContent = playing ? "⏸" : "▶";
    button.setAttribute("aria-label", playing ? words.pause : words.play);
  });
  return button;
}

function check({ start }, element, show) {
  const input = Object.assign(made("input", ""), { type: "checkbox", checked: start > 0 });
  input.addEventListener("input", show);
  element.prepend(input);
  return () => Number(input.checked);
}

function menu({ said, start }, element, show) {
  const input = made("select", "");
  input.append(...said.map((words) => new Option(words)));
  input.selectedIndex = start;
  input.addEventListener("input", show);
  element.append(input);
  return () => input.selectedIndex;
}

/** Return the number of the frame that the controls ask for; the last control runs first. */
function number(fields) {
  return fields.reduce((before, { count, at }) => before * count + at(), 0);
}

/** Draw a frame: the one that the sheet begins with, and over it what is different. */
function draw(canvas, sheet, { size: [w, h], box: [x, y, width, height] }, k) {
  const columns = sheet.width / w;
  const [left, top] = [(k % columns) * w, h + Math.floor(k / columns) * height];
  const paper = canvas.getContext("2d");
  paper.drawImage(sheet, 0, 0, w, h, 0, 0, w, h);
  paper.drawImage(sheet, left, top, width, height, x, y, width, height);
}
