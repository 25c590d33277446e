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
function modelOf(states) {
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
  return { get: (name) => now[name], set() {}, save_changes() {}, on, go };
}

/**
 * Play packed recordings of the same length in an element, side by side and in step, a frame each
 * `every` milliseconds: play, scrub, hover.
 */
export async function replay(el, recordings, every) {
  const films = await Promise.all(recordings.map(unpacked));
  const models = films.map(modelOf);
  const [{ words: { play, pause, moment } }] = films[0];
  const place = element("input", "", { type: "range", min: 0, max: films[0].length - 1, value: 0 });
  const [button, says, row] = [element("button", ""), element("span", ""), element("div", "replay")];
  place.setAttribute("aria-label", moment);
  recording(place, says, films[0].map(({ told }) => told), () => {
    for (const model of models) model.go(Number(place.value));
  });
  walking(button, place, every, (playing) => { button.textContent = playing ? pause : play; });
  const planes = element("div", "planes");
  for (const model of models) {
    const seat = element("div", "");
    planes.append(seat);
    render({ model, el: seat });
  }
  el.textContent = "";
  row.append(button, place, says);
  el.append(planes, row);
}
