"""Chapter 05's search: a drawing becomes an image, and G's nearest to it is found."""

import copy
import functools

import numpy as np
import pytest
import torch

from gan_edu import recipes, stage
from gan_edu.chapters.ch05_mnist_gan.nearest import (
    FOUR,
    PEN,
    STARTS,
    STEPS,
    as_digit,
    lines,
    nearest_scene,
    search,
)

SEEDS = range(3)
DIGITS = {
    "0": lines([(0, 9), (-5, 5), (-6, -3), (-2, -9), (3, -8), (6, -2), (5, 5), (0, 9)]),
    "1": lines([(0, 9), (-1, -9)]),
    "3": lines(
        [(-4, 8), (2, 9), (4, 6), (3, 2), (-1, 1), (3, 0), (5, -4), (2, -8), (-4, -8)]
    ),
    "4": FOUR,
    "7": lines([(-5, 8), (5, 8), (-2, -9)]),
}  # fmt: skip
OTHERS = {
    "M": lines([(-8, -9), (-7, 9), (0, -3), (7, 9), (8, -9)]),
    "K": lines([(-5, 9), (-5, -9)], [(6, 9), (-5, 0), (6, -9)]),
    "X": lines([(-6, 9), (6, -9)], [(6, 9), (-6, -9)]),
    "E": lines([(6, 9), (-6, 9), (-6, -9), (6, -9)], [(-6, 0), (4, 0)]),
    "face": lines(
        [(0, 10), (-8, 6), (-10, 0), (-8, -6), (0, -10), (8, -6), (10, 0), (8, 6), (0, 10)],
        [(-4, 3), (-4, 4)], [(4, 3), (4, 4)], [(-4, -3), (0, -6), (4, -3)],
    ),
}  # fmt: skip


@functools.cache
def generator() -> torch.nn.Sequential:
    return recipes.trained_generator()


SCENES = {
    "nearest": (
        lambda: nearest_scene(generator()),
        {"drawing": (FOUR, [], [[0.0, 0.0]]), "step": (0, 50, STEPS)},
    )
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_digit_that_g_has_made_is_found_again(seed):
    images = recipes.drawn_by(generator(), recipes.fresh_noise(4, seed=50 + seed))
    for image in images:
        found = search(generator(), image, seed)
        off = np.linalg.norm((found.images / 255.0 - image / 255.0).reshape(STEPS + 1, -1), axis=1)
        np.testing.assert_allclose(off, found.best, atol=0.06)  # an image holds whole numbers
        assert found.distances.shape == (STEPS + 1, STARTS)
        assert found.best[-1] == found.distances[-1].min()
        assert found.best[-1] < 1 < 3 < found.best[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_digits_that_are_drawn_come_near_and_letters_and_faces_stay_away(seed):
    ends = [
        [search(generator(), as_digit(points), seed).best[-1] for points in kind.values()]
        for kind in (DIGITS, OTHERS)
    ]
    assert max(ends[0]) < 4 < min(ends[1])


def test_a_search_changes_nothing_and_repeats():
    g, state = generator(), copy.deepcopy(generator().state_dict())
    image = as_digit(FOUR)
    with torch.no_grad():
        first, again = (search(g, image) for _ in range(2))
    np.testing.assert_array_equal(first.distances, again.distances)
    for name, there in g.state_dict().items():
        assert torch.equal(there, state[name]), name
    np.testing.assert_array_equal(image, as_digit(FOUR))


@pytest.mark.parametrize(("factor", "shift"), [(1, (0, 0)), (0.5, (5, -6)), (1.3, (-2, 1))])
def test_it_does_not_matter_where_and_how_large_one_draws(factor, shift):
    moved = (np.array(FOUR) * factor + shift).tolist()
    np.testing.assert_allclose(as_digit(moved).astype(int), as_digit(FOUR), atol=2)


@pytest.mark.parametrize("points", [*DIGITS.values(), *OTHERS.values()])
def test_a_drawing_is_as_long_as_a_digit_of_mnist_and_in_the_middle(points):
    image = as_digit(points)
    rows, columns = (np.flatnonzero(image.max(axis) > 127) for axis in (1, 0))
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
    assert abs(np.average(np.arange(28), weights=image.sum(1)) - 13.5) < 0.8
    assert abs(np.average(np.arange(28), weights=image.sum(0)) - 13.5) < 0.8


def test_upwards_and_right_on_the_pad_are_upwards_and_right_in_the_image():
    image = as_digit(lines([(-8, -8), (-8, 8), (8, 8)]))
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    assert image[rows[:3]].sum() > 3 * image[rows[-3:]].sum(), "the upper bar"
    assert image[:, columns[:3]].sum() > 3 * image[:, columns[-3:]].sum(), "the left one"


def test_an_empty_pad_gets_a_word_and_a_dot_stays_a_dot():
    assert not as_digit([]).any()
    dot = as_digit([[7.0, -9.0]])
    assert dot[13:15, 13:15].min() > 200
    assert (dot > 127).sum() <= 9
    shown = stage.explore(nearest_scene(generator()), drawing=PEN, step=(0, STEPS), alt="A four.")
    drawn, nearest, distances = shown.picture.figure.axes
    assert "away" in nearest.get_title("left")
    shown.controls["drawing"].points = []
    assert shown.errors.outputs == ()
    assert drawn.get_title("left") == "The pad is empty."
    assert nearest.get_title("left") == "Draw something."
    assert not any(np.any(axes.images[0].get_array()) for axes in (drawn, nearest))
    assert not distances.get_visible()
    shown.reset()
    assert drawn.get_title("left") == "your drawing"
    assert distances.get_visible()
    shown.close()


@pytest.mark.parametrize("step", [0, 37, STEPS])
def test_the_scene_shows_the_search_as_far_as_it_has_come(step):
    found = search(generator(), as_digit(DIGITS["7"]))
    figure = nearest_scene(generator()).figure(drawing=DIGITS["7"], step=step)
    drawn, nearest, distances = figure.axes
    np.testing.assert_array_equal(drawn.images[0].get_array(), as_digit(DIGITS["7"]))
    np.testing.assert_array_equal(nearest.images[0].get_array(), found.images[step])
    assert nearest.get_title("left") == f"G's image: {found.best[step]:.1f} away"
    best, now, paper = distances.lines
    assert now.get_xydata().tolist() == best.get_xydata()[-1:].tolist()
    np.testing.assert_array_equal(best.get_ydata(), found.best[: step + 1])
    assert paper.get_ydata()[0] == pytest.approx(np.linalg.norm(as_digit(DIGITS["7"]) / 255))
    assert len(distances.collections[0].get_segments()) == STARTS


def test_one_drawing_is_searched_once(monkeypatch):
    from gan_edu.chapters.ch05_mnist_gan import nearest

    calls = []
    monkeypatch.setattr(nearest, "search", lambda *of: calls.append(1) or search(*of))
    shown = stage.explore(nearest_scene(generator()), drawing=PEN, step=(0, STEPS), alt="A four.")
    for step in (10, 50, STEPS):
        shown.controls["step"].value = step
    assert len(calls) == 1
    shown.controls["drawing"].points = DIGITS["1"]
    assert len(calls) == 2
    shown.close()
