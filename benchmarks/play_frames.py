"""How smoothly does a running game play? Chapters 04's and 07's in JupyterLab.

    python -m benchmarks.play_frames [--seconds 5] [--turns 3] [--json result.json]
    python -m benchmarks.play_frames --only compare

Browser, server and kernel share one core (Linux). A frame counts when the page has loaded a new
picture or, where the page draws a plane itself, has painted new numbers (a paint on the way from
one frame to the next does not count); iterations are read off the page's own counter. Pausing takes
from the click until the counter changes for the last time. While the game plays, the kernel is
asked for 1 + 1.

`compare` plays the ring of 8, ten iterations a frame, as it is now and as it was at the commit OLD,
in turns: all on one core, and with the kernel on a core of its own. It needs the repository.
"""

import argparse
import ast
import contextlib
import io
import os
import statistics
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks import ratios
from benchmarks.game_speed import plain
from benchmarks.slider_latency import freest_core
from tests.helpers import lab

PACE = 1100  # iterations a second of the plain loop on the core that the bars were set on
PLAIN = 1.5  # seconds for which it is played here, to compare

SETUP = """
import torch
torch.set_num_threads(1)
from gan_edu import stage
from gan_edu.chapters.line_scenes import duel_scene
from gan_edu.chapters.ch07_playground import playground
from gan_edu.recipes import line_match
from gan_edu.chapters.ch07_playground.scenes import playground_scene"""
# Each frame of a plane says a number of its own, so that the page can see which it has painted.
NUMBERED = """
from dataclasses import replace
frame_of = player._frame_of
player._frame_of = lambda plane: replace(frame_of(plane), note=str(player.game.iterations))"""
GAMES = {  # name: (cell, frames a second, iterations a frame)
    "chapter 04, the line": ("""
stage.play(
    line_match("normal"), duel_scene("normal"), d_steps=(1, 5),
    lr_d=stage.log(1e-4, 0.1), lr_g=stage.log(1e-4, 0.1),
    alt="A discriminator, a generator, gaps and losses.",
)""", 15, 10),
    "chapter 07, the ring of 8": ("""
player = stage.play(
    playground.Playground(), playground_scene(), pace=5, **playground.controls(),
    alt="Samples, colours and arrows in the plane, losses, a distance.",
)""" + NUMBERED, 12, 5),
}  # fmt: skip
OLD = "2525dcd"  # the last commit whose kernel drew the plane
COMPARED = """
import os, time, torch
torch.set_num_threads(1)
if {core} is not None:
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), {{{core}}})
{imports}
class Timed(playground.Playground):
    spent = 0.0
    def {step}(self):
        began = time.thread_time()
        try:
            return super().{step}()
        finally:
            Timed.spent += time.thread_time() - began
player = {stage}.play(Timed(), playground_scene(), pace=10, alt="A plane.", {controls})
{numbered}
"""
VERSIONS = {
    "old": {
        "imports": "from gan_edu import live\nfrom gan_edu.labs import playground\n"
        "from gan_edu.labs.playground_scene import playground_scene",
        "step": "play_round",
        "stage": "live",
        "controls": "**playground.CONTROLS, folded=playground.FOLDED",
        "numbered": "",
    },
    "new": {
        "imports": "from gan_edu import stage\n"
        "from gan_edu.chapters.ch07_playground import playground\n"
        "from gan_edu.chapters.ch07_playground.scenes import playground_scene",
        "step": "play_iteration",
        "stage": "stage",
        "controls": "**playground.controls()",
        "numbered": NUMBERED,
    },
}
# How many frames were shown: pictures that were loaded, or numbers that a plane has painted.
# Nothing looks at each animation frame: that alone would cost the page a seventh of its core.
COUNT_PICTURES = """() => {
    window.pictures = 0;
    const loaded = event => { window.pictures += event.target.tagName === 'IMG'; };
    document.addEventListener('load', loaded, true);
}"""
COUNT_FRAMES = """() => {
    window.frames_ = 0;
    const note = document.querySelector('.gan-plane .note');
    const shown = new MutationObserver(() => { window.frames_ += 1; });
    if (note) shown.observe(note, {childList: true});
}"""
SHOWN = "document.querySelector('.gan-plane') ? window.frames_ : window.pictures"
FIND_COUNTER = """() => {
    window.counter = [...document.querySelectorAll('.widget-html-content')]
        .find(label => /^[\\d,]+ \\w+ played/.test(label.textContent));
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
    page.bring_to_front()
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
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the ratios here")
    parser.add_argument("--only", choices=["games", "compare"])
    options = parser.parse_args()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {here := freest_core()})
    torch.set_num_threads(1)
    bars = []
    if options.only != "compare":
        found = {name: play(game[0], options) for name, game in GAMES.items()}
        for name, rows in found.items():
            report(name, rows)
            bars += bars_of(name, rows)
    if options.only != "games":
        for core in [None, *sorted(cores - {here})][:2]:
            bars += compared(core, options)
    ratios.report(bars, options.json)


def compared(core: int | None, options) -> list[ratios.Ratio]:
    """Play the old game and the new one in turns; return what the bars ask for.

    The kernel is on `core`, or with None on the one of the browser and the server.
    """
    where = "all on one core" if core is None else "kernel on a core of its own"
    found = {name: [] for name in VERSIONS}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        browser = stack.enter_context(lab.chromium())
        pages = {n: stack.enter_context(opened(n, Path(folder), core, browser)) for n in VERSIONS}
        for _ in range(options.turns):
            for name, page in pages.items():
                found[name].append(measure(page, options.seconds) | costs(page))
    for name, rows in found.items():
        report(f"{name}, {where}", rows)
    middle = {n: {k: statistics.median(r[k] for r in rows) for k in rows[0]}
              for n, rows in found.items()}  # fmt: skip
    frames = {name: row["frames a second"] for name, row in middle.items()}
    new, ratio = middle["new"], frames["new"] / frames["old"]
    bars = [
        ratios.at_least(1.3 if core is None else 1.8, f"ring of 8, {where}: frames/s", OLD, ratio)
    ]
    if core is not None:
        bars += [
            ratios.at_least(1, f"ring of 8, {where}: frames/s", "25", frames["new"] / 25),
            ratios.at_most(1, "kernel beside iterations, a frame", "5 ms", new["beside, ms"] / 5),
            ratios.at_most(1, "on the wire, a frame", "7 kB", new["kB a frame"] / 7),
            ratios.at_most(1, f"ring of 8, {where}: pause", "100 ms", new["pause, ms"] / 100),
        ]
    return bars


@contextlib.contextmanager
def opened(name: str, folder: Path, core: int | None, browser) -> Iterator:
    """Open one version's game in a JupyterLab of its own."""
    root, course = folder / name, lab.REPOSITORY
    root.mkdir()
    if name == "old":
        course = folder / "course"
        archive = ["git", "archive", OLD]
        packed = subprocess.run(archive, cwd=lab.REPOSITORY, check=True, capture_output=True)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
            tar.extractall(course, filter="data")
    lab.write_notebook(root / "play.ipynb", [COMPARED.format(core=core, **VERSIONS[name])])
    with lab.server(root, PYTHONPATH=str(course)) as url:
        page = lab.open_notebook(browser, f"{url}/doc/tree/play.ipynb", 1200, 1400)
        start(page)
        yield page


