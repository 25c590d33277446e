// Pictures under a slider: the element before this script.
const here = document.currentScript.previousElementSibling;
const { play, pause, every, frames } = JSON.parse(here.querySelector("script").textContent);
const [picture, button, slider, says] = ["img", "button", "input", "output"].map((name) =>
  here.querySelector(name));
const show = () => { picture.src = frames[slider.value][1]; };
recording(slider, says, frames.map(([words]) => words), show);
walking(button, slider, every, (playing) => { button.textContent = playing ? pause : play; });
