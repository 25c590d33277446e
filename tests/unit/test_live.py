"""The stage: frames that are right to the pixel, controls that fit, nothing left behind."""

import asyncio
import base64
import contextlib
import functools
import inspect
import io
import json
import math
import re
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote
from xml.etree import ElementTree

import ipywidgets
import matplotlib
import nbclient
import nbformat
import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_edu import record, stage
from gan_edu.stage import artists, cells, controls, exploring, painting, paper, stills
from gan_edu.stage.ordering import Lines
from gan_edu.stage.pad import Pad
from gan_edu.stage.page import Page
from gan_edu.stage.plane import Plane
from gan_edu.stage.sketching import SketchPad
from tests.helpers import shown
from tests.helpers.kernel import Kernel

ROOT = Path(__file__).parents[2]
X = np.linspace(-4, 4, 200)
ALT = "A hill, and where its top is."


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.fixture
def displayed(monkeypatch) -> list:
    """What is displayed, as in a notebook, and what takes its place later."""
    seen = []

    def display(thing, **options):
        seen.append((thing, options))
        return SimpleNamespace(update=functools.partial(display, update=True))

    monkeypatch.setattr(stills, "display_in_notebook", display)
    return seen


@pytest.fixture(autouse=True)
def _nothing_is_known_of_the_learner(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "FILE", str(tmp_path / record.FILE))
    monkeypatch.setattr(record, "_session", {})


def open_widgets() -> int:
    return len(ipywidgets.widget._instances)


@stage.scene(height=3.0)
def hill(left, right):
    """A hill and its top."""
    left.plot(X, np.exp(-(X**2)), "--", label="still")
    (moving,) = left.plot(X, 0 * X, label="moving")
    left.set(ylim=(0, 1.5), title="hill")
    left.legend(frameon=True)
    (top,) = right.plot([0], [0], "o", ms=15, clip_on=False)
    right.plot([-4, 4], [0, 1])

    def update(mu=1.0, height=1.0):
        moving.set_ydata(height * np.exp(-((X - mu) ** 2)))
        top.set_data([mu], [height])

    return update


def drawn(ax, mu=1.0, colour="red", count=3, steep=False, seed=0):
    ax.plot(X, np.exp(-((X - mu) ** 2) * (4 if steep else 1)), color=colour)
    ax.plot(np.random.default_rng(seed).random(count), "o")


# --- frames ---------------------------------------------------------------------------------------


def bars_under_a_grid(ax):
    bars = ax.bar([0, 1, 2], [1, 2, 3])
    ax.grid(visible=True)
    ax.set_axisbelow(False)
    ax.set_ylim(0, 10)

    def update(k):
        for i, bar in enumerate(bars):
            bar.set_height(3 + 3 * math.sin(i + k))

    return update


def image_in_axes(left, right):
    pictures = [ax.imshow(np.zeros((5, 5)), vmin=0, vmax=9) for ax in (left, right)]
    right.axis("off")
    left.annotate("here", (2, 2), (3, 4), arrowprops={"arrowstyle": "->"})

    def update(k):
        for picture in pictures:
            picture.set_data(np.arange(25).reshape(5, 5) % (k + 2))

    return update


def texts_and_twins(ax):
    (line,) = ax.plot(X, X)
    twin = ax.twinx()
    twin.plot(X, X**2, color="red")
    inset = ax.inset_axes([0.1, 0.6, 0.3, 0.3])
    (small,) = inset.plot([0, 1], [0, 1])
    ax.figure.suptitle("all")

    def update(k):
        line.set_ydata(X * math.cos(k))
        small.set_ydata([k / 10, 1])
        ax.set_title(f"k = {k}")

    return update


def overlapping_stills(ax):
    """A fill over a moving line, and a text over both."""
    (line,) = ax.plot(X, X, lw=8)
    ax.fill_between(X, -X, 2, alpha=0.3, zorder=4)
    ax.text(0, 0, "between", size=30, zorder=5, bbox={"facecolor": "yellow", "alpha": 0.5})
    dots = ax.scatter([0, 1], [1, 0], s=200, zorder=6)

    def update(k):
        line.set_ydata(X * math.cos(k))
        dots.set_offsets([[k / 4, 1], [-k / 4, -1]])

    return update


def changing_arrangement(ax):
    """Limits, ticks, new and removed artists, visibility, colour, order: nothing smooth."""
    (line,) = ax.plot(X, X)
    extra = []

    def update(k):
        line.set_ydata(X * k)
        changes = [
            lambda: ax.set_xlim(-k, 5),
            lambda: extra.append(ax.fill_between(X, X, k)),
            lambda: extra.pop().remove() if extra else None,
            lambda: line.set_visible(False),
            lambda: (line.set_visible(True), ax.set_facecolor("lightgrey")),
            lambda: ax.set_xticks([0, 1], ["a", "b"]),
            lambda: ax.axis("off"),
            lambda: (ax.axis("on"), line.set_zorder(9)),
            lambda: (ax.relim(), ax.autoscale()),
            lambda: ax.set_position([0.3, 0.3, 0.4, 0.4]),
            lambda: ax.figure.set_facecolor("beige"),
        ]
        changes[k % len(changes)]()

    return update


def wandering_tick(ax):
    """Nothing moves but a tick, in each frame."""
    ax.set(xlim=(0, 2), ylim=(0, 1))
    return lambda k: ax.set_xticks([k / 6], [f"{k}"])


SMOOTH = [bars_under_a_grid, image_in_axes, texts_and_twins, overlapping_stills]


