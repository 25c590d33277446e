"""How smoothly does a running game play? Chapters 04's and 07's in JupyterLab, on one core.

    python -m benchmarks.play_frames [--seconds 5] [--repeats 3] [--json result.json]

Browser, server and kernel share one core (Linux). A frame counts when the page has loaded a new
picture or, where the page draws a plane itself, has painted it; iterations are read off the page's
own counter. Pausing takes from the click until the counter changes for the last time. While the
game plays, the kernel is asked for 1 + 1.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import torch
from game_speed import plain
from slider_latency import WATCHER, freest_core

from benchmarks import ratios
from tests.helpers import lab

PACE = 1100  # iterations a second of the plain loop on the core that the bars were set on

SETUP = """
import torch
torch.set_num_threads(1)
from gan_edu import stage
from gan_edu.chapters.line_scenes import duel_scene
from gan_edu.chapters.ch07_playground import playground
from gan_edu.recipes import line_match
from gan_edu.chapters.ch07_playground.scenes import playground_scene"""
GAMES = {  # name: (cell, frames a second, iterations a frame)
    "chapter 04, the line": ("""
stage.play(
    line_match("bell"), duel_scene("bell"), d_steps=(1, 5),
    lr_d=stage.log(1e-4, 0.1), lr_g=stage.log(1e-4, 0.1),
    alt="A discriminator, a generator, gaps and losses.",
)""", 15, 10),
    "chapter 07, the ring of 8": ("""
stage.play(
    playground.Playground(), playground_scene(), pace=5, **playground.controls(),
    alt="Samples, colours and arrows in the plane, losses, a distance.",
)""", 12, 5),
}  # fmt: skip
# How many frames were shown: pictures, or paints of a plane, each of which sets the pen once.
COUNT_PAINTS = """() => {
    const pens = CanvasRenderingContext2D.prototype, plain = pens.setTransform;
    window.paints = 0;
    pens.setTransform = function (...a) { window.paints += 1; return plain.apply(this, a); };
}"""
SHOWN = "document.querySelector('.gan-plane') ? window.paints : window.watching.log.length"
FIND_COUNTER = """() => {
    window.counter = [...document.querySelectorAll('.widget-html-content')]
        .find(label => label.textContent.includes('iterations played'));
}"""
COUNTER = "window.counter.textContent.split(' ')[0].replace(/,/g, '')"
PRESS = """name => {
    const buttons = [...document.querySelectorAll('.jupyter-button')];
    buttons.find(button => button.innerText.trim() === name).click();
    return performance.now();
}"""
# Returns when the counter, looked at for a second and a half, has changed for the last time.
LAST_CHANGE = """() => new Promise(done => {
    const read = () => window.counter.textContent, start = performance.now();
    let last = read(), at = 0;
    const look = () => {
        if (read() !== last) { last = read(); at = performance.now(); }
        if (performance.now() - start < 1500) requestAnimationFrame(look); else done(at);
    };
    look();
})"""


def measure(page, seconds: float) -> dict[str, float]:
    """Return one stretch of play: frames a second, iterations per frame, time of a pause."""
    page.evaluate(PRESS, "Play")
    page.wait_for_timeout(1000)
    before = page.evaluate(SHOWN), int(page.evaluate(COUNTER))
    page.wait_for_timeout(1000 * seconds)
    frames, iterations = page.evaluate(SHOWN), int(page.evaluate(COUNTER))
    asked = time.perf_counter()
    assert lab.kernel_says(page, "1 + 1") == "2"
    answer = time.perf_counter() - asked
    clicked = page.evaluate(PRESS, "Pause")
    pause = max(0.0, page.evaluate(LAST_CHANGE) - clicked)
    shown = frames - before[0]
    return {
        "frames a second": shown / seconds,
        "iterations a frame": (iterations - before[1]) / max(1, shown),
        "pause, ms": pause,
        "1 + 1 while it plays, ms": 1000 * answer,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the ratios here")
    options = parser.parse_args()
    os.sched_setaffinity(0, {freest_core()})
    torch.set_num_threads(1)
    found = {name: play(game[0], options) for name, game in GAMES.items()}
    for name, rows in found.items():
        report(name, rows)
    ratios.report([row for name in found for row in bars_of(name, found[name])], options.json)


def bars_of(name: str, rows: list[dict[str, float]]) -> list[ratios.Ratio]:
    """Return the medians over what the bars ask for."""
    middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
    _, frames, iterations = GAMES[name]
    pace = middle["at the bars' pace"] / frames
    filled = middle["iterations a frame"] / iterations
    return [
        ratios.at_least(1, f"{name}: frames/s at {PACE} plain iterations/s", f"{frames}", pace),
        ratios.at_least(1, f"{name}: iterations a frame", f"{iterations}", filled),
        ratios.at_most(1, f"{name}: until it pauses", "200 ms", middle["pause, ms"] / 200),
    ]


def play(cell: str, options) -> list[dict[str, float]]:
    """Open a game in a new JupyterLab; return what is measured, once for each repeat."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lab.write_notebook(root / "play.ipynb", [SETUP, cell])
        with lab.server(root) as url, lab.chromium() as browser:
            page = lab.open_notebook(browser, f"{url}/doc/tree/play.ipynb", 1200, 1400)
            page.evaluate(WATCHER)
            page.evaluate(COUNT_PAINTS)
            lab.run_all(page)
            page.wait_for_function("window.watching.log.length > 0", timeout=60_000)
            page.evaluate(FIND_COUNTER)
            return [paced(page, options.seconds) for _ in range(options.repeats)]


def paced(page, seconds: float) -> dict[str, float]:
    """Return `measure`'s findings, and the frames at the pace that the bars were set for."""
    before = plain_iterations()
    found = measure(page, seconds)
    here = (before + plain_iterations()) / 2
    frames = found["frames a second"]
    return (
        {"frames a second": frames, "at the bars' pace": frames * PACE / here}
        | found
        | {"plain loop, iterations/s": here}
    )


def plain_iterations(seconds: float = 1.5) -> float:
    """Return how many iterations a second the plain loop plays on this core now."""
    play_iteration, iterations, start = plain(), 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        play_iteration()
        iterations += 1
    return iterations / seconds


def report(game: str, rows: list[dict[str, float]]) -> None:
    """Print the median and the extremes of each quantity."""
    print(game)
    for name in rows[0]:
        values = [row[name] for row in rows]
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{name:26}{middle:8.1f}  ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
