
// The page of recorded games: each is fetched once it comes into sight.

globalThis.playRecording = (name, codes, pause) =>
  replay(document.getElementById(name), codes, pause);

const language = document.documentElement.lang.startsWith("zh") ? "zh/" : "";
const folder = new URL(`games/${language}`, document.currentScript.src);
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    const src = new URL(`${target.id}.js`, folder);
    document.head.append(Object.assign(document.createElement("script"), { src }));
  }
}, { rootMargin: "300px" });
for (const place of document.querySelectorAll(".gan-replay")) sight.observe(place);