@pytest.mark.parametrize("build", [*SMOOTH, changing_arrangement, wandering_tick])
@pytest.mark.parametrize("scale", [1, 2])
def test_every_frame_is_what_a_full_drawing_gives(build, scale):
    picture = painting.Picture(*stage.scene(build).open())
    full, update = stage.scene(build).open()  # a twin: drawing it leaves no marks on the picture
    for k in range(12):
        picture.update(k=k)
        with paper.course_style():
            update(k)
        np.testing.assert_array_equal(picture.pixels(scale), painting.render(full, scale))
        full.set_layout_engine("none")


def test_frames_of_both_scales_may_alternate():
    picture = painting.Picture(*hill.open())
    full, update = hill.open()
    for mu in (0.0, 1.0, 2.0, -1.0):
        picture.update(mu=mu)
        update(mu)
        for scale in (1, 2, 1):
            np.testing.assert_array_equal(picture.pixels(scale), painting.render(full, scale))
            full.set_layout_engine("none")


@pytest.mark.parametrize("build", SMOOTH)
def test_what_stays_is_drawn_only_while_the_moving_artists_are_found(build, monkeypatch):
    count = counting(monkeypatch, painting, "_draw")
    picture = painting.Picture(*stage.scene(build).open())
    for k in range(10):
        picture.update(k=k)
        picture.pixels()
    assert len(count) == 2


def counting(monkeypatch, owner, name) -> list:
    calls, real = [], getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *a, **k: calls.append(a) or real(*a, **k))
    return calls


