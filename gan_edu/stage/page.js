// The page's side of `page.Page`.

const CURSORS = { x: "ew-resize", y: "ns-resize", xy: "move" };
const READOUT = ".widget-readout[contenteditable=true]";

function label(part) {
  return part.closest(":has(> .widget-label)")?.querySelector(".widget-label")?.textContent ?? "";
}

// ipywidgets gives sliders no name, tells the position of a logarithmic one in powers of ten, has no
// alternative text for an image, shows "null" beside the pointer where there is no tooltip, and lets
// one type beside a slider of choices, of which it takes no notice.
function nameAll(root, words) {
  for (const image of root.querySelectorAll("img[title]")) {
    if (image.alt !== image.title) image.alt = image.title;
  }
  for (const part of root.querySelectorAll("[title=null]")) part.removeAttribute("title");
  for (const value of root.querySelectorAll(".gan-choice [contenteditable=true]")) {
    value.contentEditable = "false";
  }
  for (const handle of root.querySelectorAll("[role=slider]")) {
    const field = handle.closest(".widget-slider, .widget-hslider");
    const value = field?.querySelector(".widget-readout");
    set(handle, "aria-label", label(handle));
    if (value?.textContent) set(handle, "aria-valuetext", value.textContent);
    if (value?.isContentEditable) {
      set(value, "role", "textbox");
      set(value, "aria-label", words.readout.replace("{name}", label(value)));
    }
  }
  for (const play of root.querySelectorAll(".widget-play")) {
    const buttons = play.querySelectorAll("button");
    set(play, "role", "group"); // its title tells which slider it walks
    [words.walk_on, words.walk_back].forEach((word, i) => set(buttons[i], "aria-label", word));
  }
  for (const field of root.querySelectorAll("input[placeholder]")) {
    set(field, "aria-label", field.placeholder);
  }
  for (const row of root.querySelectorAll(".gan-one-of")) {
    const buttons = row.querySelector(".widget-toggle-buttons, .jupyter-widget-ToggleButtons") ?? row;
    set(buttons, "role", "group");
    set(buttons, "aria-label", row.querySelector(".widget-label")?.textContent);
    for (const one of row.querySelectorAll("button")) {
      set(one, "aria-pressed", String(one.classList.contains("mod-active")));
    }
  }
  for (const icon of root.querySelectorAll("button i")) set(icon, "aria-hidden", "true");
}

function set(part, name, value) {
  if (value && part.getAttribute(name) !== value) part.setAttribute(name, value);
}

