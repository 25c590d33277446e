// What a recording without a kernel is moved by: a slider, and a button that plays it.

/** Let a slider say at each of its places where it stands, and show what is recorded there. */
const recording = (slider, output, said, show) => {
  const tell = () => {
    output.textContent = said[slider.value];
    slider.setAttribute("aria-valuetext", said[slider.value]);
  };
  slider.addEventListener("input", () => { tell(); show(); });
  tell();
};

/** Let a button walk a slider to its end, or there from its beginning, and pause. */
const walking = (button, slider, pause, look) => {
  let timer = 0;
  const go = (place) => {
    slider.value = place;
    slider.dispatchEvent(new Event("input"));
  };
  const stop = () => {
    timer = clearInterval(timer) ?? 0;
    look(false);
  };
  button.addEventListener("click", (event) => {
    event.preventDefault(); // a label around it would focus the slider
    if (timer) return stop();
    if (slider.value === slider.max) go(0);
    timer = setInterval(() => {
      go(Number(slider.value) + 1);
      if (slider.value === slider.max) stop();
    }, pause);
    return look(true);
  });
  look(false);
};