def test_the_layout_is_found_once_so_that_nothing_jumps():
    def growing(ax):
        (line,) = ax.plot([0, 1], [0, 1])

        def update(k):
            ax.set(ylim=(0, 10**k), ylabel="label" * k)
            line.set_ydata([0, 10**k])

        return update

    picture = painting.Picture(*stage.scene(growing).open())
    places = []
    for k in (0, 7):
        picture.update(k=k)
        picture.pixels()
        places.append(picture.figure.axes[0].get_position().bounds)
    assert places[0] == places[1]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_a_png_holds_the_pixels(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    np.testing.assert_array_equal(decoded(painting.png(pixels)), pixels[..., :3])


# --- scenes ---------------------------------------------------------------------------------------


def test_a_scene_has_one_panel_for_each_parameter_and_keeps_its_words():
    assert len(hill.figure().axes) == 2
    assert hill.figure().get_size_inches().tolist() == [paper.FIGURE_WIDTH, 3.0]
    assert hill.__doc__ == "A hill and its top."


def test_a_scene_may_lay_out_its_panels():
    @stage.scene(nrows=2, ncols=2)
    def four(*axes):
        return lambda: axes[3].set_title("last")

    assert [ax.get_title(loc="left") for ax in four.figure().axes] == ["", "", "", "last"]


def test_a_scene_without_an_update_function_is_refused():
    @stage.scene
    def lost(ax):
        ax.plot([1])

    with pytest.raises(TypeError, match="lost must return its update function"):
        lost.open()


def test_two_experiments_on_one_scene_have_figures_of_their_own():
    first, second = (stage.explore(hill, mu=(-2.0, 2.0), alt=ALT) for _ in range(2))
    before = second.image.value
    first.controls["mu"].value = -1.5
    assert second.image.value == before
    assert first.picture.figure is not second.picture.figure


def test_a_plain_function_is_drawn_on_cleared_axes():
    def twin(ax, k=0):
        ax.plot([0, 1])
        ax.twinx().plot([1, 0])

    experiment = stage.explore(twin, k=(0, 9), alt=ALT)
    for k in (3, 4, 5):
        experiment.controls["k"].value = k
        axes = experiment.picture.figure.axes
        assert [len(ax.lines) for ax in axes] == [1, 1]
    frame = experiment.picture.pixels().copy()
    np.testing.assert_array_equal(frame, painting.render(experiment.picture.figure))


# --- controls -------------------------------------------------------------------------------------

EVERY_KIND = {
    "mu": (-3.0, 3.0),
    "colour": {"rot": "red", "blau": "blue"},
    "count": stage.log(1, 1000),
    "steep": True,
    "seed": stage.button("again"),
}


def test_every_kind_of_control_reaches_the_drawing():
    seen = []

    def record(ax, mu=1, colour="red", count=3, steep=False, seed=0, k=2, rate=0.1, name="b"):
        seen.append((mu, colour, count, steep, seed, k, rate, name))

    kinds = EVERY_KIND | {"k": (0, 9), "rate": stage.log(1e-3, 1), "name": ["a", "b"]}
    experiment = stage.explore(record, alt=ALT, **kinds)
    controls = experiment.controls
    controls["mu"].value = 2.5
    controls["colour"].value = "blue"
    controls["count"].value = 17.4
    controls["steep"].value = True
    controls["seed"].click()
    controls["k"].value = 7
    controls["rate"].value = 0.5
    controls["name"].value = "a"
    assert seen[0] == (1, "red", 3, False, 0, 2, 0.1, "b")
    assert seen[-1] == (2.5, "blue", 17, True, 1, 7, 0.5, "a")
    assert len(seen) == 9
    assert isinstance(seen[-1][2], int)
    assert isinstance(controls["k"], ipywidgets.IntSlider)


@pytest.mark.parametrize("draw", [hill, drawn])
def test_pictures_at_all_ends_of_all_sliders(draw):
    kinds = {"mu": (-3.0, 3.0), "height": (0.0, 1.5)} if draw is hill else EVERY_KIND
    experiment = stage.explore(draw, alt=ALT, **kinds)
    pictures = {experiment.image.value}
    for name, control in experiment.controls.items():
        if hasattr(control, "min"):
            ends = (control.min, control.max)
            if isinstance(control, ipywidgets.FloatLogSlider):
                ends = tuple(10**end for end in ends)
            for end in ends:
                control.value = end
                assert experiment.values[name] == pytest.approx(end)
                assert not experiment.errors.outputs
                pictures.add(experiment.image.value)
                assert decoded(experiment.image.value).shape[1:] == (900, 3)
    assert len(pictures) == 5


@pytest.mark.parametrize(
    ("error", "words", "controls"),
    [
        (TypeError, "no parameter is called nu; there are: mu, height", {"nu": (0, 1)}),
        (ValueError, r"mu: \(3, -3\) must rise", {"mu": (3, -3)}),
        (ValueError, r"mu: \(2, 2\) must rise", {"mu": (2, 2)}),
        (ValueError, "mu: .* with a step", {"mu": (0.0, 2.0, -0.1)}),
        (ValueError, "mu: .*log", {"mu": stage.log(0, 2)}),
        (ValueError, "mu starts at 1.0, but must lie between 2 and 3", {"mu": (2, 3)}),
        (ValueError, "mu starts at 1.0, but must be one of a, b", {"mu": ["a", "b"]}),
        (ValueError, "mu starts at 1.0, but must be True or False", {"mu": True}),
        (ValueError, "mu starts at 1.0, but must be a whole number", {"mu": stage.button("x")}),
        (TypeError, r"mu: \('a', 'b'\) and the start 1.0 must be numbers", {"mu": ("a", "b")}),
        (TypeError, "mu: 3 is no control", {"mu": 3}),
        (TypeError, r"mu: played\(slider=True\) is no control", {"mu": stage.played(True)}),
        (TypeError, "left needs a starting value", {"left": (0, 1)}),
    ],
)
def test_a_control_that_does_not_fit_is_named(error, words, controls):
    before = open_widgets()
    with pytest.raises(error, match=words):
        stage.explore(hill, alt=ALT, **controls)
    assert open_widgets() == before


def test_a_parameter_without_control_needs_a_starting_value():
    @stage.scene
    def needy(ax):
        return lambda mu, k=1: None

    with pytest.raises(TypeError, match="mu needs a starting value in the function"):
        stage.explore(needy, k=(0, 3), alt=ALT)


def test_a_parameter_with_a_default_needs_no_control():
    assert stage.explore(hill, mu=(-2, 2), alt=ALT).values == {"mu": 1.0}


def test_a_label_without_a_parameter_is_named():
    with pytest.raises(TypeError, match="no parameter is called my"):
        stage.explore(hill, mu=(-2, 2), labels={"my": "μ"}, alt=ALT)


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_every_figure_says_what_it_shows(alt):
    for call in (
        lambda: stage.explore(hill, mu=(-2, 2), alt=alt),
        lambda: stage.show(hill.figure(), alt),
        lambda: stage.watch([1], hill, every=1, total=1, alt=alt),
    ):
        with pytest.raises(ValueError, match="alt must say in words"):
            call()


@given(st.floats(1e-6, 1e6))
def test_a_handy_step_makes_a_hundred_steps_or_a_few_more(span):
    step = controls.handy_step(span)
    assert 99.99 <= span / step <= 251
    assert f"{step:.0e}"[0] in "125"


def test_labels_are_given_or_made_from_the_names():
    def two(ax, the_shift=1, mu=2):
        pass

    experiment = stage.explore(two, the_shift=(0, 3), mu=(0, 3), labels={"mu": "μ"}, alt=ALT)
    assert [c.description for c in experiment.controls.values()] == ["the shift", "μ"]


@pytest.mark.parametrize(
    ("slider", "start"),
    [((0, 9), 2), ((0.0, 3.0), 1.0), ((-2.0, 3.0, 0.5), 1.0), (stage.log(1, 100_000), 30)],
)
def test_a_played_slider_goes_on_from_where_it_stands_and_reaches_its_end(slider, start):
    seen = []

    def record(ax, n=start):
        seen.append(n)

    experiment = stage.explore(record, n=stage.played(slider), alt=ALT)
    control, player = experiment.controls["n"], experiment.controls["n"].player
    assert experiment.children[1].children[0] is player
    assert seen == [start], "making the button moves nothing"
    ticks = range(player.value + 1, player.max + 1)
    assert player.step == 1  # with larger steps the page stops short of the end
    assert 2 < len(ticks) <= 100
    player.playing = True
    for player.value in ticks:
        pass
    assert seen == sorted(seen)
    assert len(seen) == 1 + len(ticks)
    high = slider.highest if isinstance(slider, stage.log) else slider[1]
    assert seen[-1] == pytest.approx(high)
    experiment.reset()
    assert seen[-1] == start, "the player must follow without moving the slider to its own steps"
    control.value = high
    assert player.value == player.max, "dragged by hand, it goes on from there"


@pytest.mark.parametrize(
    ("low", "high"),  # of the chapters' logarithmic sliders
    [(1, n) for n in (300, 500, 512, 784, 1000, 100_000)]
    + [(2, 200), (2, 1000), (9, 801), (10, 1000), (10, 10_000), (10, 100_000), (20, 3000)]
    + [(1000, 100_000), (0.01, 0.5), (0.1, 10.0)],
)
def test_the_page_takes_a_logarithmic_slider_s_own_ends(low, high):
    slider = controls.make_control("n", stage.log(low, high), high, "n")
    assert Page([slider]).ranges == {"n": [low, high, isinstance(low, int)]}
    slider.value = high
    assert controls.value_of(slider) == pytest.approx(high, rel=1e-12)


def test_of_two_players_each_says_which_slider_it_walks():
    def two(ax, shift=0.0, carried=0.0):
        ax.plot([shift, carried])

    ranges = {name: stage.played((0.0, 1.0)) for name in ("shift", "carried")}
    label, player, other_label, other = (
        stage.explore(two, **ranges, alt=ALT).children[1].children[:4]
    )
    assert (label.value, other_label.value) == ("shift", "carried")
    assert player.tooltip.startswith("shift: ")
    assert other.tooltip.startswith("carried: ")


def test_reset_ends_a_walk_also_when_a_step_comes_late_from_the_page():
    experiment = stage.explore(lambda ax, n=30: ax.plot([n]), n=stage.played((0, 100)), alt=ALT)
    control, player = experiment.controls["n"], experiment.controls["n"].player
    player.set_state({"playing": True, "value": 40})
    experiment.reset()
    player.set_state({"value": 41})  # the page had not heard of it
    assert (control.value, player.value, player.playing) == (30, 30, False)
    player.set_state({"playing": True, "value": 31})
    assert control.value == 31
    player.set_state({"playing": False, "value": 0})  # what the second button sends
    assert control.value == 0


def test_a_walk_reaches_its_end_also_if_the_page_says_of_both_in_one_message():
    experiment = stage.explore(lambda ax, n=30: ax.plot([n]), n=stage.played((0, 100)), alt=ALT)
    control, player = experiment.controls["n"], experiment.controls["n"].player
    player.set_state({"playing": True, "value": 98})
    player.set_state({"playing": False, "value": 100})  # a kernel that was busy hears it at once
    assert control.value == 100


def keyed():
    def record(ax, real=0, generated=0, seed=0):
        seen.append((real, generated, seed))

    seen = []
    buttons = {
        "real": stage.button("real", key="t"),
        "generated": stage.button("generated", key="F"),
    }
    return seen, stage.explore(record, **buttons, seed=stage.button("again"), alt=ALT)


def test_a_key_presses_its_button_once_for_each_letter():
    seen, experiment = keyed()
    row = experiment.children[1].children
    assert [b.description for b in row[:3]] == ["real (T)", "generated (F)", "again"]
    field = row[3]
    field.value = "t"
    field.value = "tF"
    field.value = "tFx"  # no key: nothing happens
    field.value = "tFxft"  # two letters in one message
    assert seen == [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 2, 0), (2, 2, 0)]
    field.value = "tFx"  # letters deleted press nothing
    field.value = "f"  # all replaced
    assert seen[-1] == (2, 3, 0)
    assert len(seen) == 6


