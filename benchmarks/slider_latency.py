"""How fast does a figure follow a slider? `explore` against `interact`, in JupyterLab in Chromium.

    python -m benchmarks.slider_latency [--turns 2] [--moves 40] [--json result.json]

Browser, server and kernel share one core (Linux). The same two-panel figure is drawn by
`ipywidgets.interact` with the inline backend, by `stage.explore` with a scene, and by
`stage.explore` with a plain function; the turns are interleaved, each with a new kernel. New
pixels are seen by the page itself: at each animation frame it looks whether the output's image
has a new source and is loaded.
"""

import argparse
import base64
import io
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import ratios
from tests.helpers import lab

FIGURE = """
x = np.linspace(-5, 5, 400)
p = np.exp(-x**2 / 2) / np.sqrt(2 * np.pi)
shifts = np.linspace(-4, 4, 101)
def decorate(left, right):
    left.plot(x, p, "--", color="#222222", label="real")
    left.set(title="Two densities", xlabel="x", ylabel="density", ylim=(0, 0.5))
    right.plot(shifts, shifts**2 / 2, color="#222222")
    right.set(title="How far apart?", xlabel="shift", ylabel="KL (nats)", xlim=(-4.2, 4.2))
def lines(left, right):
    moving, = left.plot(x, p, color="#D55E00", label="fake")
    dot, = right.plot([0], [0], "o", ms=12, color="#007A5A")
    return moving, dot
def move(moving, dot, k):
    mu = shifts[k]
    moving.set_ydata(np.exp(-(x - mu)**2 / 2) / np.sqrt(2 * np.pi))
    dot.set_data([mu], [mu**2 / 2])
"""
NOTEBOOKS = {
    "interact": [
        "import numpy as np\nimport matplotlib.pyplot as plt\nfrom ipywidgets import interact",
        FIGURE,
        """
def draw(k=20):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), dpi=100, layout="constrained")
    decorate(left, right)
    move(*lines(left, right), k)
    left.legend(loc="upper right")
    plt.show()
interact(draw, k=(0, 100));""",
    ],
    "explore, scene": [
        "import numpy as np\nfrom gan_edu import stage",
        FIGURE,
        """
@stage.scene
def shifted(left, right):
    decorate(left, right)
    artists = lines(left, right)
    left.legend(loc="upper right")
    def update(k=20):
        move(*artists, k)
    return update
stage.explore(shifted, k=(0, 100), alt="Two densities, and their divergence over the shift.")""",
    ],
    "explore, plain function": [
        "import numpy as np\nfrom gan_edu import stage",
        FIGURE,
        """
def draw(left, right, k=20):
    decorate(left, right)
    move(*lines(left, right), k)
    left.legend(loc="upper right")
stage.explore(draw, k=(0, 100), alt="Two densities, and their divergence over the shift.")""",
    ],
}
# Watches the output: `log` gets [time, width of the image] for each new picture, `faults` counts
# the animation frames in which an output that had a picture has none, or one of another height.
WATCHER = """() => {
    const state = window.watching = {log: [], faults: 0, source: null, key: 0, height: 0};
    document.addEventListener('keydown', () => { state.key = performance.now(); }, true);
    state.image = () => document.querySelector('.jp-OutputArea-output img');
    const look = () => {
        const image = state.image();
        const good = image && image.complete && image.naturalWidth > 0;
        if (good && image.src !== state.source) {
            state.source = image.src;
            state.log.push([performance.now(), image.naturalWidth]);
        }
        const height = image ? image.getBoundingClientRect().height : 0;
        if (state.height && height !== state.height) state.faults += 1;
        state.height = height || state.height;
        requestAnimationFrame(look);
    };
    look();
    state.start = performance.now();
}"""
NEW_PICTURE = "n => window.watching.log.length > n"
# Where the green dot is, as a fraction of the picture's width: it tells which value is shown.
DOT = """() => {
    const image = window.watching.image();
    const canvas = new OffscreenCanvas(900, 360);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0, 900, 360);
    const {data} = context.getImageData(0, 0, 900, 360);
    let sum = 0, count = 0;
    for (let i = 0; i < data.length; i += 4)
        if (data[i] < 30 && data[i + 1] > 100 && data[i + 2] < 120) {
            sum += (i / 4) % 900; count += 1;
        }
    return sum / count / 900;
}"""
# Drags the handle from left to right, 100 changes in 2 s.
DRAG = """async () => {
    const handle = document.querySelector('.noUi-handle');
    const track = document.querySelector('.noUi-base').getBoundingClientRect();
    const y = track.y + track.height / 2;
    const fire = (type, target, x) => target.dispatchEvent(new MouseEvent(type, {
        clientX: x, clientY: y, buttons: 1, bubbles: true, cancelable: true, view: window}));
    fire('mousedown', handle, track.x);
    const start = performance.now();
    let last = 0;
    for (let k = 1; k <= 100; k++) {
        const wait = start + 20 * k - performance.now();
        if (wait > 0) await new Promise(done => setTimeout(done, wait));
        fire('mousemove', document.documentElement, track.x + track.width * k / 100);
        last = performance.now();
    }
    fire('mouseup', document.documentElement, track.x + track.width);
    return [start, last];
}"""


