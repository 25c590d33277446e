"""Chapter 00: the game without a screen, its pictures, its scenes, and the installation's check."""

import functools
import inspect
import os
import re
import socket
import sys
import tomllib
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gan_edu import datasets, language
from gan_edu.chapters.ch00_forger_and_detective import album as pictures
from gan_edu.chapters.ch00_forger_and_detective import installation, line
from gan_edu.chapters.ch00_forger_and_detective import scenes as lab
from gan_edu.losses import discriminator_loss, generator_non_saturating
from gan_edu.stage import painting, paper
from tests.helpers.corners import OfGame
from tests.helpers.digits import DIGITS, with_and_without_mnist
from tests.helpers.playing import played
from tests.helpers.shown import texts
from tools.figures import pictures as figures

ROOT = Path(__file__).parents[2]
ALBUM = lab.open_album(DIGITS)
SCENES = {
    "detective": (
        lambda: lab.detective_scene(DIGITS),
        {"real": (0, 1, 30), "generated": (0, 2, 30)},
    ),
    "payoff": (lab.payoff_scene, {"answer": (0.01, 0.3, 0.99)}),
    "advice": (
        lambda: lab.advice_scene(ALBUM),
        {"level": (1, 3, 6), "picture": (1, 4, 10), "steps": (0, 3, 8), "wishes": (False, True)},
    ),
    "line": (lambda: OfGame(line.line_scene(), line_at), {"iterations": (0, 5, 60, 300)}),
}
FIGURES = {
    f"{lab.__name__.partition('chapters.')[2]}.rounds_figure": lambda: lab.rounds_figure(ALBUM)
}