def test_the_field_of_letters_is_wiped_after_a_pause(monkeypatch):
    monkeypatch.setattr(controls, "PAUSE", 0.1)

    async def moves():
        seen, experiment = keyed()
        field = experiment.children[1].children[3]
        field.value = "t"
        await asyncio.sleep(0.06)
        field.value = "tf"
        await asyncio.sleep(0.06)
        assert field.value == "tf", "no pause yet"
        await asyncio.sleep(0.1)
        assert (field.value, seen[-1]) == ("", (1, 1, 0))
        field.value = "tft"  # typed while the wipe was on its way
        assert (field.value, seen[-1]) == ("", (2, 1, 0))
        field.value = "t"
        field.value = "tf"
        assert (field.value, seen[-1]) == ("tf", (3, 2, 0))

    asyncio.run(moves())


def test_reset_wipes_the_field_of_letters():
    seen, experiment = keyed()
    field = experiment.children[1].children[3]
    field.value = "tf"
    experiment.reset()
    assert (field.value, seen[-1]) == ("", (0, 0, 0))
    field.value = "f"
    assert seen[-1] == (0, 1, 0)


def test_a_click_on_a_button_with_a_key_hands_the_keyboard_to_the_field(monkeypatch):
    focused = []
    monkeypatch.setattr(ipywidgets.Text, "focus", lambda field: focused.append(field))
    seen, experiment = keyed()
    experiment.controls["generated"].click()
    assert seen[-1] == (0, 1, 0)
    assert focused == [experiment.children[1].children[3]]


def shortcuts():
    """Return the single letters that Jupyter takes for commands when no field has the cursor."""
    schemas = Path(sys.prefix, "share", "jupyter", "lab", "schemas").rglob("*.json")
    tables = [json.loads(path.read_text(encoding="utf-8")) for path in schemas]
    keys = [entry["keys"] for t in tables for entry in t.get("jupyter.lab.shortcuts", ())]
    return {first.lower() for first, *_ in filter(None, keys) if len(first) == 1}


