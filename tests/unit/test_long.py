"""An afternoon at full speed: hours of play and thousands of moves cost neither memory nor pace."""

import statistics

import pytest

from tests.helpers.kernel import Kernel

# A game in a kernel that sends each picture, as to an open page, but waits for none.
OPEN = """
import asyncio, ctypes, gc, itertools, os, time
import torch
from gan_edu import stage
from gan_edu import recipes
from gan_edu.chapters.line_scenes import duel_scene
from gan_edu.chapters.ch07_playground import playground, tape
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.stage import playing
torch.set_num_threads(1)
playing.FRAME, tape.MOST_BYTES = 0, 4_000_000  # a tape that is soon full: it may fill, not grow
player = stage.play({game}, alt="a game")
player.image._view_count = 1
pictures = itertools.count()
def shown(change):
    next(pictures)
    player.count.value = change.new
player.front.observe(shown, "told")
drawn = lambda: pictures.__reduce__()[1][0]
def megabytes():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps for later is not lost
    with open("/proc/self/statm", encoding="utf-8") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
def found(began, count):
    spent = (time.process_time() - began) / count
    print(megabytes(), 1000 * spent, player.errors.outputs)
"""
RING = "playground.Playground(), playground_scene(), pace=5, **playground.controls()"
LINE = "recipes.line_match('normal'), duel_scene('normal'), pace=1, d_steps=(1, 5)"
PLAY = """
began, until = time.process_time(), drawn() + {count}
player.switch.click()
while player.playing and drawn() < until:
    await asyncio.sleep(0.01)
player.switch.click()
found(began, {count})
"""
MOVE = """
def places(control):
    if hasattr(control, "options"):
        return [value for _, value in control._options_full]
    if isinstance(control.value, bool):
        return [True, False]
    low, high = getattr(control, "min", 0), getattr(control, "max", 9)
    return [type(control.value)(low + (high - low) * i / 9) for i in range(10)]
moves = [(c, value) for c in player.controls.values() for value in places(c)]
began = time.process_time()
for control, value in itertools.islice(itertools.cycle(moves), {count}):
    control.value = value
found(began, {count})
"""


@pytest.fixture
def kernel():
    kernel = Kernel()
    yield kernel
    kernel.close()


def measured(kernel: Kernel, code: str, count: int) -> tuple[float, float]:
    """Return the memory after `count` of something, in MB, and the CPU ms that one has taken."""
    megabytes, milliseconds, errors = kernel.run(code.format(count=count)).split(" ", 2)
    assert errors.strip() == "()", errors
    return float(megabytes), float(milliseconds)


def test_hundreds_of_pictures_and_moves_leave_the_memory_alone(kernel):
    kernel.run(OPEN.format(game=RING))
    for code, few, many in ((PLAY, 120, 120), (MOVE, 165, 165)):
        first, _ = measured(kernel, code, few)
        last, _ = measured(kernel, code, many)
        assert last < 1.05 * first


@pytest.mark.slow
@pytest.mark.parametrize(("game", "pictures"), [(LINE, 108_000), (RING, 20_000)])
def test_two_hours_of_play_cost_neither_memory_nor_pace(kernel, game, pictures):
    """At 15 pictures a second two hours have 108,000 of them; a fifth of it where each is dear."""
    kernel.run(OPEN.format(game=game))
    for code, count in ((PLAY, pictures), (MOVE, 10_000)):
        found = [measured(kernel, code, count // 20) for _ in range(20)]
        print(*(f"{megabytes:.0f} MB {ms:.1f} ms" for megabytes, ms in found), sep="; ")
        memory, pace = zip(*found, strict=True)
        assert statistics.median(memory[-5:]) < 1.05 * statistics.median(memory[:5])
        assert statistics.median(pace[-5:]) < 1.1 * statistics.median(pace[:5])
