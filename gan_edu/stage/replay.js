// A recording of games, played without a kernel by what `plane.js` draws: see `replay.py`.

/** Return the states of a packed recording: each has all traits, one that stays the very same. */
async function unpacked(packed) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes(packed)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const states = JSON.parse(await new Response(stream).text());
  const value = (v) => (v?.base64 === undefined ? v : new DataView(bytes(v.base64).buffer));
  const read = (state) => Object.fromEntries(Object.entries(state).map(([k, v]) => [k, value(v)]));
  let now = {};
  return states.map((state) => (now = { ...now, ...read(state) }));
}

/** Return a model as `render` knows it, which `go` takes to one of its states. */
function recorded(states) {
  const heard = {};
  let now = states[0];
  const go = (k) => {
    const before = now;
    now = states[k];
    for (const name of Object.keys(now)) {
      if (now[name] !== before[name]) heard[`change:${name}`]?.forEach((act) => act());
    }
  };
  const on = (event, act) => (heard[event] ??= new Set()).add(act);
  const off = (event, act) => heard[event].delete(act);
  const [get, last] = [(name) => now[name], states.length - 1];
  return { get, set() {}, save_changes() {}, on, off, go, last };
}

/**
 * Play packed recordings of the same length in an element, side by side and in step, `pause`
 * milliseconds a frame: play, scrub, hover.
 */
export async function replay(el, recordings, pause) {
  const models = (await Promise.all(recordings.map(unpacked))).map(recorded);
  const [first] = models;
  const words = first.get("words");
  const place = element("input", "", { type: "range", min: 0, max: first.last, value: 0 });
  const [button, says, row] = [element("button", ""), element("span", ""), element("div", "replay")];
  let timer = 0;
  const show = () => {
    for (const model of models) model.go(Number(place.value));
    says.textContent = first.get("told");
    place.setAttribute("aria-valuetext", says.textContent);
    button.textContent = timer ? words.pause : words.play;
  };
  const stop = () => { timer = clearInterval(timer) ?? 0; };
  const step = () => {
    place.value = Number(place.value) + 1;
    if (place.value === place.max) stop();
    show();
  };
  button.addEventListener("click", () => {
    if (timer) stop();
    else timer = setInterval(step, pause);
    if (timer && place.value === place.max) place.value = 0;
    show();
  });
  place.addEventListener("input", show);
  place.setAttribute("aria-label", words.moment);
  const planes = element("div", "planes");
  for (const model of models) {
    const seat = element("div", "");
    planes.append(seat);
    render({ model, el: seat });
  }
  el.textContent = "";
  row.append(button, place, says);
  el.append(planes, row);
  show();
}