def test_no_key_of_the_course_is_a_shortcut_of_jupyter_s():
    assert {"a", "b", "r", "x", "y"} < shortcuts(), "R would turn the cell into a raw one"
    sources = [*ROOT.glob("notebooks/source/*.py"), *ROOT.glob("gan_edu/chapters/*/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    keys = set(re.findall(r'key="(\w)"', text))
    assert not keys & shortcuts()
    free = re.search(r"\(([A-Z, ]+) are free\)", stage.button.__doc__)[1]
    assert not set(free.lower().split(", ")) & shortcuts()


def test_without_keys_there_is_no_field():
    experiment = stage.explore(drawn, alt=ALT, **EVERY_KIND)
    assert not [w for w in experiment.children[1].children if isinstance(w, ipywidgets.Text)]


# --- an experiment's life -------------------------------------------------------------------------


def test_reset_returns_all_controls_with_one_redraw():
    seen = []

    def record(ax, mu=1.0, k=2, seed=0):
        seen.append((mu, k, seed))

    experiment = stage.explore(record, mu=(0.0, 3.0), k=(0, 9), seed=stage.button("again"), alt=ALT)
    controls = experiment.controls
    controls["mu"].value, controls["k"].value = 3.0, 9
    controls["seed"].click()
    row = experiment.children[1].children
    (reset,) = [part for part in row if getattr(part, "description", "") == "Reset"]
    reset.click()
    assert seen == [(1.0, 2, 0), (3.0, 2, 0), (3.0, 9, 0), (3.0, 9, 1), (1.0, 2, 0)]


def test_a_control_follows_the_picture_as_long_as_the_picture_says_so():
    seen = []

    @stage.scene
    def leading(ax):
        def update(mu=1.0, top=False):
            seen.append((mu, top))
            return {"mu": 2.5} if top else None

        return update

    experiment = stage.explore(leading, mu=(0.0, 3.0), top=False, alt=ALT)
    mu, top = experiment.controls["mu"], experiment.controls["top"]
    top.value = True
    assert (mu.value, mu.disabled) == (2.5, True)
    mu.value = 0.5  # as from a hand in the picture
    assert mu.value == 2.5
    top.value = False
    assert (mu.value, mu.disabled) == (2.5, False)
    assert seen[1:3] == [(1.0, True), (0.5, True)], "what it says is not drawn again"
    top.value = True
    experiment.reset()
    assert (mu.value, mu.disabled) == (1.0, False)


def fragile(ax, k=0):
    if k > 5:
        raise ZeroDivisionError(f"{k} is too much")
    ax.plot([0, k])


def test_an_error_is_shown_from_the_learners_line_on_and_the_next_move_works():
    experiment = stage.explore(fragile, k=(0, 9), alt=ALT)
    good = experiment.image.value
    experiment.controls["k"].value = 7
    (output,) = experiment.errors.outputs
    assert (output["output_type"], output["ename"]) == ("error", "ZeroDivisionError")
    assert output["evalue"] == "7 is too much"
    text = "\n".join(output["traceback"])
    assert "in fragile" in text
    assert stage.__file__ not in text
    assert artists.__file__ not in text
    assert experiment.image.value == good
    experiment.controls["k"].value = 3
    assert experiment.errors.outputs == ()
    assert experiment.image.value != good


def test_an_error_in_the_first_drawing_is_raised_and_leaves_no_widget():
    def broken(ax, k=0):
        raise ZeroDivisionError

    before = open_widgets()
    with pytest.raises(ZeroDivisionError):
        stage.explore(broken, k=(0, 9), alt=ALT)
    assert open_widgets() == before


def test_at_rest_the_picture_becomes_sharp_once(monkeypatch):
    monkeypatch.setattr(exploring, "REST", 0.05)

    async def moves():
        experiment = stage.explore(hill, mu=(-2, 2), alt=ALT)
        widths, before = [], experiment.picture.pixels(2).copy()
        experiment.image.observe(
            lambda change: widths.append(decoded(change["new"]).shape[1]), "value"
        )
        drawings = counting(monkeypatch, painting, "png")
        for mu in (-2, -1, 0, 1):
            experiment.controls["mu"].value = mu
        await asyncio.sleep(0.3)
        assert len(drawings) == 5
        assert widths == [900, 900, 900, 900, 1800]
        np.testing.assert_array_equal(decoded(experiment.image.value), before[..., :3])
        experiment.controls["mu"].value = 2
        cells.close_all(experiment)
        await asyncio.sleep(0.1)
        assert len(widths) == 6, "a closed experiment still draws"

    asyncio.run(moves())


def test_without_an_event_loop_nothing_waits():
    experiment = stage.explore(hill, mu=(-2, 2), alt=ALT)
    experiment.controls["mu"].value = 2
    assert experiment._timer is None


def kept(outputs: list) -> dict:
    """Return the still that was displayed behind the last live view."""
    (view, _), (still, _) = outputs[-2:]
    assert view["application/vnd.jupyter.widget-view+json"]
    assert view["text/plain"] == "", "a page that shows no widgets shows nothing twice"
    return still


def test_the_notebook_keeps_a_picture_with_its_values_and_its_alternative_text(displayed):
    experiment = stage.explore(drawn, alt=ALT, labels={"mu": "μ"}, **EVERY_KIND)
    experiment._ipython_display_()
    still = kept(displayed)
    (picture,) = shown.pictures(still)
    assert (picture.alt, picture.width) == (ALT, 900)
    drawn_anew = painting.render(experiment.picture.figure, 2)[..., :3]
    np.testing.assert_array_equal(picture.pixels, drawn_anew)
    assert (
        "Shown for μ = 1, colour = rot, count = 3, steep = off. "
        "The sliders need a running notebook."
    ) in still["text/html"]


def test_the_still_follows_what_a_hand_does(displayed):
    experiment = stage.explore(drawn, alt=ALT, labels={"mu": "μ"}, **EVERY_KIND)
    experiment._ipython_display_()
    experiment.controls["mu"].value = 2.5
    experiment._sharpen()  # what the timer does at rest
    still, options = displayed[-1]
    assert options["update"]
    assert "μ = 2.5" in still["text/html"]
    (picture,) = shown.pictures(still)
    drawn_anew = painting.render(experiment.picture.figure, 2)[..., :3]
    np.testing.assert_array_equal(picture.pixels, drawn_anew)


def test_an_alternative_text_may_hold_any_letters():
    alt = 'p < q & "r" on √x'
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 4), np.uint8)
    (picture,) = shown.pictures({"text/html": stills.picture_html(painting.png(pixels), alt)})
    assert picture.alt == alt
    np.testing.assert_array_equal(picture.pixels, pixels[..., :3])