// Returns the number that a text means: "0,5" and "50 %" are one half; "1 000" and, where numbers
// are whole, "1,000" are a thousand.
function meant(text, whole) {
  let digits = text.trim().replace(/[\s\u00a0\u2009\u202f_']/g, "").replace("\u2212", "-");
  const percent = digits.endsWith("%");
  if (percent) digits = digits.slice(0, -1);
  const mark = Math.max(digits.lastIndexOf(","), digits.lastIndexOf("."));
  const grouped = whole && /^[+-]?\d{1,3}([.,]\d{3})+$/.test(digits);
  if (grouped) digits = digits.replace(/[.,]/g, "");
  else if (digits.includes(",")) {
    digits = digits.slice(0, mark).replace(/[.,]/g, "") + "." + digits.slice(mark + 1);
  }
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits) ? Number(digits) : NaN;
  return percent ? value / 100 : value;
}

// The clipboard is closed to a page that came over plain http from elsewhere, but for this old way.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.body.appendChild(document.createElement("textarea"));
    field.value = text;
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function listen(root, model, says) {
  let before = "";
  const tell = (field, name, values) => {
    says.textContent = Object.entries(values).reduce(
      (text, [key, value]) => text.replaceAll(`{${key}}`, value), model.get("words")[name]);
    const [box, place] = [root.getBoundingClientRect(), field.getBoundingClientRect()];
    says.style.left = "0";
    says.style.top = `${place.bottom - box.top + root.scrollTop}px`;
    const left = Math.min(place.left - box.left, root.clientWidth - says.offsetWidth);
    says.style.left = `${Math.max(0, left)}px`;
  };
  const take = (event) => {
    const field = event.target;
    if (!field.matches?.(READOUT) || (event.type === "keydown" && event.key !== "Enter")) return;
    const name = label(field);
    const [low, high, whole] = model.get("ranges")[name] ?? [-Infinity, Infinity, false];
    const typed = field.textContent;
    if (typed === before) return;
    const number = meant(typed, whole);
    const inside = Math.min(high, Math.max(low, whole ? Math.round(number) : number));
    says.textContent = "";
    if (!Number.isFinite(number)) tell(field, "no_number", { typed, name, low, high });
    else if (number < low || number > high) tell(field, "out_of_range", { typed, name, low, high });
    field.textContent = Number.isFinite(number) ? String(inside) : before;
    before = field.textContent;
  };
  root.addEventListener("pointerdown", () => { says.textContent = ""; });
  root.addEventListener("click", async ({ target }) => {
    const copies = target.closest?.(".gan-copy");
    if (!copies) return;
    await copy(copies.parentElement.querySelector("input").value);
    tell(copies, "copied", {});
  });
  root.addEventListener("focus", (event) => {
    if (event.target.matches?.(READOUT)) before = event.target.textContent;
  }, true);
  root.addEventListener("blur", take, true); // before ipywidgets reads the field
  root.addEventListener("keydown", take, true);
}

// Tells where a hand in the picture is, from where it takes hold until it lets go. All places are
// shares of the picture, whatever its size.
function grab(root, model) {
  const grips = model.get("grips");
  const hand = { grip: -1 };
  const place = ({ clientX, clientY, target }) => {
    const box = target.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  };
  const under = (event) => {
    if (event.target.tagName !== "IMG") return -1;
    const [x, y] = place(event);
    return grips.findIndex(([left, top, right, bottom]) =>
      left <= x && x <= right && top <= y && y <= bottom);
  };
  const tell = (event) => {
    hand.at = place(event);
    model.set("hand", { ...hand });
    model.save_changes();
  };
  const letGo = () => { hand.grip = -1; };
  root.addEventListener("pointerdown", (event) => {
    hand.grip = event.button ? -1 : under(event);
    if (hand.grip < 0) return;
    event.target.setPointerCapture(event.pointerId);
    hand.press = Date.now();
    hand.from = place(event);
    tell(event);
  });
  root.addEventListener("pointermove", (event) => {
    if (hand.grip >= 0) return tell(event);
    const grip = grips[under(event)];
    if (event.target.tagName === "IMG") event.target.style.cursor = grip ? CURSORS[grip[4]] : "";
  });
  root.addEventListener("pointerup", letGo);
  root.addEventListener("pointercancel", letGo);
  root.addEventListener("dragstart", (event) => { if (under(event) >= 0) event.preventDefault(); });
  root.dataset.grips = [...new Set(grips.map((grip) => grip[4]))].sort().at(-1) ?? "";
}

// Shift+Enter brings the next cell into view, and so may push away what was run. It comes back, with
// as much as fits of the question above it, as long as the learner is at most three cells further.
function show(root) {
  let cell = root.closest(".jp-Cell");
  const scroller = cell?.closest(".jp-WindowedPanel-outer");
  for (let ahead = 0; cell && ahead <= 3; ahead += 1) {
    if (cell.classList.contains("jp-mod-active")) {
      const block = root.offsetHeight < scroller?.clientHeight ? "end" : "start";
      return root.scrollIntoView({ block });
    }
    cell = cell.nextElementSibling;
  }
}

// Shows it once its picture is there, and JupyterLab has done its own scrolling.
function showWhenDrawn(root, patience = 20) {
  const picture = root.querySelector("img, canvas");
  if (picture?.offsetHeight > 50 || !patience) setTimeout(() => { if (picture) show(root); }, 200);
  else setTimeout(() => showWhenDrawn(root, patience - 1), 50);
}

function render({ model, el }) {
  const still = model.get("still");
  const hide = document.createElement("style");
  hide.textContent = `.${still}, .jp-OutputArea-child:has(.${still}) { display: none; }`;
  const says = document.createElement("div");
  says.className = "gan-says";
  says.setAttribute("role", "status");
  el.append(hide);

  let observer = null;
  let gone = false;
  const begin = () => {
    if (gone) return; // a view that is closed before it lies in the page looks no further
    const root = el.closest(".gan-live");
    if (!root) return requestAnimationFrame(begin);
    root.append(says); // over the picture, below the field: nothing jumps
    const words = model.get("words");
    root.dataset.kernelGone = words.kernel_gone;
    listen(root, model, says);
    grab(root, model);
    showWhenDrawn(root);
    model.on("change:calls", () => show(root));
    observer = new MutationObserver(() => nameAll(root, words));
    observer.observe(root, {
      subtree: true, childList: true, attributes: true,
      attributeFilter: ["title", "aria-valuetext", "class"],
    });
    nameAll(root, words);
  };
  begin();
  return () => {
    gone = true;
    observer?.disconnect();
    says.remove();
  };
}

export default { render };