@functools.cache
def line_at(iterations):
    return played(line.LineGame(), iterations)


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No MNIST on this machine, and no network to get it from."""
    monkeypatch.delenv("GAN_EDU_MNIST", raising=False)
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked for a host"))
    return tmp_path / "cache"


# The pictures that are shipped


def test_all_that_is_shipped_is_small():
    files = {path.name: path.stat().st_size for path in pictures.FOLDER.iterdir()}
    worlds = ("mnist", "offline_digits")
    ends = (".png", ".json", "_gradient.png")
    assert set(files) == {f"{world}{end}" for world in worlds for end in ends}
    assert sum(files.values()) < 200_000


@with_and_without_mnist
def test_an_album_holds_what_it_promises(load):
    digits = load()
    album = lab.open_album(digits)
    assert album.generated.shape == (lab.ROUNDS, pictures.FORGERIES, 28, 28)
    assert album.on_fake.shape == (lab.ROUNDS, pictures.FORGERIES)
    assert album.on_real.shape == (lab.ROUNDS, pictures.REALS)
    assert len(set(album.chosen)) == pictures.REALS
    assert album.chosen.max() < len(digits.test_images)
    for images in (album.real, album.generated):
        assert images.dtype == np.uint8
        assert not (images % pictures.GREY_STEP).any(), "both kinds have the same levels of grey"
    for answers in (album.on_real, album.on_fake):
        assert ((answers >= 0) & (answers <= 1)).all()
    off = album.real.astype(int) - digits.test_images[album.chosen]
    assert np.abs(off).max() <= pictures.GREY_STEP // 2


@with_and_without_mnist
def test_no_forgery_is_there_twice_and_none_is_a_real_picture(load):
    album = lab.open_album(load())
    images = [image.tobytes() for image in (*album.generated.reshape(-1, 784), *album.real)]
    assert len(set(images)) == len(images)


@with_and_without_mnist
def test_the_detective_is_good_at_first_and_the_forger_gains_on_it(load):
    album = lab.open_album(load())
    score = lab.balanced_accuracy(album)
    assert score[0] > 0.95
    assert (np.diff(score) <= 0.06).all(), "no round is much easier than the one before"
    assert 0.55 < score[-1] < 0.8
    of_real, of_fake = (album.on_real > 0.5).mean(1), (album.on_fake <= 0.5).mean(1)
    np.testing.assert_allclose(score, (of_real + of_fake) / 2)
    assert (np.minimum(of_real, of_fake) > 0.4).all(), "its threshold is in the middle"
    sure = album.on_real.mean(1)
    assert sure[0] > 0.9
    assert abs(sure[-1] - 0.5) < 0.1, "real pictures are the same, and D no longer knows them"


@with_and_without_mnist
def test_round_1_begins_with_a_picture_and_not_with_noise(load):
    """Its forgeries have ink in the middle and paper at the border, as real pictures have."""
    album = lab.open_album(load())
    for images in (album.real, album.generated[0]):
        border = np.concatenate([images[:, :3].ravel(), images[:, -3:].ravel()])
        assert images[:, 7:21, 9:19].mean() > 4 * border.mean()


@with_and_without_mnist
def test_a_step_along_the_gradient_raises_d_s_answer(load):
    album = lab.open_album(load())
    np.testing.assert_allclose(album.along[..., 0], album.on_fake[:, : pictures.ADVISED])
    assert (np.diff(album.along.mean(1)[:, :4]) > 0).all(), "in every round, for three steps"
    gain = (album.along[..., -1] - album.along[..., 0]).mean(1)
    assert gain[0] > 2 * gain[-1]
    assert (np.abs(album.gradient).max((-1, -2)) == pictures.LEVELS).all()


def test_the_gradient_is_that_of_the_logit_smoothed():
    detective = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 1))
    weight = torch.zeros(28, 28)
    weight[5, 5], weight[20, 9] = 2.0, -1.0
    detective[1].weight.data[:] = weight.reshape(1, -1)
    found = figures._gradient(detective, np.zeros((2, 28, 28), np.uint8))
    assert found.shape == (2, 28, 28)
    assert (found[0, 5, 5], found[0, 20, 9]) == (pictures.LEVELS, -4)
    assert found[0, 5, 6] > 0 > found[0, 20, 10]
    assert not found[0, 12:16].any()


def test_moved_ink_follows_the_gradient_and_stays_within_the_levels():
    images = np.full((1, 28, 28), 100, np.uint8)
    gradient = np.zeros((1, 28, 28), np.int8)
    gradient[0, 0, :2] = pictures.LEVELS, -pictures.LEVELS
    assert pictures.moved(images, gradient, 0).tolist() == images.tolist()
    assert pictures.moved(images, gradient, 2)[0, 0, :3].tolist() == [132, 68, 100]
    assert pictures.moved(images, gradient, 99)[0, 0, :3].tolist() == [255, 0, 100]


def test_red_is_more_ink_and_blue_is_less():
    gradient = np.zeros((28, 28), np.int8)
    gradient[0, :2] = pictures.LEVELS, -pictures.LEVELS
    seen = lab.tinted(np.zeros((28, 28), np.uint8), gradient)
    assert seen[0, 0].tolist() == lab.RED.tolist()
    assert seen[0, 1].tolist() == lab.BLUE.tolist()
    assert seen[0, 2].tolist() == [255] * 3


def test_the_advice_shows_nothing_of_d_s_wishes_until_it_is_asked():
    asked, told = (lab.advice_scene(ALBUM).figure(wishes=w).axes[0].images[0] for w in (0, 1))
    pixels = np.asarray(asked.get_array())
    assert (pixels == pixels[..., :1]).all(), "grey only"
    assert np.ptp(np.asarray(told.get_array()).astype(int), axis=-1).max() > 50
    (curve, *_) = lab.advice_scene(ALBUM).figure(level=2, picture=3, steps=5).axes[2].lines
    assert curve.get_ydata().tolist() == ALBUM.along[1, 2, :6].tolist()


# Making them


def short_album(digits):
    """Return an album of a game of six rounds, for which D studies for a few steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "_studied", functools.partial(figures._studied, steps=10))
        return figures.forgeries(digits, stages=(1, 2, 3, 4, 5, 6))