@pytest.mark.parametrize("name", ["one_iteration.svg", "inverse_cdf.png"])
def test_a_picture_of_the_course_is_displayed_whole(name, displayed):
    stage.picture(name, ALT)
    ((data, _),) = displayed
    (picture,) = shown.pictures(data)
    whole = (stills.IMAGES / name).read_bytes()
    if name.endswith(".svg"):
        assert ElementTree.canonicalize(unquote(picture.code)) == ElementTree.canonicalize(
            whole.decode().replace("\n", " ")
        )
        assert len(picture.code) < 1.1 * len(whole)
    else:
        assert base64.b64decode(picture.code) == whole
    assert (picture.kind, picture.alt, data["text/plain"]) == (stills.KINDS[name[-4:]], ALT, ALT)


def test_a_picture_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"'x\.png'; there are: .*one_iteration\.svg"):
        stage.picture("x.png", ALT)


def test_nothing_global_is_touched():
    before = dict(matplotlib.rcParams)
    experiment = stage.explore(hill, mu=(-2, 2), alt=ALT)
    experiment.controls["mu"].value = 2
    stage.show(hill.figure(), ALT)
    assert dict(matplotlib.rcParams) == before


def test_a_control_that_refuses_a_value_stops_no_later_redraw():
    experiment = stage.explore(hill, mu=(-2, 2), alt=ALT)
    with pytest.raises(traitlets.TraitError):
        experiment._set({"mu": "far"})
    before = experiment.image.value
    experiment.controls["mu"].value = 2
    assert experiment.image.value != before


def test_closing_leaves_no_widget_open():
    before = open_widgets()
    cells.close_all(stage.explore(drawn, alt=ALT, **EVERY_KIND))
    cells.close_all(stage.predict("why?", ["so", "so not"]))
    assert open_widgets() == before


# --- predictions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (
            None,
            "You made no prediction yet.\n\n<details><summary>Show the answer</summary>\n\n"
            "**up.** It is light.\n\n</details>",
        ),
        ("up", "**You were right: up.** It is light."),
        ("down", "**Your prediction was “down”. In fact: “up”.** It is light."),
    ],
)
def test_the_reveal_speaks_to_the_choice(displayed, chosen, told):
    prediction = stage.predict("Where does it go?", ["up", "down"])
    for button in prediction.buttons:
        if button.description == chosen:
            button.click()
    assert prediction.choice == chosen
    prediction.reveal("up", "It is light.")
    assert displayed[0][0].data == told


def test_the_choice_is_marked_and_may_be_changed():
    prediction = stage.predict("Where does it go now?", ["up", "down", "away"])
    for chosen in (2, 0):
        prediction.buttons[chosen].click()
        marks = [button.icon for button in prediction.buttons]
        assert [bool(mark) for mark in marks] == [n == chosen for n in range(3)]


def test_a_saved_prediction_shows_question_answers_and_choice(displayed):
    prediction = stage.predict("Where does $x$ < 1 go?", ["up", "D*"])
    prediction._ipython_display_()
    still = kept(displayed)["text/html"]
    assert "<b>Where does $x$ &lt; 1 go?</b>" in still
    assert "<li>up</li><li>D*</li>" in still
    prediction.buttons[1].click()
    assert "<li>up</li><li>D* ✓</li>" in displayed[-1][0]["text/html"]


def test_a_choice_bears_that_its_cell_is_run_again():
    first = stage.predict("Which way?", ["up", "down"])
    first.buttons[1].click()
    cells.close_all(first)
    again = stage.predict("Which way?", ["up", "down"])
    assert again.choice == "down"
    assert [answer.icon for answer in again.buttons] == ["", "circle"]
    assert stage.predict("Which way now?", ["up", "down"]).choice is None
    assert stage.predict("Which way?", ["left", "right"]).choice is None


@pytest.mark.parametrize("answers", [[], ["one"], ["a", "a"], "yes"])
def test_a_prediction_needs_two_answers(answers):
    with pytest.raises(ValueError, match="two or more different"):
        stage.predict("Where?", answers)


def test_a_reveal_must_be_one_of_the_answers():
    with pytest.raises(ValueError, match="'left' is none of the answers"):
        stage.predict("Where?", ["up", "down"]).reveal("left", "")


# --- show and watch -------------------------------------------------------------------------------


def recorder(calls: list) -> stage.scene:
    @stage.scene
    def record(ax):
        (line,) = ax.plot([], [])
        ax.set(xlim=(0, 10), ylim=(0, 10))

        def update(seen):
            calls.append(list(seen))
            line.set_data(range(len(seen)), seen)

        return update

    return record


@pytest.mark.parametrize(
    ("every", "count", "lengths"), [(4, 10, [4, 8, 10]), (5, 10, [5, 10]), (99, 3, [3]), (2, 0, [])]
)
def test_watch_draws_every_so_many_snapshots_and_the_last(every, count, lengths):
    calls, before = [], open_widgets()
    seen = stage.watch(iter(range(count)), recorder(calls), every=every, total=10, alt=ALT)
    assert seen == list(range(count))
    assert calls == [list(range(n)) for n in lengths]
    assert open_widgets() == before


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_interrupted_watch_cleans_up_and_passes_the_error_on(error):
    def stopped():
        yield from range(5)
        raise error

    calls, before = [], open_widgets()
    with pytest.raises(error):
        stage.watch(stopped(), recorder(calls), every=2, total=10, alt=ALT)
    assert len(calls) == 2
    assert open_widgets() == before


@pytest.mark.parametrize(("every", "total"), [(0, 10), (1, 0)])
def test_watch_refuses_impossible_numbers(every, total):
    with pytest.raises(ValueError, match="at least 1"):
        stage.watch([1], recorder([]), every=every, total=total, alt=ALT)


