// Pictures under a slider that need no kernel: the element before this script.
{
  const here = document.currentScript.previousElementSibling;
  const { play, pause, every, frames } = JSON.parse(here.querySelector("script").textContent);
  const [picture, button, slider, says] = ["img", "button", "input", "output"].map((name) =>
    here.querySelector(name));
  let timer = 0;
  const show = () => {
    [says.textContent, picture.src] = frames[slider.value];
    slider.setAttribute("aria-valuetext", says.textContent);
    button.textContent = timer ? pause : play;
  };
  const stop = () => { timer = clearInterval(timer) ?? 0; };
  const step = () => {
    slider.value = Number(slider.value) + 1;
    if (slider.value === slider.max) stop();
    show();
  };
  button.addEventListener("click", () => {
    if (timer) stop();
    else timer = setInterval(step, every);
    if (timer && slider.value === slider.max) slider.value = 0;
    show();
  });
  slider.addEventListener("input", show);
  show();
}