def freest_core() -> int:
    """Return the core that was idle for most of the last second."""
    before = _idle_ticks()
    time.sleep(1)
    gained = {core: ticks - before[core] for core, ticks in _idle_ticks().items()}
    return max(gained, key=gained.get)


def _idle_ticks() -> dict[int, int]:
    rows = [line.split() for line in Path("/proc/stat").read_text("utf-8").splitlines()]
    allowed = os.sched_getaffinity(0)
    ticks = {int(r[0][3:]): int(r[4]) for r in rows if r[0].startswith("cpu") and r[0] != "cpu"}
    return {core: idle for core, idle in ticks.items() if core in allowed}


def cpu_ms(pid: int) -> float:
    """Return the CPU time of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(browser, address: str, moves: int) -> dict:
    """Return one turn's figures for one notebook."""
    page = lab.open_notebook(browser, address, 1200, 1600)
    page.evaluate(WATCHER)
    lab.run_all(page)
    page.wait_for_function("window.watching.log.length > 0", timeout=60_000)
    first = page.evaluate("window.watching.log[0][0] - window.watching.start")
    pid = int(lab.kernel_says(page, "__import__('os').getpid()"))
    page.wait_for_timeout(1500)
    tapped, cpu = _tap(page, pid, moves, pause=50)
    _, cpu_rested = _tap(page, pid, moves // 4, pause=500)
    result = {"first": first, "key": tapped, "cpu": cpu, "cpu_rested": cpu_rested, **_drag(page)}
    page.evaluate("window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    page.close()
    return result


def _tap(page, pid: int, moves: int, pause: int) -> tuple[list[float], float]:
    """Press arrow keys; return the milliseconds to new pixels, and kernel CPU ms a move."""
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1000)
    times, before = [], cpu_ms(pid)
    for _ in range(moves):
        seen = page.evaluate("window.watching.log.length")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(NEW_PICTURE, arg=seen, timeout=10_000, polling=30)
        times.append(page.evaluate("n => watching.log[n][0] - watching.key", seen))
        page.wait_for_timeout(pause)
    page.wait_for_timeout(500)
    return times, (cpu_ms(pid) - before) / moves


def _drag(page) -> dict:
    page.keyboard.press("Home")
    page.wait_for_timeout(1500)
    page.evaluate("() => { watching.log.length = 0; watching.faults = 0; }")
    start, last = page.evaluate(DRAG)
    page.wait_for_timeout(1500)
    log = page.evaluate("window.watching.log")
    shown = page.evaluate(DOT)
    moving = [t for t, width in log if width == min(w for _, w in log)]
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(600)
    beside = page.evaluate(DOT)
    page.keyboard.press("End")
    page.wait_for_timeout(1000)
    end = page.evaluate(DOT)
    return {
        "seconds": (last - start) / 1000,
        "frames": sum(start <= t <= last for t, _ in log),
        "lag": moving[-1] - last,
        "right": abs(shown - end) < 1e-3 < abs(beside - end),
        "faults": page.evaluate("window.watching.faults") + _blank_frames(page),
    }


def _blank_frames(page) -> int:
    """Drag once more, filmed: return how many frames of the film show an emptier picture."""
    page.keyboard.press("Home")
    page.wait_for_timeout(1000)
    box = page.locator(".jp-OutputArea-output img").bounding_box()
    film, camera = [], page.context.new_cdp_session(page)

    def keep(frame):
        film.append(
            np.asarray(Image.open(io.BytesIO(base64.b64decode(frame["data"]))).convert("L"))
        )
        camera.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    camera.on("Page.screencastFrame", keep)
    camera.send("Page.startScreencast", {"format": "png"})
    page.evaluate(DRAG)
    page.wait_for_timeout(1000)
    camera.send("Page.stopScreencast")
    zoom = film[0].shape[1] / page.viewport_size["width"]
    x, y, w, h = (round(box[side] * zoom) for side in ("x", "y", "width", "height"))
    ink = np.array([(frame[y : y + h, x : x + w] < 120).sum() for frame in film])
    return int((ink < 0.7 * np.median(ink)).sum())


def table(results: dict[str, list[dict]]) -> str:
    """Return the medians as a plain table, with the ratios to `interact`."""
    base = {key: median(results["interact"], key) for key in ("key", "cpu", "first")}
    head = ["", "key ms", "ratio", "CPU ms", "ratio", "rested CPU", "first ms", "ratio"]
    rows = [[*head, "frames", "lag ms", "last right", "faults"]]
    for name, turns in results.items():
        row = [name]
        for key in ("key", "cpu", "cpu_rested", "first"):
            row.append(f"{median(turns, key):.1f}")
            if key in base:
                row.append(f"{median(turns, key) / base[key]:.3f}")
        row += [f"{median(turns, 'frames'):.1f}", f"{median(turns, 'lag'):.0f}"]
        row += [str(all(r["right"] for r in turns)), str(sum(r["faults"] for r in turns))]
        rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(r, widths, strict=True)) for r in rows)