@pytest.mark.parametrize("stop", [None, 2])
def test_progress_counts_what_is_done_and_leaves_nothing_behind(displayed, stop):
    before, done = open_widgets(), []
    loop = stage.progress(iter("abcd"), total=4, label="four letters")
    for item in loop:
        done.append((item, displayed[0][0].children[0].value))
        if item == stop or len(done) == stop:
            loop.close()
    assert done == list(zip("abcd", range(4), strict=True))[:stop]
    assert open_widgets() == before
    with pytest.raises(ValueError, match="total must be at least 1"):
        next(stage.progress([], total=0, label="nothing"))


def test_show_displays_the_figure_sharp(displayed):
    figure = hill.figure(mu=0)
    dpi = figure.dpi
    stage.show(figure, ALT)
    ((data, options),) = displayed
    (picture,) = shown.pictures(data)
    np.testing.assert_array_equal(picture.pixels, painting.render(figure, 2)[..., :3])
    assert (picture.width, picture.alt) == (900, ALT)
    assert (data["text/plain"], options["raw"]) == (ALT, True)
    assert figure.dpi == dpi


# --- in a real kernel -----------------------------------------------------------------------------

SETUP = f"""
import ctypes, gc, os
import ipywidgets, numpy as np
from gan_edu import stage
X = np.linspace(-4, 4, 200)
{inspect.getsource(hill.build)}
def megabytes():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps for later is not lost
    with open("/proc/self/statm", encoding="utf-8") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
"""


