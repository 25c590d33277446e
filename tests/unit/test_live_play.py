"""A running game: iterations in slices on the event loop, and it stops when nobody looks."""

import asyncio
import re
import threading
import time
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest
import traitlets
from ipykernel.eventloops import loop_asyncio

from gan_edu import stage
from gan_edu.stage import cells, loops, painting, playing, stills
from tests.helpers import shown
from tests.helpers.playing import played

ALT = "A walk."


class Walk:
    """A game without torch: one random step an iteration."""

    def __init__(self, bad: int = -1):
        self.size, self.bad, self.threads, self.slow = 1.0, bad, set(), 0.0
        self.reset()

    def reset(self):
        self.rng, self.iterations, self.path = np.random.default_rng(0), 0, [0.0]

    def play_iteration(self):
        if self.iterations == self.bad:
            raise FloatingPointError("the walker's loss is nan")
        time.sleep(self.slow)
        self.threads.add(threading.current_thread())
        self.path.append(self.path[-1] + self.size * self.rng.normal())
        self.iterations += 1

    def step_generator(self):
        self.path.append(100.0)


@stage.scene
def walk(ax):
    """The way so far."""
    (line,) = ax.plot([], [])
    ax.set(xlim=(0, 200), ylim=(-30, 30))

    def update(game):
        line.set_data(range(len(game.path)), game.path)
        ax.set_title(f"{game.iterations}")

    return update


def buttons(player) -> dict[str, ipywidgets.Button]:
    row = player.children[1].children
    return {b.description: b for b in row if isinstance(b, ipywidgets.Button)}


def page(player, open_: bool = True) -> None:
    """Stand in for the page: one view, and what the image tells comes back as `count`."""
    player.image._view_count = int(open_)
    if open_:
        player.count.value = player.image.told
        player.image.observe(lambda c: setattr(player.count, "value", c.new), "told")


def played_by_hand(seconds: float, *acts, bad: int = -1, slow: float = 0.0, open_: bool = True):
    """Open a game in an event loop, do one act after another, wait between; return the player."""

    async def session():
        player = stage.play(Walk(bad), walk, size=(0.0, 5.0), alt=ALT)
        player.game.slow = slow
        page(player, open_)
        for act in acts:
            act(player)
            await asyncio.sleep(seconds)
        return player

    return asyncio.run(session())


def push(word: str):
    return lambda player: buttons(player)[word].click()


# --- without a screen -----------------------------------------------------------------------------


def test_run_plays_up_to_an_iteration_and_no_further():
    player = stage.play(Walk(), walk, alt=ALT)
    assert player.run(30) is player.game
    assert player.game.iterations == 30
    player.run(30)
    assert player.game.iterations == 30, "they are played already"
    player.run(47)
    alone = played(Walk(), 47)
    assert player.game.path == alone.path
    assert player.image.told == "47 iterations played"


def test_the_pace_has_words_for_its_label_also_beside_other_controls():
    player = stage.play(Walk(), walk, size=(0.0, 5.0), labels={"size": "stride"}, alt=ALT)
    assert [c.description for c in player.controls.values()] == ["iterations per frame", "stride"]


def test_run_leaves_a_sharp_picture_of_the_last_iteration():
    player = stage.play(Walk(), walk, alt=ALT)
    player.run(60)
    there = played(Walk(), 60)
    assert player.image.value == painting.png(painting.render(walk.figure(there), painting.SHARP))


def test_what_the_game_raises_in_run_is_raised_after_the_last_whole_iteration_was_drawn():
    player = stage.play(Walk(bad=7), walk, alt=ALT)
    with pytest.raises(FloatingPointError, match="nan"):
        player.run(20)
    assert player.image.told == "7 iterations played"