def median(turns: list[dict], key: str) -> float:
    """Return the median over the turns; of all moves, where a turn has many."""
    return statistics.median(np.ravel([r[key] for r in turns]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--json", type=Path, help="write the ratios here")
    options = parser.parse_args()
    os.sched_setaffinity(0, {freest_core()})
    results = {name: [] for name in NOTEBOOKS}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number, cells in enumerate(NOTEBOOKS.values()):
            lab.write_notebook(root / f"{number}.ipynb", cells)
        with lab.server(root) as url, lab.chromium() as browser:
            for turn in range(options.turns):
                names = list(enumerate(NOTEBOOKS))
                for number, name in names if turn % 2 == 0 else reversed(names):
                    address = f"{url}/doc/tree/{number}.ipynb"
                    results[name].append(measure(browser, address, options.moves))
                    print(f"turn {turn + 1}: {name}", file=sys.stderr)
    print(table(results))
    ratios.report(bars_of(results), options.json)


def bars_of(results: dict[str, list[dict]]) -> list[ratios.Ratio]:
    """Return what a scene is asked for: against `interact`, and against numbers."""
    scene, interact = results["explore, scene"], results["interact"]
    found = []
    for bar, key, words in (
        (0.33, "key", "from key to pixels"),
        (0.1, "cpu", "kernel's CPU"),
        (1.2, "first", "first picture"),
    ):
        ratio = median(scene, key) / median(interact, key)
        found.append(ratios.at_most(bar, f"slider: {words}", "interact", ratio))
    faults = sum(not row["right"] or row["faults"] > 0 for row in scene) / len(scene)
    return [
        *found,
        ratios.at_least(1, "slider: frames in a drag", "22", median(scene, "frames") / 22),
        ratios.at_most(1, "slider: lag at the end", "150 ms", median(scene, "lag") / 150),
        ratios.at_most(0, "slider: faulty turns", "all turns", faults),
    ]


if __name__ == "__main__":
    main()
