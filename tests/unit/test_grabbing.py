"""A hand in the picture: it takes what is nearest, and what it takes comes to where it is."""

import math

import numpy as np
import pytest

from gan_edu import stage
from gan_edu.stage import controls, grabbing

ALT = "A dot in the first panel, a line in the second."
GRAB = {"mu": "left", "nu": "left", "height": "left.y", "n": "right"}


@stage.scene(height=3.0, grab=GRAB)
def dots(left, right):
    (dot,) = left.plot([0], [0], "o")
    left.set(xlim=(-4, 4), ylim=(0, 2), ylabel="a label that takes room")
    (line,) = right.plot([1, 1], [0, 1])
    right.set(xlim=(1, 10_000), xscale="log")

    def update(mu=1.0, nu=-2.0, height=1.0, n=100):
        dot.set_data([mu + nu], [height])
        line.set_xdata([n, n])

    return update


def experiment(**more):
    ranges = {"mu": (-3.0, 3.0), "height": (0.0, 1.5), "n": stage.log(1, 10_000)}
    return stage.explore(dots, **{**ranges, **more}, alt=ALT)


def share(box: list, right: float, up: float) -> list[float]:
    """Return a point of a panel, given in shares of the panel, as shares of the picture."""
    left, top, end, bottom, _ = box
    return [left + right * (end - left), bottom - up * (bottom - top)]


def put(shown, grip: int, start: tuple, end: tuple | None = None, press: int = 1) -> None:
    box = shown.page.grips[grip]
    places = {"from": share(box, *start), "at": share(box, *(end or start))}
    shown.page.hand = {"press": press, "grip": grip, **places}


def test_what_is_held_comes_to_the_hand():
    shown = experiment()
    put(shown, 0, (0.75, 0.25))
    assert shown.values == {"mu": pytest.approx(2, abs=0.03), "height": 0.5, "n": 100}
    put(shown, 1, (0.25, 0.5), press=2)
    assert shown.values["n"] == 10


def test_a_hand_takes_the_nearest_and_keeps_it_until_it_is_put_down_again():
    shown = experiment(nu=(-3.0, 3.0))
    put(shown, 0, (0.3, 0.5), (0.6, 0.5))  # from −1.6, where nu is nearer, past mu
    assert (shown.values["mu"], shown.values["nu"]) == (1.0, pytest.approx(0.8, abs=0.03))
    put(shown, 0, (0.3, 0.5), (0.8, 0.5))
    assert (shown.values["mu"], shown.values["nu"]) == (1.0, pytest.approx(2.4, abs=0.03))
    put(shown, 0, (0.5, 0.5), press=2)  # a new press, at 0: now mu is nearer
    assert (shown.values["mu"], shown.values["nu"]) == (0.0, pytest.approx(2.4, abs=0.03))


def test_two_directions_are_one_redraw():
    shown, calls = experiment(), []
    shown.image.observe(calls.append, "value")
    put(shown, 0, (0.25, 0.6))
    assert len(calls) == 1


def test_beyond_its_range_a_control_stays_at_its_end():
    shown = experiment()
    put(shown, 0, (1.0, 1.0))
    assert (shown.values["mu"], shown.values["height"]) == (3.0, 1.5)


@pytest.mark.parametrize(
    ("spec", "start", "number", "nearest"),
    [
        ((0.0, 1.0), 0.5, 0.333, 0.33),
        ((0.0, 1.0, 0.25), 0.5, 0.4, 0.5),
        ((1, 10), 3, 6.6, 7),
        ((1, 10), 3, -math.inf, 1),
        ([1, 2, 4, 8], 1, 5.9, 4),
        ((1, 10, 3), 4, 6.1, 7),
        ((0.25, 3.25, 0.5), 0.75, 1.1, 1.25),
        (stage.log(1, 1000), 10, 31.6, 31.62),
        (stage.log(0.01, 1.0), 0.1, -5.0, 0.01),
        (stage.log(1, 1000), 10, math.inf, 1000),
    ],
)
def test_a_control_takes_the_value_that_is_nearest(spec, start, number, nearest):
    control = controls.make_control("n", spec, start, "n")
    control.value = grabbing.nearest(control, number)
    assert control.value == pytest.approx(nearest, rel=1e-3)


def test_a_panel_none_of_whose_controls_are_there_cannot_be_grabbed():
    shown = stage.explore(dots, nu=(-3.0, 3.0), alt=ALT)
    assert [box[-1] for box in shown.page.grips] == ["x"]
    assert stage.explore(lambda ax, a=1.0: ax.plot([a]), a=(0.0, 1.0), alt=ALT).page.grips == []


def test_a_panel_that_is_not_there_is_named():
    scene = stage.scene(dots.build, grab={"mu": "middle"})
    with pytest.raises(ValueError, match="mu is to be grabbed in middle; there are left, right"):
        stage.explore(scene, mu=(-3.0, 3.0), alt=ALT)


@pytest.mark.parametrize("height", [2.0, 5.0])
def test_the_place_of_a_point_is_where_it_is_drawn(height):
    @stage.scene(height=height, ncols=2, grab={"x": "right", "y": "right.y"})
    def one(left, right):
        left.set(ylabel="height", title="a title")
        (dot,) = right.plot([], [], "s", ms=6, color="red", mec="none", clip_on=False)
        right.set(xlim=(-1, 1), ylim=(-1, 1))

        def update(x=0.0, y=0.0):
            dot.set_data([x], [y])

        return update

    shown = stage.explore(one, x=(-1.0, 1.0), y=(-1.0, 1.0), alt=ALT)
    for press, start in enumerate([(0.2, 0.3), (0.9, 0.8)], 1):
        put(shown, 0, start, press=press)
        pixels = shown.picture.pixels()[..., :3].astype(int)
        rows, columns = np.nonzero((pixels == (255, 0, 0)).all(-1))
        middle = [(columns.mean() + 0.5) / 900, (rows.mean() + 0.5) / pixels.shape[0]]
        np.testing.assert_allclose(middle, share(shown.page.grips[0], *start), atol=0.006)