def test_a_run_puts_its_last_picture_into_the_notebook(monkeypatch):
    kept = []

    def display(data, **options):
        return SimpleNamespace(update=lambda data, **options: kept.append(data["text/html"]))

    monkeypatch.setattr(stills, "display_in_notebook", display)
    player = stage.play(Walk(), walk, alt=ALT)
    player.run(40)
    (picture,) = shown.pictures({"text/html": kept[-1]})
    last = painting.render(walk.figure(player.game), painting.SHARP)
    np.testing.assert_array_equal(picture.pixels, last[..., :3])


class FakeKernel(traitlets.HasTraits):
    eventloop = traitlets.Any(None)


@pytest.fixture
def foreign(monkeypatch):
    """A kernel that `%gui qt` may give away."""
    kernel = FakeKernel()
    monkeypatch.setattr(loops, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    return kernel


def loop_qt(kernel):
    """Stands for a window system's event loop."""


def told(player) -> str:
    return "".join(output.get("text", "") for output in player.errors.outputs)


def test_a_game_that_plays_stops_and_says_why_if_another_loop_takes_the_kernel(foreign):
    player = stage.play(Walk(), walk, alt=ALT)
    player._set_playing(True)
    foreign.eventloop = loop_qt
    assert not player.playing
    assert told(player) == (
        "A %gui event loop has the kernel, so a game cannot play by itself. Run "
        "%gui without a name, then press Play again; or call .run(iterations)."
    )


def test_a_game_does_not_begin_to_play_under_another_loop_and_does_again_without(foreign):
    foreign.eventloop = loop_qt
    player = stage.play(Walk(), walk, alt=ALT)
    player.switch.click()
    assert (player.playing, told(player)) == (
        False,
        (
            "A %gui event loop has the kernel, so a game cannot play by itself. Run "
            "%gui without a name, then press Play again; or call .run(iterations)."
        ),
    )
    foreign.eventloop = None
    planned = []
    player._later = lambda seconds, act: planned.append(act)
    player.switch.click()
    assert player.playing
    assert len(planned) == 1


def test_the_kernel_s_own_loop_is_no_foreign_one(foreign):
    foreign.eventloop = loop_asyncio
    player = stage.play(Walk(), walk, alt=ALT)
    player._set_playing(True)
    assert not loops.foreign_loop()
    assert player.playing


def test_a_closed_game_listens_to_no_loop(foreign):
    player = stage.play(Walk(), walk, alt=ALT)
    player.close()
    foreign.eventloop = loop_qt
    assert not player.errors


def test_controls_act_on_the_game_s_attributes():
    player = stage.play(Walk(), walk, size=(0.0, 5.0), labels={"size": "step"}, alt=ALT)
    player.controls["size"].value = 0.0
    player.run(10)
    assert player.game.path == [0.0] * 11
    assert player.controls["size"].description == "step"


def test_a_control_follows_a_cell_or_the_game_and_a_hand_wins():
    player = stage.play(Walk(), walk, size=(0.0, 5.0), iterations=(0, 20), pace=1, alt=ALT)
    seen = []
    player.image.observe(seen.append, "value")
    player.game.size = 2.0
    player.run(3)
    assert player.controls["size"].value == 2.0
    assert player.controls["iterations"].value == player.game.iterations == 3
    assert len(seen) <= 2, "no picture for each control"
    player.controls["size"].value = 4.0
    player.run(4)
    assert player.game.size == player.controls["size"].value == 4.0
    player.run(25)
    assert player.controls["iterations"].value == 25, "iterations that it did not know of"
    player.game.size = 9.0
    player.redraw()
    assert player.controls["size"].value == 5.0, "as far as it goes"
    player.redraw()
    assert player.game.size == 9.0
    player.game.size = "large"
    player.redraw()
    assert player.controls["size"].value == 5.0


@pytest.mark.parametrize(
    ("error", "words", "options"),
    [
        (TypeError, "no attribute that is called speed", {"speed": (0, 1)}),
        (TypeError, "no attribute that is called speed", {"labels": {"speed": "v"}}),
        (ValueError, "size starts at 1.0, but must lie between 2 and 3", {"size": (2, 3)}),
        (ValueError, "pace starts at 1000", {"pace": 1000}),
        (ValueError, "alt must say in words", {"alt": " "}),
    ],
)
def test_what_does_not_fit_is_named(error, words, options):
    with pytest.raises(error, match=words):
        stage.play(Walk(), walk, **{"alt": ALT, **options})


def test_there_is_a_button_for_each_step_that_the_game_has():
    names = list(buttons(stage.play(Walk(), walk, alt=ALT)))
    assert names == ["Play", "One iteration", "Step G", "Reset"]


# --- on the event loop ----------------------------------------------------------------------------


def test_it_plays_until_it_is_paused():
    player = played_by_hand(0.4, push("Play"), push("Pause"), lambda p: None)
    iterations = player.game.iterations
    assert iterations >= 20
    assert iterations % 10 == 0, "a picture every ten iterations"
    assert player.image.told == f"{iterations} iterations played"
    assert "Play" in buttons(player)
    assert player.game.threads == {threading.main_thread()}


def test_other_work_is_done_between_the_slices_and_a_pause_is_heard_at_once():
    waits = []

    async def session():
        player = stage.play(Walk(), walk, alt=ALT, pace=100)
        player.game.slow = 0.01  # a picture would take a second
        page(player)
        push("Play")(player)
        for _ in range(10):
            before = time.monotonic()
            await asyncio.sleep(0)
            waits.append(time.monotonic() - before)
        push("Pause")(player)
        iterations = player.game.iterations
        await asyncio.sleep(0.3)
        return player.game.iterations - iterations

    assert asyncio.run(session()) == 0
    assert max(waits) < 0.2


def test_a_pause_within_the_iterations_of_a_picture_shows_the_last_of_them():
    async def session():
        player = stage.play(Walk(), walk, alt=ALT, pace=100)
        player.game.slow = 0.01
        page(player)
        push("Play")(player)
        await asyncio.sleep(0.2)
        push("Pause")(player)
        return player

    player = asyncio.run(session())
    assert 0 < player.game.iterations < 100
    assert player.picture.figure.axes[0].get_title(loc="left") == f"{player.game.iterations}"
    player.close()


def test_play_and_pause_in_quick_turns_start_no_second_clock():
    calls = []
    original = Walk.play_iteration

    def noted(self):
        calls.append(asyncio.get_running_loop().time())
        original(self)

    async def session():
        player = stage.play(Walk(), walk, alt=ALT, pace=1)
        page(player)
        player.game.play_iteration = lambda: noted(player.game)
        for _ in range(5):
            push("Play")(player)
            await asyncio.sleep(0.005)
            push("Pause")(player)
        push("Play")(player)
        await asyncio.sleep(0.02)
        calls.clear()
        await asyncio.sleep(0.5)
        player.pause()

    asyncio.run(session())
    assert len(calls) <= 0.5 / playing.FRAME + 2, "one iteration a picture, and one clock"


def test_steps_and_iterations_by_hand():
    player = played_by_hand(0.05, push("One iteration"), push("One iteration"), push("Step G"))
    assert (player.game.iterations, player.game.path[-1]) == (2, 100.0)
    assert player.picture.figure.axes[0].get_title("left") == "2"


def test_reset_is_bit_for_bit_the_start_and_keeps_the_settings():
    def wide(player):
        player.controls["size"].value = 3.0

    player = played_by_hand(0.2, wide, push("Play"), push("Reset"))
    assert not player.playing
    assert player.game.path == [0.0]
    player.run(25)
    alone = Walk()
    alone.size = 3.0
    played(alone, 25)
    assert player.game.path == alone.path


def test_sliders_act_while_it_runs():
    def narrow(player):
        player.controls["size"].value = 0.0
        player.marked = len(player.game.path)

    player = played_by_hand(0.2, push("Play"), narrow, push("Pause"))
    assert player.game.iterations > player.marked
    assert len(set(player.game.path[player.marked :])) == 1


def test_an_error_stops_the_game_and_says_after_which_iteration():
    player = played_by_hand(0.3, push("Play"), bad=13)
    assert not player.playing
    note, report = player.errors.outputs
    assert note["text"] == "The game has stopped after iteration 13:\n"
    assert report["ename"] == "FloatingPointError"
    assert player.picture.figure.axes[0].get_title("left") == "13"
    player.game.bad = -1
    player.run(14)
    player.redraw()
    assert player.errors.outputs == ()


@pytest.mark.parametrize("gone", ["view", "page"])
def test_a_game_that_nobody_sees_pauses_itself(monkeypatch, gone):
    monkeypatch.setattr(playing, "PATIENCE", 0.05)

    def leave(player):
        if gone == "view":
            player.image._view_count = 0
        else:
            player.image.unobserve_all()
            player.left_at = player.game.iterations

    player = played_by_hand(0.3, push("Play"), leave, lambda p: None)
    assert not player.playing
    if gone == "page":
        last = playing.ASKED + playing.AHEAD  # pictures until it asks, and until it waits
        assert player.game.iterations <= player.left_at + 10 * last


def answer_late(player, seconds: float) -> None:
    """Stand in for a page whose answers take their time; it tells only what is news to itself."""
    loop = asyncio.get_running_loop()
    player.image.unobserve_all("told")
    shown, arriving = [player.count.value], []

    def paint(words):
        if words != shown[-1]:
            shown.append(words)
            loop.call_later(seconds, arrive, words)

    def arrive(words):
        arriving.append(words)
        player.count.value = words
        arriving.clear()

    def follow(change):
        if not arriving:
            shown.append(change.new)

    player.count.observe(follow, "value")
    player.image.observe(lambda change: loop.call_soon(paint, change.new), "told")


def test_an_answer_that_was_under_way_at_a_pause_is_an_answer():
    async def session():
        player = stage.play(Walk(), walk, alt=ALT)
        page(player)
        answer_late(player, 0.12)
        for _ in range(4):
            push("Play")(player)
            await asyncio.sleep(0.2)
            push("Pause")(player)
            await asyncio.sleep(0.3)
            assert player._is_heard
        player.close()

    asyncio.run(session())


def test_a_slow_kernel_is_no_reason_to_pause():
    player = played_by_hand(0.05, push("Play"), lambda p: time.sleep(playing.PATIENCE + 0.2))
    assert player.playing
    player.close()


def test_closing_ends_the_game_and_leaves_no_widget():
    before = len(ipywidgets.widget._instances)
    player = played_by_hand(0.1, push("Play"), cells.close_all, lambda p: None)
    iterations = player.game.iterations
    time.sleep(0.1)
    assert player.game.iterations == iterations
    assert not player.playing
    assert len(ipywidgets.widget._instances) == before


def test_no_widget_holds_one_that_is_closed_after_a_player_is():
    stage.play(Walk(), walk, alt=ALT, size=(0.1, 2.0)).close()
    states = [widget.get_state() for widget in [*ipywidgets.widget._instances.values()]]
    held = set(re.findall(r"IPY_MODEL_(\w+)", str(states)))
    assert held <= ipywidgets.widget._instances.keys()


def test_a_game_in_a_cell_is_shown_once():
    assert stage.play(Walk(), walk, alt=ALT)._ipython_display_() is None


def test_folded_controls_act_like_others_and_lie_below_the_picture():
    player = stage.play(Walk(), walk, size=(0.0, 5.0), folded={"more": ["size"]}, alt=ALT)
    *_, picture, drawers = player.children
    assert picture is player.image
    assert drawers.children[0].children == (player.controls["size"],)
    player.controls["size"].value = 3.0
    assert player.run(1).size == 3.0


def test_what_is_folded_must_be_a_control():
    with pytest.raises(TypeError, match="no control is called stride"):
        stage.play(Walk(), walk, size=(0.0, 5.0), folded={"more": ["stride"]}, alt=ALT)


def test_closing_twice_is_no_error(foreign):
    player = stage.play(Walk(), walk, alt=ALT)
    player.close()
    player.close()
    assert player.picture is None