def test_an_executed_notebook_holds_pictures_only():
    code = [
        SETUP,
        "stage.show(hill.figure(mu=0.5), 'a hill')",
        "def squares():\n    for i in range(7): yield i * i",
        "@stage.scene\ndef curve(ax):\n    line, = ax.plot([])\n"
        "    return lambda seen: line.set_data(range(len(seen)), seen)",
        "len(stage.watch(squares(), curve, every=3, total=9, alt='squares'))",
        "stage.explore(hill, mu=(-2, 2), alt='a hill')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in code])
    resources = {"metadata": {"path": str(Path(__file__).parents[2])}}
    nbclient.NotebookClient(notebook, timeout=60, resources=resources).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    (once,), (watched, length), (_, explored) = outputs[1], outputs[4], outputs[5]
    for output, alt, height in ((once, "a hill", 600), (watched, "squares", 720)):
        assert set(output.data) == {"text/html", "text/plain"}
        assert output.data["text/plain"] == alt
        (picture,) = shown.pictures(output.data)
        assert (picture.alt, picture.pixels.shape) == (alt, (height, 1800, 3))
    assert "<small>7 of 9</small>" in watched.data["text/html"]
    assert length.data["text/plain"] == "7"
    assert shown.pictures(explored.data)[0].pixels.shape == (600, 1800, 3)


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    kernel.run(SETUP)
    yield kernel
    kernel.close()


def test_an_answer_whose_question_was_skipped_says_so_and_is_no_error(kernel):
    kernel.run("guess_k.reveal('no', 'It falls.')\nstood_in = guess_k")
    assert kernel.run("print(type(stood_in).__name__)") == "NeverAsked\n"
    kernel.run("guess_k = stage.predict('Does it?', ['yes', 'no'])")
    kernel.run("guess_k.reveal('no', 'It falls.')")
    assert kernel.run("print(type(guess_k).__name__)") == "Choice\n"


COUNT = "print(len(ipywidgets.widget._instances))"
EXPLORE = "stage.explore(hill, mu=(-2.0, 2.0), height=(0.0, 1.5), alt='a hill')"


def test_running_a_cell_again_closes_what_it_made_before(kernel):
    kernel.run(f"first = {EXPLORE}", "a")
    one = int(kernel.run(COUNT))
    kernel.run(f"two = [{EXPLORE}, {EXPLORE}]", "b")
    three = int(kernel.run(COUNT))
    per_experiment = (three - one) // 2
    kernel.run(f"second = {EXPLORE}  # edited", "a")
    assert int(kernel.run(COUNT)) == three
    assert kernel.run("print(first.comm is None, second.comm is None)") == "True False\n"
    assert kernel.run("print([e.comm is None for e in two])") == "[False, False]\n"
    kernel.run("None", "b")
    for _ in range(2):
        kernel.run(f"nameless = {EXPLORE}")
    assert int(kernel.run(COUNT)) == three + per_experiment


def test_hundreds_of_moves_and_fifty_runs_leave_the_memory_alone(kernel):
    moves = """
for i in range({count}):
    e.controls["mu"].value = (i % 40) / 10 - 2
e._sharpen()  # a rest, which may come or not between two cells, takes 8 MB
print(megabytes())
"""
    for _ in range(5):
        kernel.run(f"e = {EXPLORE}; e", "memory")
    before = float(kernel.run(moves.format(count=100)))
    after = float(kernel.run(moves.format(count=500)))
    for _ in range(50):
        kernel.run(f"e = {EXPLORE}; e", "memory")
    rerun = float(kernel.run("print(megabytes())"))
    assert after - before < 3
    assert rerun - before < 6


def test_moves_from_two_threads_take_turns():
    """JupyterLab sends a slider's first moves to one thread, and later ones to another."""
    shown = stage.explore(hill, mu=(-3.0, 3.0), alt=ALT)
    failures = []

    def move(values):
        for mu in values:
            try:
                shown.controls["mu"].value = mu
                shown._sharpen()
            except Exception as error:
                failures.append(error)

    switches = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        halves = [threading.Thread(target=move, args=(np.linspace(-3, s, 40),)) for s in (3, 2)]
        for half in halves:
            half.start()
        for half in halves:
            half.join()
    finally:
        sys.setswitchinterval(switches)
    assert not failures
    shown.controls["mu"].value = 0.5
    twin = painting.Picture(*hill.open())
    for mu, scale in ((1.0, 2), (0.0, 1), (0.5, 1)):  # the layout is found at the first scale
        twin.update(mu=mu)
        twin.pixels(scale)
    np.testing.assert_array_equal(decoded(shown.image.value), twin.pixels()[..., :3])
    for scale in (1, 2):
        np.testing.assert_array_equal(shown.picture.pixels(scale), twin.pixels(scale))


@pytest.mark.parametrize(
    "told", [math.nan, "nan", math.inf, "-inf", 1e308, -1e308, "1e308", "", None, "a lot", [], {}]
)
def test_no_text_moves_a_slider_out_of_its_range(told):
    shown = stage.explore(
        drawn_by_all,
        alt=ALT,
        real=(-1.0, 1.0),
        whole=(1, 5),
        wide=controls.log(0.1, 10.0),
        many=controls.log(1, 100),
        listed=[1, 2, 3],
    )
    for name, (low, high) in RANGES.items():
        control = shown.controls[name]
        state = "index" if name == "listed" else "value"
        # What the page sends; a word that is no number is refused, and nothing has moved.
        with contextlib.suppress(traitlets.TraitError):
            control.set_state({state: told})
        assert low <= shown.values[name] <= high
        assert shown.errors.outputs == ()
    control.set_state({"index": 2})
    assert shown.values["listed"] == 3, "it still hears"


@pytest.mark.parametrize("kind", [Lines, Pad, Page, Plane, SketchPad])
def test_the_kernel_never_sends_back_what_the_page_itself_has_set(kind):
    # It would come late, when the hand is further on, and put the hand's work back.
    names = re.findall(r'model\.set\("(\w+)"', str(kind._esm))
    assert names
    assert not [name for name in names if kind.class_traits()[name].metadata.get("echo_update", 1)]


RANGES = {"real": (-1, 1), "whole": (1, 5), "wide": (0.1, 10), "many": (1, 100), "listed": (1, 3)}


def drawn_by_all(ax, real=0.0, whole=2, wide=1.0, many=10, listed=2):
    ax.plot([real, wide], [whole, many * listed])


def test_a_list_of_numbers_is_a_slider_that_stands_at_them_only():
    dial = controls.make_control("dial", [0.05, 0.1, 0.8], 0.1, "c")
    assert isinstance(dial, ipywidgets.SelectionSlider)
    first = controls.make_control("dial", [0.05, 0.1, 0.8], 0.05, "c")
    assert controls.spoken(first) == "c = 0.05"
    dial.index = 2
    assert controls.value_of(dial) == 0.8
    assert controls.spoken(dial) == "c = 0.8"
    assert isinstance(controls.make_control("dial", [0.1, "free"], 0.1, "c"), ipywidgets.Dropdown)
    assert isinstance(controls.make_control("yes", [True, False], True, "yes"), ipywidgets.Dropdown)


def test_a_few_choices_are_a_row_of_buttons():
    row = controls.make_control("digit", stage.one_of(range(10)), 7, "digit")
    assert isinstance(row, ipywidgets.ToggleButtons)
    assert list(row.options) == [str(digit) for digit in range(10)]
    assert (controls.value_of(row), controls.spoken(row)) == (7, "digit = 7")
    row.index = 0
    assert controls.value_of(row) == 0
    assert controls.make_control("p", stage.one_of({"one": 1}), 1, "p").value == 1
    with pytest.raises(ValueError, match="digit starts at 10, but must be one of 0, 1"):
        controls.make_control("digit", stage.one_of(range(10)), 10, "digit")


AXES = stage.sketch(x=(0, 8), y=(0, 1), labels=("x", "density"), height=2.0)
FLAT = (0.5,) * 81


def heard() -> tuple:
    """Return an experiment with a pad, and what its drawing was called with."""
    seen = []

    @stage.scene
    def scene(panel):
        (line,) = panel.plot(FLAT)

        def update(curve=FLAT, n=1):
            seen.append((list(curve), n))
            line.set_ydata([y or 0 for y in curve])

        return update

    return stage.explore(scene, curve=AXES, n=(0, 3), alt="A curve."), seen


def test_a_sketch_is_a_control_that_draws_while_a_stroke_goes_on_and_goes_back():
    made, seen = heard()
    pad = made.controls["curve"]
    assert pad.live
    assert seen[-1] == ([0.5] * 81, 1)
    stroke = [None] * 40 + [0.25] * 41
    pad._handle_custom_msg({"heights": stroke}, [])  # as the page sends it
    assert seen[-1] == (stroke, 1)
    made.controls["n"].value = 2
    assert seen[-1] == (stroke, 2)
    made.reset()
    assert pad.heights == [0.5] * 81
    assert seen[-1] == ([0.5] * 81, 1)


def test_a_pad_stands_above_the_sliders_and_is_told_in_the_still():
    made, _ = heard()
    assert made.children[0] is made.controls["curve"]
    assert "A drawing pad. It needs a running kernel." in made.still()
    assert (
        made.controls["curve"].words["alt"] == "Axes to draw on: x to the right, density upwards."
    )


@pytest.mark.parametrize("start", [(0.5,) * 80, 0.5, "x" * 81])
def test_a_pad_that_starts_with_anything_but_heights_is_named(start):
    with pytest.raises(ValueError, match=r"^curve starts at .*81 heights"):
        controls.make_control("curve", AXES, start, "curve")