@pytest.fixture(scope="module")
def small():
    """A few offline digits, and an album of a game on them."""
    digits = replace(DIGITS, images=DIGITS.images[:200])
    return digits, short_album(digits)


def test_forgeries_are_decided_by_the_digits_alone(small):
    digits, album = small
    torch.manual_seed(99)
    before = torch.get_rng_state()
    again = short_album(digits)
    assert torch.equal(torch.get_rng_state(), before)
    for name, values in vars(album).items():
        np.testing.assert_array_equal(values, getattr(again, name))


def test_what_is_written_is_what_is_read_and_the_same_bytes_again(small, tmp_path):
    digits, album = small
    figures.write_album(digits, album, tmp_path / "a")
    figures.write_album(digits, album, tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    for name, values in vars(lab.open_album(digits, tmp_path / "a")).items():
        np.testing.assert_array_equal(values, getattr(album, name))


def test_the_detective_of_the_album_sees_each_picture_alone():
    detective = figures._lone_discriminator(
        figures.digit_game(precision=torch.float32)
    ).discriminator
    together = figures._answers(detective, ALBUM.real)
    alone = [figures._answers(detective, image[None])[0] for image in ALBUM.real]
    assert together == pytest.approx(alone, abs=0.0011)
    assert len(set(together)) > 1


def test_the_chapter_says_how_long_d_has_studied_and_g_has_trained():
    steps = inspect.signature(figures._studied).parameters["steps"].default
    chapter = (ROOT / "notebooks/source/00_forger_and_detective.py").read_text(encoding="utf-8")
    assert f"$D$ trained on alone for {steps} iterations" in chapter
    assert f"train for {pictures.STAGES[0]} iterations before your round 1" in chapter


def test_studying_leaves_the_game_as_it_was():
    game = figures._lone_discriminator(figures.digit_game(precision=torch.float32))
    x = figures.as_tensor(DIGITS.images[:100])
    before = [w.clone() for w in (*game.discriminator.parameters(), *game.generator.parameters())]
    noise = game.rng.get_state()
    studied = figures._studied(game, x, steps=3)
    after = (*game.discriminator.parameters(), *game.generator.parameters())
    assert all(map(torch.equal, before, after))
    assert torch.equal(game.rng.get_state(), noise)
    assert not torch.equal(next(studied.parameters()), before[0])


@given(st.integers(0, 255))
def test_coarse_is_the_nearest_of_sixteen_levels(value):
    levels = np.linspace(0, 255, 16)
    coarse = pictures.coarse(np.full((1, 1, 1), value, np.uint8))
    assert coarse.dtype == np.uint8
    assert coarse.item() == levels[np.abs(levels - value).argmin()]


# The game

answers = st.lists(st.booleans(), max_size=75)
seeds = st.integers(0, 2**32)


def play(said, seed=0):
    match = lab.Match(ALBUM, seed)
    for real in said:
        match.say(real)
    return match


@given(seeds)
def test_no_picture_comes_twice_and_every_round_has_both_kinds(seed):
    deck = lab.Match(ALBUM, seed).deck
    assert len(deck) == 60
    assert len({card.image.tobytes() for card in deck}) == 60
    for stage in range(lab.ROUNDS):
        cards = deck[10 * stage : 10 * stage + 10]
        assert 3 <= sum(card.is_real for card in cards) <= 7
        generated = {image.tobytes() for image in ALBUM.generated[stage]}
        for card in cards:
            assert (card.image.tobytes() in generated) != card.is_real


@given(seeds)
def test_d_s_answer_is_the_one_to_this_picture_in_this_round(seed):
    for number, card in enumerate(lab.Match(ALBUM, seed).deck):
        stage = number // 10
        among = ALBUM.real if card.is_real else ALBUM.generated[stage]
        (place,) = np.flatnonzero((among == card.image).all((1, 2)))
        known = ALBUM.on_real if card.is_real else ALBUM.on_fake
        assert card.answer == known[stage, place]


def test_half_are_real_on_average_at_every_place():
    kinds = np.array([[c.is_real for c in lab.Match(ALBUM, s).deck] for s in range(800)])
    assert abs(kinds.mean() - 0.5) < 0.01
    assert (np.abs(kinds.mean(0) - 0.5) < 4.5 * 0.5 / np.sqrt(800)).all()
    counts = np.bincount(kinds.reshape(-1, 10).sum(1), minlength=11)
    assert not counts[[0, 1, 2, 8, 9, 10]].any()
    expected = 800 * 6 / 5
    assert (np.abs(counts[3:8] - expected) < 4.5 * np.sqrt(expected)).all(), "a count tells nothing"


@given(answers, seeds)
def test_scores_are_what_a_plain_count_gives(said, seed):
    match = play(said, seed)
    played = min(len(said), 60)
    learner = [said[i] == match.deck[i].is_real for i in range(played)]
    machine = [(match.deck[i].answer > 0.5) == match.deck[i].is_real for i in range(played)]
    assert match.right().tolist() == [learner, machine]
    whole = [slice(10 * k, 10 * k + 10) for k in range(played // 10)]
    assert match.scores().tolist() == [[sum(who[k]) for k in whole] for who in (learner, machine)]
    assert match.over == (len(said) >= 60)
    assert match.shown == min(played, 59)


def by_presses(said, table):
    real = generated = 0
    for says_real in said:
        real, generated = real + says_real, generated + (not says_real)
        match = table.press(real, generated)
    return match if said else table.press(0, 0)


@given(answers, seeds)
def test_presses_one_by_one_are_the_answers_in_their_order(said, seed):
    match = by_presses(said, lab.Table(ALBUM, seed))
    assert match.said == said[:60]
    same = by_presses(said, lab.Table(ALBUM, seed))
    assert [c.image.tobytes() for c in match.deck] == [c.image.tobytes() for c in same.deck]


@given(answers.filter(bool), answers)
def test_reset_deals_other_pictures_and_the_counts_begin_again(first, second):
    table = lab.Table(ALBUM, 5)
    before = by_presses(first, table)
    table.press(0, 0)
    after = by_presses(second, table)
    assert after is not before
    assert after.said == second[:60]
    dealt = [[card.image.tobytes() for card in match.deck] for match in (before, after)]
    assert dealt[0] != dealt[1]
    assert dealt[1] == [card.image.tobytes() for card in lab.Match(ALBUM, 6).deck]


def test_a_reset_before_the_first_answer_and_a_redraw_change_nothing():
    table = lab.Table(ALBUM)
    first = table.press(0, 0)
    assert table.press(0, 0) is first
    assert table.press(1, 0) is table.press(1, 0) is first
    assert first.said == [True]


@given(st.integers(0, 9), st.integers(0, 9))
def test_several_presses_at_once_are_all_counted(real, generated):
    match = lab.Table(ALBUM).press(real, generated)
    assert sorted(match.said) == [False] * generated + [True] * real


@with_and_without_mnist
def test_the_first_picture_is_forged(load):
    """It stands in the notebook that is committed, which is no place for MNIST's pictures."""
    assert not lab.Match(lab.open_album(load()), lab.SEED).deck[0].is_real


def test_two_matches_share_nothing():
    one, other = lab.Table(ALBUM), lab.Table(ALBUM)
    one.press(1, 0)
    assert other.press(0, 0).said == []


# What the learner sees

TRUTH = [card.is_real for card in lab.Match(ALBUM, 0).deck]
WRONG = [not real for real in TRUTH]


def drawn(said, digits=DIGITS, paint=False):
    """Return the picture of a new game after these answers, painted after each or never."""
    picture = painting.Picture(*lab.detective_scene(digits, seed=0).open())
    real = generated = 0
    for says_real in [None, *said]:
        real, generated = real + (says_real is True), generated + (says_real is False)
        picture.update(real=real, generated=generated)
        if paint:
            picture.pixels()
    return picture


def figure_of(said):
    return drawn(said).figure


VERDICTS = {  # (it was real, the learner was right)
    (True, True): "✓  Previous picture: real, and you saw it.",
    (True, False): "✗  Previous picture: it was real!",
    (False, True): "✓  Previous picture: forged, and you saw it.",
    (False, False): "✗  Previous picture: forged. It fooled you.",
}


def test_the_start_asks_and_has_no_verdict():
    shown = texts(figure_of([]))
    assert f"Round {1}/{6}, picture {1}/10:\nreal or forged?" in shown
    assert (
        "After each answer you read here what\nit was, and what a discriminator said:\n"
        "above 50% counts as “real”."
    ) in shown
    assert not any(verdict in shown for verdict in VERDICTS.values())


@pytest.mark.parametrize("right", [True, False])
def test_each_answer_is_told_what_it_was(right):
    for number in range(8):
        shown = texts(figure_of([*TRUTH[:number], TRUTH[number] == right]))
        verdicts = {key: words for key, words in VERDICTS.items() if words in shown}
        assert list(verdicts) == [(TRUTH[number], right)]
        card = lab.Match(ALBUM, 0).deck[number]
        mark = "✓" if (card.answer > 0.5) == card.is_real else "✗"
        assert f"{mark}  The discriminator says: {card.answer:.1%} real." in shown
        tally = "Round {round} so far: you {you}, discriminator {d}, of {n}.".format(
            round=1, you=number + right, d="@", n=number + 1
        )
        assert tally.partition("@")[0] in shown


def test_a_round_ends_with_both_scores_and_the_next_begins():
    shown = texts(figure_of([*WRONG[:3], *TRUTH[3:10]]))
    d = play(TRUTH[:10]).scores()[1, 0]
    assert f"Round {1}: you {7}, discriminator {d}, of 10." in shown
    assert f"Round {2}/{6}, picture {1}/10:\nreal or forged?" in shown
    assert f"This round's forger has\npractised for {lab.STAGES[1]} iterations" in shown


@pytest.mark.parametrize("stage", range(lab.ROUNDS))
def test_the_tally_is_of_this_round_only(stage):
    said = [*TRUTH[: 10 * stage], *WRONG[10 * stage :]]
    you, d = play(said).right()[:, 10 * stage :][:, :7].sum(1)
    shown = texts(figure_of(said[: 10 * stage + 7]))
    assert f"Round {stage + 1} so far: you {0}, discriminator {d}, of {7}." in shown
    assert you == 0
    d = play(said).scores()[1, stage]
    end = f"Round {stage + 1}: you {0}, discriminator {d}, of 10."
    assert (end in texts(figure_of(said[: 10 * stage + 10]))) == (stage < 5)


@pytest.mark.parametrize("said", [TRUTH, WRONG], ids=["all right", "all wrong"])
def test_the_end_says_who_won_and_stays(said):
    figure = figure_of(said)
    shown = texts(figure)
    assert "The game is over.\nReset deals a new one." in shown
    you, d = play(said).right().sum(1)
    assert you == (60 if said is TRUTH else 0)
    if said is TRUTH:
        assert f"You beat the discriminator, 60 to {d} of 60." in shown
    else:
        assert f"The discriminator wins, {d} to your 0 of 60." in shown
    generated = TRUTH[-10:].count(False)
    fooled = generated if said is WRONG else 0
    assert f"The last forger fooled you {fooled} times out of {generated}." in shown
    assert texts(figure_of([*said, True, False])) == shown


def test_a_draw_is_told_as_one():
    machine = [bool(card.answer > 0.5) for card in lab.Match(ALBUM, 0).deck]
    you = play(machine).right().sum(1)[0]
    assert f"A draw with the discriminator: {you} of 60." in texts(figure_of(machine))


def test_the_chart_and_the_marks_show_the_scores():
    said = [*WRONG[:4], *TRUTH[4:25]]
    figure, match = figure_of(said), play(said)
    past, chart = figure.axes[1:]
    lines = {line.get_label(): line for line in chart.lines}
    for name, score in zip(("you", "discriminator"), match.scores(), strict=True):
        assert lines[name].get_xdata() == range(1, 3)
        assert lines[name].get_ydata().tolist() == score.tolist()
    assert len({line.get_marker() for line in chart.lines}) == 3, "told by more than colour"
    right, wrong = past.lines
    assert (len(right.get_xdata()), len(wrong.get_xdata())) == (21, 4)
    for axes, marks in ((past, right), (past, wrong)):
        (left, end), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert ((marks.get_xdata() > left) & (marks.get_xdata() < end)).all()
        assert ((marks.get_ydata() > top) & (marks.get_ydata() < bottom)).all()


def test_forged_pictures_hang_in_a_frame_and_real_ones_do_not():
    deck = lab.Match(ALBUM, 0).deck
    gallery = lab._gallery(deck)
    assert gallery.shape == (6 * 42, 320, 3)
    for number, card in enumerate(deck):
        top, left = 42 * (number // 10), 32 * (number % 10)
        corner, below = gallery[top, left], gallery[top + 37, left + 16]
        assert (tuple(corner) == lab.ORANGE) != card.is_real
        assert (below == 255).all()
        inside = 255 - gallery[top + 2 : top + 30, left + 2 : left + 30, 0]
        np.testing.assert_array_equal(inside, card.image)


def test_the_game_is_painted_in_place_as_if_anew_and_never_jumps():
    digits, said = DIGITS, [number % 3 == 0 for number in range(60)]
    seen, places = set(), set()
    for number in (0, 1, 10, 35, 60):
        picture = drawn(said[:number], digits, paint=True)
        anew = drawn(said[:number], digits)
        pixels = picture.pixels()
        seen.add(pixels.tobytes())
        places.add(tuple(axes.get_position().bounds for axes in picture.figure.axes))
        difference = np.abs(pixels.astype(int) - anew.pixels()).max(-1)
        assert np.mean(difference > 60) < 0.002
    assert len(seen) == 5
    assert len(places) == 1


@pytest.mark.parametrize("large", [False, True])
def test_the_words_stay_on_the_page_and_off_the_chart(large):
    paper.projector(large)
    try:
        for said in ([], TRUTH[:1], WRONG[:10], WRONG):
            figure = figure_of(said)
            renderer = painting._draw(figure)
            gallery = figure.axes[1]
            (words,) = [t for t in gallery.texts if t.get_va() == "bottom"]
            box = words.get_window_extent(renderer)
            assert box.x1 < figure.bbox.x1
            assert box.y1 < figure.bbox.y1 + 8, "blank lines may stand out"
            assert box.y0 >= gallery.bbox.y1
            assert len(words.get_text().splitlines()) == lab.LINES
            assert "\n" in figure.axes[0].get_title("left")
            for text in (figure.axes[0]._left_title, *figure.axes[0].texts):
                place = text.get_window_extent(renderer)
                assert place.x1 < box.x0
                assert place.y1 < figure.bbox.y1
                assert place.y0 > 0
            assert figure.axes[2]._left_title.get_window_extent(renderer).y1 <= gallery.bbox.y1 + 8
    finally:
        paper.projector(False)


@pytest.mark.parametrize("large", [False, True])
def test_no_score_runs_through_the_legend(large):
    paper.projector(large)
    try:
        figure = figure_of(WRONG)
        chart, renderer = figure.axes[2], painting._draw(figure)
        legend = chart.get_legend().get_window_extent(renderer)
        highest = chart.transData.transform((1, 10))[1]
        assert legend.y0 > highest + 3, "a marker is 6 points wide"
        assert legend.y1 <= chart._left_title.get_window_extent(renderer).y0
        assert legend.x1 < figure.bbox.x1
    finally:
        paper.projector(False)


def test_the_game_fits_the_window_of_a_small_laptop():
    """Of 1280 × 800 pixels JupyterLab leaves 679 to a notebook, and heading and cell take 280."""
    assert drawn([]).figure.bbox.height <= 360
    shown = lab.detective_game()
    assert [(c.description, c.letters) for c in shown.controls.values()] == [
        ("real", "rt"),
        ("forged", "f"),
    ]


def test_r_and_t_are_taken_for_real_and_f_for_forged():
    shown = lab.detective_game()
    field = next(
        child
        for row in shown.children[1:]
        for child in getattr(row, "children", ())
        if hasattr(child, "counters")
    )
    field.value = "r"
    field.value = "rFRt"
    assert [c.value for c in shown.controls.values()] == [3, 1]


class NoWords:
    """A catalogue of a language that has only dots."""

    def gettext(self, text):
        return "·"

    def ngettext(self, one, more, number):
        return "·"


def test_every_word_comes_from_the_catalogue(monkeypatch):
    monkeypatch.setattr(language, "_catalogue", NoWords())
    scenes = [figure_of(said) for said in ([], TRUTH[:1], WRONG[:10], WRONG)]
    for figure in (*scenes, lab.payoff_scene().figure(answer=0.3)):
        words = re.sub(r"\\mathdefault|^[DG]$", "", texts(figure), flags=re.MULTILINE)
        assert not re.search(r"[^\W\d_]", words)


def test_the_payoffs_are_the_losses_of_the_course_with_the_other_sign():
    d = torch.linspace(0.01, 0.99, 50, dtype=torch.float64)
    ours = lab.payoffs(d.numpy())
    for i, logit in enumerate(d.logit()[:, None]):
        sure = torch.full_like(logit, 1e3)  # a real picture that D is sure of costs nothing
        of_d = -discriminator_loss(sure, logit).item()
        of_g = -generator_non_saturating(logit).item()
        assert ours["minimax"][:, i] == pytest.approx([of_d, -of_d, 0])
        assert ours["non_saturating"][:, i] == pytest.approx([of_d, of_g, of_d + of_g])


def test_the_payoff_curves_have_their_heights_and_fit():
    for answer in (0.01, 0.3, 0.99):
        figure = lab.payoff_scene().figure(answer=answer)
        for axes, values in zip(figure.axes, lab.payoffs(answer).values(), strict=True):
            ends = [curve.get_ydata()[-1] for curve in axes.lines[:6]]
            assert ends == pytest.approx(list(np.repeat(values, 2)))
            assert [curve.get_xdata()[-1] for curve in axes.lines[:6]] == [answer] * 6
            low, high = axes.get_ylim()
            assert low < min(ends)
            assert max(ends) < high


# Without a network


def test_without_mnist_the_offline_digits_are_played(nowhere):
    figure = lab.detective_scene().figure(real=2, generated=1)
    assert not nowhere.exists(), "nothing was fetched, and nothing was left behind"
    image = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(image, lab.Match(ALBUM, lab.SEED).deck[3].image)


def test_a_broken_folder_is_named_and_not_played_around(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_EDU_MNIST", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="GAN_EDU_MNIST"):
        lab.detective_scene()


# The installation


def advice(what):
    """Return the one check of this name, from a new list."""
    (check,) = [check for check in lab.check_installation() if check.what == what]
    return check


def test_a_good_installation_is_called_good(nowhere):
    checks = lab.check_installation()
    assert not [c for c in checks if c.must and c.advice]
    shown = repr(checks)
    assert shown.endswith("Everything is ready.")
    names = [check.what for check in checks]
    assert len(names) == len(set(names))
    assert {"Python", "jupyterlab", "ipywidgets", "torch", "MNIST"} < set(names)
    assert "pytest" not in names, "what only tests need is not asked of learners"
    assert metadata.version("torch") in shown


def test_all_packages_of_the_project_are_looked_at():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split("[<>=]", line)[0] for line in project["dependencies"]}
    installed = {installation.Requirement(line).name for line in metadata.requires("gan_edu")}
    assert {check.what for check in lab.check_installation()} >= declared & installed


@pytest.mark.parametrize("version", ["2.8.0", "1.13.1+cu117", "2.11.0rc1"])
def test_an_old_package_is_to_be_renewed(nowhere, monkeypatch, version):
    real = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: version if name == "torch" else real(name)
    )
    check = advice("torch")
    assert check.found == version
    assert 'pip install "torch>=2.11"' in str(check)
    shown = repr(lab.check_installation())
    assert shown.endswith(
        f"To do: {1}. Then choose Kernel → Restart Kernel, and run this cell again."
    )


def test_a_missing_package_is_to_be_installed(nowhere, monkeypatch):
    real = metadata.version

    def version(name):
        if name == "jupyterlab":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)
    assert advice("jupyterlab").found == "not installed"
    assert "pip install -r requirements.txt" in str(advice("jupyterlab"))


def test_on_colab_no_advice_needs_a_terminal_or_the_course_s_folder(nowhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    real = metadata.version
    found = {"torch": "2.1.0"}

    def version(name):
        if name in ("jupyterlab", "pooch"):
            raise metadata.PackageNotFoundError(name)
        return found.get(name) or real(name)

    monkeypatch.setattr(metadata, "version", version)
    checks = lab.check_installation()
    assert [check.what for check in checks if check.must and check.advice] == ["torch", "pooch"]
    assert "run the first cell of this chapter" in str(advice("pooch"))
    assert 'in a cell: %pip install "torch>=' in str(advice("torch"))
    shown = repr(checks)
    assert "terminal" not in shown
    assert "requirements.txt" not in shown
    assert "Runtime → Restart session" in shown


def test_a_course_that_was_only_unpacked_is_to_be_installed(nowhere, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", missing)
    assert "pip install -r requirements.txt" in str(advice("gan_edu"))


def test_a_python_too_old_or_too_new_is_named(nowhere, monkeypatch):
    monkeypatch.setattr("platform.python_version", lambda: "3.10.14")
    assert ">=3.11" in str(advice("Python"))
    monkeypatch.setattr("platform.python_version", lambda: "3.15.0")
    assert "<3.15" in str(advice("Python"))
    monkeypatch.setattr("platform.python_version", lambda: "3.14.0rc2")
    assert str(advice("Python")) == "ok"


def test_mnist_is_found_or_not_or_broken(nowhere, monkeypatch, tmp_path):
    assert not advice("MNIST").must
    assert advice("MNIST").found == "not on this machine"
    monkeypatch.setenv("GAN_EDU_MNIST", str(tmp_path))
    assert advice("MNIST").must
    assert "train-images-idx3-ubyte" in str(advice("MNIST"))
    monkeypatch.setenv("GAN_EDU_MNIST", str(tmp_path / "gone"))
    assert "gone" in str(advice("MNIST"))
    found = replace(DIGITS, name="MNIST")
    monkeypatch.setattr(installation, "load_mnist", lambda download: found)
    assert advice("MNIST").found == "in the folder that GAN_EDU_MNIST names"
    monkeypatch.delenv("GAN_EDU_MNIST")
    assert advice("MNIST").found == "in the cache"


def test_a_cache_that_cannot_be_written_to_is_named(nowhere, monkeypatch):
    assert advice("cache folder").found == "writable"
    assert list(nowhere.iterdir()) == [], "the trial leaves nothing behind"
    monkeypatch.setattr(datasets, "cache_folder", lambda: nowhere / "a" / "b")
    (nowhere / "a").write_text("a file where a folder should be", encoding="utf-8")
    check = advice("cache folder")
    assert check.must
    assert str(nowhere / "a") in str(check)


@pytest.mark.parametrize(("cores", "said"), [(None, "1"), (1, "1"), (2, "2"), (64, "64")])
def test_one_core_is_enough_and_slow(nowhere, monkeypatch, cores, said):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    check = advice("processor cores")
    assert check.found == said
    assert bool(check.advice) == (said == "1")
    assert not check.must or not check.advice
