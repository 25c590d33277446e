"""How fast is the time machine? A slider over recorded iterations beside `interact`, in JupyterLab.

    python -m benchmarks.time_machine [--turns 2] [--moves 40] [--json result.json]

Browser, server and kernel share one core (Linux). Chapter 07's playground has played 2000
iterations; an arrow key goes to another one, and the page waits for its picture. `interact` draws
the same picture anew with the inline backend. "kept" steps from one kept state to the next;
"between" to the middles, from where 25 iterations are played again. The turns are interleaved, each
with a new kernel. Then 10,000 iterations are played, and the tape is weighed.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import torch

from benchmarks import ratios
from benchmarks.slider_latency import NEW_PICTURE, WATCHER, freest_core
from gan_edu.chapters.ch07_playground.playground import Playground
from tests.helpers import lab

SETUP = """
import torch
torch.set_num_threads(1)
import matplotlib.pyplot as plt
from IPython.display import display
from ipywidgets import interact
from gan_edu import stage
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.scenes import playground_scene
ground = Playground()
for _ in range(2000):
    ground.play_iteration()
ground.moment = 1000"""
NOTEBOOKS = {
    "interact": """
def draw(moment=1000):
    ground.moment = moment
    display(playground_scene().figure(ground))
interact(draw, moment=(0, 2000, 50));""",
    "kept": 'stage.play(ground, playground_scene(), moment=(0, 2000, 50), alt="A recorded game.")',
    "between": """
ground.moment = 1025
stage.play(ground, playground_scene(), moment=(25, 1975, 50), alt="A recorded game.")""",
}
LONG, MOST_MB = 10_000, 100  # iterations of a long game, and what its tape may take


def moved(browser, address: str, moves: int) -> list[float]:
    """Return the milliseconds from each arrow key to its picture."""
    page = lab.open_notebook(browser, address, 1200, 1600)
    page.evaluate(WATCHER)
    lab.run_all(page)
    page.wait_for_function("window.watching.log.length > 0", timeout=120_000)
    page.wait_for_timeout(1500)
    page.locator(".noUi-handle").last.focus()  # a player has its pace first
    times = []
    for move in range(moves):
        seen = page.evaluate("window.watching.log.length")
        page.keyboard.press("ArrowRight" if move % 20 < 10 else "ArrowLeft")
        page.wait_for_function(NEW_PICTURE, arg=seen, timeout=20_000, polling=30)
        times.append(page.evaluate("n => watching.log[n][0] - watching.key", seen))
        page.wait_for_timeout(500)  # until the sharp picture has come too
    page.evaluate("window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    page.close()
    return times


def weighed() -> float:
    """Return how many megabytes the tape of a long game takes."""
    ground = Playground()
    for _ in range(LONG):
        ground.play_iteration()
    return ground._tape.bytes / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--json", type=Path, help="write the ratios here")
    options = parser.parse_args()
    os.sched_setaffinity(0, {freest_core()})
    torch.set_num_threads(1)
    times = {name: [] for name in NOTEBOOKS}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, cell in NOTEBOOKS.items():
            lab.write_notebook(root / f"{name}.ipynb", [SETUP, cell])
        with lab.server(root) as url, lab.chromium() as browser:
            for _ in range(options.turns):
                for name, found in times.items():
                    found += moved(browser, f"{url}/doc/tree/{name}.ipynb", options.moves)
    tape = weighed() / MOST_MB
    base, kept, between = (statistics.median(found) for found in times.values())
    print(f"interact {base:.0f} ms, kept {kept:.0f} ms, between {between:.0f} ms", file=sys.stderr)
    rows = [
        ratios.at_most(0.35, "time machine: from key to pixels", "interact", kept / base),
        ratios.at_most(1, f"time machine: {LONG:,} iterations", f"{MOST_MB} MB", tape),
    ]
    ratios.report(rows, options.json)


if __name__ == "__main__":
    main()