def start(page) -> None:
    """Run the notebook, and get ready to count."""
    page.evaluate(COUNT_PICTURES)
    lab.run_all(page)
    page.wait_for_function("window.pictures > 0", timeout=60_000)
    page.evaluate(COUNT_FRAMES)
    page.evaluate(FIND_COUNTER)


def costs(page) -> dict[str, float]:
    """Return what a frame costs the kernel and the wire, in a stretch that is not timed."""
    spent, sizes = "(time.process_time(), Timed.spent)", []
    session = page.context.new_cdp_session(page)
    session.on("Network.webSocketFrameReceived", lambda e: sizes.append(size_of(e["response"])))
    page.evaluate(PRESS, "Play")
    page.wait_for_timeout(500)
    session.send("Network.enable")
    shown, before = page.evaluate(SHOWN), ast.literal_eval(lab.kernel_says(page, spent))
    page.wait_for_timeout(2000)
    frames, after = page.evaluate(SHOWN), ast.literal_eval(lab.kernel_says(page, spent))
    frames = max(1, frames - shown)
    session.detach()
    page.evaluate(PRESS, "Pause")
    page.wait_for_timeout(500)
    beside = (after[0] - before[0]) - (after[1] - before[1])
    return {"beside, ms": 1000 * beside / frames, "kB a frame": sum(sizes) / 1000 / frames}


def size_of(received: dict) -> float:
    """Return the bytes of a message, which is told in base64 unless it is text."""
    share = 1 if received["opcode"] == 1 else 3 / 4
    return share * len(received["payloadData"])


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
    """Open a game in a new JupyterLab; return what is measured, once for each turn."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lab.write_notebook(root / "play.ipynb", [SETUP, cell])
        with lab.server(root) as url, lab.chromium() as browser:
            page = lab.open_notebook(browser, f"{url}/doc/tree/play.ipynb", 1200, 1400)
            start(page)
            return [paced(page, options.seconds) for _ in range(options.turns)]


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


def plain_iterations() -> float:
    """Return how many iterations a second the plain loop plays on this core now."""
    play_iteration, iterations, start = plain(), 0, time.perf_counter()
    while time.perf_counter() - start < PLAIN:
        play_iteration()
        iterations += 1
    return iterations / PLAIN


def report(game: str, rows: list[dict[str, float]]) -> None:
    """Print the median and the extremes of each quantity."""
    print(game)
    for name in rows[0]:
        values = [row[name] for row in rows]
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{name:26}{middle:8.1f}  ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
