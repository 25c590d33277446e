"""Chapter 05's film: the images of a match as they were, and what D told G about them."""

import functools

import numpy as np
import pytest
import torch

from gan_edu import recipes, stage
from gan_edu.chapters.ch05_mnist_gan import film as films
from gan_edu.chapters.ch05_mnist_gan.film import Film, film_scene, told_to_generator
from gan_edu.datasets import as_tensor, tile
from gan_edu.match import Match
from tests.helpers import playing
from tests.helpers.digits import DIGITS

X = as_tensor(DIGITS.images)
SEEDS = range(3)


def played(iterations: int, seed: int = 0) -> Film:
    film = Film(recipes.digit_match(X, seed))
    playing.played(film.match, iterations)
    return film


@functools.cache
def film_of_45() -> Film:
    return played(45)


SCENES = {
    "film": (
        lambda: film_scene(film_of_45()),
        {"iteration": (0, 20, 44, 45), "row": (1, 3, 5), "column": (1, 3, 5)},
    )
}


class InDouble(torch.nn.Module):
    """The minibatch standard deviation, which the package has in float32."""

    def forward(self, h):
        spread = (h.var(dim=0, correction=0) + 1e-6).sqrt().mean()
        return torch.cat([h, spread.expand(len(h), 1)], dim=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_g_is_told_is_the_slope_of_its_loss(seed):
    game = recipes.digit_game(seed, precision=torch.float32)
    game.discriminator.double()[4] = InDouble()
    rng = torch.Generator().manual_seed(seed)
    x = torch.rand(64, 784, generator=rng, dtype=torch.float64) * 2 - 1
    told = told_to_generator(game, x)
    assert told.shape == x.shape

    def loss_of_each(x: torch.Tensor) -> float:
        with torch.no_grad():
            return -game.discriminator(x).sigmoid().log().sum().item()

    for image, pixel in torch.randint(64, (6, 2), generator=rng).tolist():
        step = torch.zeros_like(x)
        step[image, pixel] = 1e-5
        slope = (loss_of_each(x + step) - loss_of_each(x - step)) / 2e-5
        assert told[image, pixel].item() == pytest.approx(-slope, rel=1e-3, abs=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_g_is_told_is_what_its_step_sends_through_d(seed):
    game = recipes.digit_game(seed, precision=torch.float32)
    x_fake = game.generate(64)
    x_fake.retain_grad()
    game.g_loss(game.discriminator(x_fake), torch.empty(0)).backward()
    torch.testing.assert_close(told_to_generator(game, x_fake), -64 * x_fake.grad)


def test_a_film_changes_nothing_in_the_game_and_its_history():
    film, bare = film_of_45(), recipes.digit_match(X, seed=0)
    playing.played(bare, 45)
    assert film.match.history == bare.history
    assert torch.equal(film.match.game.rng.get_state(), bare.game.rng.get_state())
    for name, weight in bare.game.discriminator.named_parameters():
        assert torch.equal(film.match.game.discriminator.state_dict()[name], weight), name
        assert weight.grad is not None


def test_a_moment_holds_what_the_match_then_drew_and_was_told():
    film, match = film_of_45(), recipes.digit_match(X, seed=0)
    moments = film.until_now()
    assert [moment.iteration for moment in moments] == [0, 20, 40, 45]
    z = recipes.fresh_noise(64, seed=2)
    for moment in moments:
        while match.iterations < moment.iteration:
            match.play_iteration()
        np.testing.assert_array_equal(moment.images, recipes.draw(match.game, z)[:25])
        told = told_to_generator(match.game, match.game.average(z))[:25]
        np.testing.assert_allclose(moment.told.reshape(25, 784), told, rtol=1e-4, atol=1e-8)


def test_the_present_is_not_kept_twice():
    film = played(20)
    assert [moment.iteration for moment in film.until_now()] == [0, 20]


def test_a_reset_begins_the_film_anew():
    film = played(45)
    before = film.until_now()
    film.match.reset()
    assert [moment.iteration for moment in film.until_now()] == [0]
    playing.played(film.match, 45)
    for moment, again in zip(before, film.until_now(), strict=True):
        assert moment.iteration == again.iteration
        np.testing.assert_array_equal(moment.images, again.images)
        np.testing.assert_array_equal(moment.told, again.told)


def test_a_film_of_a_game_that_is_under_way_begins_at_the_start_all_the_same():
    match = playing.played(recipes.digit_match(X, seed=1), 25)
    first, now = Film(match).until_now()
    assert (first.iteration, now.iteration) == (0, 25)
    start = recipes.draw(recipes.digit_game(1), recipes.fresh_noise(64, seed=2))[:25]
    np.testing.assert_array_equal(first.images, start)


def test_a_long_game_fills_no_memory(monkeypatch):
    match = Match(recipes.digit_game, X)
    film = Film(match)
    (frame,) = film.moments
    assert frame.images.nbytes + frame.told.nbytes < 100_000
    monkeypatch.setattr(films, "_moment", lambda game: films.Moment(game.iterations, *[X] * 2))
    for iteration in range(1, 100_001):
        match.game.iterations = iteration
        match.measure(match.game, None)
        if iteration == 3000:
            assert len(film.moments) < 40
    assert len(film.moments) < 80
    times = [moment.iteration for moment in film.moments]
    gaps = np.diff(times)
    assert np.all(gaps <= np.maximum(20, 0.1 * np.array(times[:-1]) + 1)), "none is left out"


@pytest.mark.parametrize(
    ("iteration", "row", "column", "shown"),
    [(45, 1, 1, 3), (44, 2, 5, 2), (39, 5, 5, 1), (20, 3, 2, 1), (19, 4, 1, 0)],
)
def test_the_large_image_is_the_one_in_the_frame_after_that_iteration(
    iteration, row, column, shown
):
    figure = film_scene(film_of_45()).figure(iteration=iteration, row=row, column=column)
    sheet, large, gradient = (np.asarray(axes.images[0].get_array()) for axes in figure.axes)
    moment, number = film_of_45().until_now()[shown], 5 * row + column - 6
    np.testing.assert_array_equal(sheet, tile(moment.images, 5))
    np.testing.assert_array_equal(large, moment.images[number])
    told = moment.told[number]
    assert np.corrcoef(gradient.ravel(), told.ravel())[0, 1] > 0.9999
    assert np.abs(gradient - 127.5).max() == pytest.approx(127.5)
    np.testing.assert_array_equal(np.sign(gradient - 127.5), np.sign(told))
    frame = figure.axes[0].patches[0]
    assert (frame.get_x(), frame.get_y()) == (column - 0.5, row - 0.5)
    assert f"{moment.iteration} iterations" in figure.axes[1].get_title("left")


@pytest.mark.parametrize(("row", "column"), [(1, 1), (1, 5), (4, 2), (5, 3)])
def test_a_click_on_an_image_enlarges_it(row, column):
    shown = stage.explore(
        film_scene(film_of_45()), row=(1, 5), column=(1, 5), alt="Generated images."
    )
    left, top, right, bottom, ways = shown.page.grips[0]
    assert ways == "xy"
    place = [left + (column - 0.5) / 5 * (right - left), top + (row - 0.5) / 5 * (bottom - top)]
    shown.page.hand = {"press": 1, "grip": 0, "from": place, "at": place}
    assert shown.values == {"row": row, "column": column}
    shown.close()


def test_an_outline_has_ink_on_one_side_and_paper_on_the_other():
    image = np.zeros((28, 28), np.uint8)
    image[3, 5] = image[27, 0] = image[10:12, 10:12] = 255
    image[20, 20] = 127
    lines = {frozenset(map(tuple, line.tolist())) for line in films.outline(image)}
    corners = [(4.5, 2.5), (5.5, 2.5), (5.5, 3.5), (4.5, 3.5)]
    around = {frozenset(pair) for pair in zip(corners, corners[1:] + corners[:1], strict=True)}
    assert around <= lines
    assert frozenset({(-0.5, 26.5), (-0.5, 27.5)}) in lines, "the image's own border too"
    assert len(lines) == len(films.outline(image)) == 4 + 4 + 8


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_has_no_correlation_of_neighbours_and_a_smooth_image_has(seed):
    noise = np.random.default_rng(seed).normal(size=(25, 28, 28))
    assert abs(films.neighbour_correlation(noise)) < 0.03
    smooth = noise.cumsum(2)
    assert films.neighbour_correlation(smooth) > 0.9
    scaled = smooth * np.geomspace(1, 1e6, 25)[:, None, None]
    assert films.neighbour_correlation(scaled) == pytest.approx(films.neighbour_correlation(smooth))


@pytest.mark.parametrize("seed", SEEDS)
def test_d_s_gradient_is_noise_at_first_and_has_shapes_later(seed):
    exact = functools.partial(recipes.digit_game, precision=torch.float32)  # on any machine
    film = Film(recipes.digit_match(X, seed, exact))
    playing.played(film.match, 300)
    first, *_, last = film.until_now()
    assert abs(films.neighbour_correlation(first.told)) < 0.1
    assert films.neighbour_correlation(last.told) > 0.2
