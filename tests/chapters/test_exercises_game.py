"""Exercises 04 to 06: what they teach is so, and a broken game hears of the bug that it has."""

import re

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, minimize_scalar

from gan_edu import exercises, games, losses
from gan_edu.chapters.ch03_neural_distance import exercises as chapter_03
from gan_edu.chapters.ch04_adversarial_game import exercises as chapter_04
from gan_edu.chapters.ch05_mnist_gan import exercises as chapter_05
from gan_edu.chapters.ch06_summary import exercises as chapter_06
from gan_edu.checking import mending
from tests.chapters.test_exercises import SOURCES, _elsewhere, run, said, script_cells, stub_of  # noqa: F401, a fixture

SEEDS = (0, 1, 2)


# The answers, by other ways


@pytest.mark.parametrize("a", [-8.0, -0.5, 0.0, 3.0])
def test_how_many_times_is_the_ratio_of_both_slopes(a):
    logit = torch.tensor([a], dtype=torch.float64, requires_grad=True)
    slopes = [
        torch.autograd.grad(loss(logit), logit)[0].item()
        for loss in (losses.generator_minimax, losses.generator_non_saturating)
    ]
    assert chapter_04.how_many_times(a) == pytest.approx(slopes[1] / slopes[0])


@pytest.mark.parametrize("g_steps", [1, 2, 3])
def test_with_the_smallest_k_the_pair_glides_and_with_one_less_it_swings(g_steps):
    for ratio in (3.3, 6.5, 11.7):
        lr_g = 0.001
        lr_d = 4 * g_steps * lr_g / ratio
        k = int(chapter_04.smallest_k(lr_d, lr_g, g_steps))
        glides = games.iteration_eigenvalues(k, g_steps, lr_d, lr_g)
        swings = games.iteration_eigenvalues(k - 1, g_steps, lr_d, lr_g)
        assert not glides.imag.any()
        assert swings.imag.any()


@pytest.mark.parametrize(("theta", "s"), [(0.0, 0.5), (1.0, 2.0), (-2.0, 0.8)])
def test_no_other_parabola_is_a_better_discriminator_for_another_width(theta, s):
    x = np.linspace(-14, 14, 4001)
    p = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    q = np.exp(-(((x - theta) / s) ** 2) / 2) / np.sqrt(2 * np.pi) / s

    def loss(a):
        return (p * np.logaddexp(0, -a) + q * np.logaddexp(0, a)).sum() * (x[1] - x[0])

    best = minimize(lambda c: loss(np.polyval(c, x)), np.zeros(3), tol=1e-10)
    found = chapter_03.best_logit(x, theta, s)
    assert loss(found) == pytest.approx(best.fun, abs=1e-7)
    np.testing.assert_allclose(np.polyval(best.x, x[1800:2200]), found[1800:2200], atol=0.01)


@pytest.mark.parametrize("n", [2, 3, 1000])
def test_both_orders_are_what_a_search_finds(n):
    one = minimize_scalar(
        lambda d: -np.log(d) / n - np.log(1 - d), bounds=(0, 1), options={"xatol": 1e-9}
    )
    same = minimize_scalar(lambda d: -np.log(d) - np.log(1 - d), bounds=(0, 1))
    np.testing.assert_allclose(chapter_04.orders(n), [-one.fun, -same.fun], atol=1e-6)


def test_a_collapsed_generator_among_many_places_hardly_has_a_chance():
    assert chapter_04.orders(1000)[0] > -0.01


def test_half_the_learning_rate_buys_four_times_the_iterations():
    ratio = chapter_04.iterations_to_grow(0.05, 10) / chapter_04.iterations_to_grow(0.1, 10)
    assert ratio == pytest.approx(4, rel=0.01)


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.5])
def test_what_is_conserved_stays_the_same_on_the_path_of_the_game(rate):
    path = games.follow(games.bilinear, games.alternating, [1.0, -0.4], 50, rate)
    values = chapter_04.conserved(*path.T, rate)
    np.testing.assert_allclose(values, values[0], rtol=1e-9)
    assert np.ptp((path**2).sum(1)) > 0.01, "and the distance does not"


def test_the_same_answer_does_not_solve_two_exercises():
    assert not exercises.graded(exercises.find("4.3"), chapter_03.best_logit, 0)
    assert not exercises.graded(exercises.find("5.3"), chapter_03.loss_fn_d, 0)


def test_a_set_is_less_than_nothing_away_from_itself_by_the_roots_of_the_entries():
    broken = chapter_05._FRECHET[0][0]
    a = np.random.default_rng(0).normal(size=(50, 4))
    mixed = a @ (np.eye(4) + 0.5)
    assert broken(mixed, mixed) < -0.1
    assert chapter_05.frechet(mixed, mixed) == pytest.approx(0, abs=1e-9)


def test_the_broken_loss_of_3_5_never_falls_below_its_floor():
    a = torch.tensor([[-50.0], [-1.0], [0.0], [1.0], [50.0]])
    least = min(chapter_03._squashed_twice(r, f).item() for r in a for f in a)
    assert least == pytest.approx(1.006, abs=5e-4)


def test_the_memory_of_the_average_grows_with_the_game():
    for iterations in (1000, 10_000):
        assert chapter_05.share_of_the_last(iterations, iterations // 10) == pytest.approx(
            0.65, abs=0.01
        )
        assert 1 - chapter_05.share_of_the_last(iterations, iterations // 2) < 0.002


def test_rewarded_noise_is_the_slope_of_the_mean_reward():
    rng = np.random.default_rng(0)
    theta, worth, h = rng.normal(size=4), rng.normal(size=4), 1e-5

    def mean(theta):
        return np.exp(theta) @ worth / np.exp(theta).sum()

    exact = [(mean(theta + h * e) - mean(theta - h * e)) / (2 * h) for e in np.eye(4)]
    words = rng.choice(4, 400_000, p=np.exp(theta) / np.exp(theta).sum())
    found = chapter_06.reward_gradient(theta, words, worth[words])
    np.testing.assert_allclose(found, exact, atol=0.01)


# The broken games: what stands in the notebook has the bug that its question tells of


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("4.6", "the sum of *all* its gradients so far"),
        ("5.3", "takes the root of each entry"),
        ("5.4", "Two things allow this"),
        ("5.5", "leaves in `eval`"),
        ("6.4", "No bug is fixed yet, of three. G has not moved"),
    ],
)
def test_a_broken_game_hears_of_its_own_bug(name, part):
    exercise = exercises.find(name)
    assert part in run(exercise, stub_of(exercise)).text


def test_a_mended_training_of_d_leaves_nothing_in_g():
    generator, discriminator, batches = mending.table(np.random.default_rng(1))
    before = mending.weights(generator)
    chapter_05.train_discriminator(generator, discriminator, batches)
    assert torch.equal(mending.weights(generator), before)
    assert all(weight.grad is None for weight in generator.parameters())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("left", chapter_06._LEFT, ids="+".join)
def test_each_mix_of_the_three_bugs_is_told_what_is_right_already(left, seed):
    text = said("6.4", chapter_06._training(**dict.fromkeys(left, True)), seed)
    done = [what for name, (what, _) in chapter_06._BUGS.items() if name not in left]
    assert all(what in text.partition("Right already: ")[2] for what in done)
    assert ("No bug is fixed" in text) == (len(left) == 3)


def no_step_for_d(generator, discriminator, batches):
    opt_g = mending.sgd(generator)
    for _, z in batches:
        opt_g.zero_grad()
        losses.generator_non_saturating(discriminator(generator(z))).backward()
        opt_g.step()


def half_a_loss(generator, discriminator, batches):
    chapter_06._training(loss_fn_g=lambda a: losses.generator_non_saturating(a) / 2)(
        generator, discriminator, batches
    )


def noise_for_real(generator, discriminator, batches):
    chapter_06.train(generator, discriminator, [(z, z) for _, z in batches])


@pytest.mark.parametrize(
    ("code", "part"),
    [
        (no_step_for_d, "D has not moved at all"),
        (half_a_loss, "G and D stand elsewhere"),
        (noise_for_real, "G and D stand elsewhere"),
        (lambda *players: None, "G has not moved at all"),
    ],
)
def test_a_bug_that_nobody_thought_of_is_told_by_who_moved(code, part):
    assert part in said("6.4", code)


def test_a_look_without_no_grad_that_cuts_the_graph_later_is_right():
    def draw(generator, z):
        before = generator.training
        x = generator.eval()(z)
        generator.train(before)
        return x.detach()

    assert exercises.graded(exercises.find("5.5"), draw, 0).right


def test_players_of_the_table_are_the_same_for_a_seed_and_differ_between_seeds():
    def start(seed):
        generator, discriminator, batches = mending.table(np.random.default_rng(seed))
        return torch.cat(
            [mending.weights(generator), mending.weights(discriminator), *batches[0][0]]
        )

    assert torch.equal(start(3), start(3))
    assert not torch.allclose(start(3), start(4))


# The open ones


def test_4_7_can_be_missed_in_three_ways_and_hears_which():
    ways = [said("4.7", settings) for settings in ((4, 0.1, 0.1), (1, 0.1, 0.1), (1, 0.8, 0.8))]
    for text, part in zip(ways, ("on their way", "oscillate", "sampling noise"), strict=True):
        assert part in text


def test_a_step_that_does_not_call_the_field_does_not_arrive():
    assert "walks in circles" in said("6.5", lambda field, point: point)
    assert "as far from the equilibrium" in said("6.5", lambda field, point: np.zeros(2))


def test_g_stays_while_its_noise_is_searched():
    def train_g_instead(generator, image):
        mending.sgd(generator)
        with torch.no_grad():
            generator[-1].bias.add_(1)
        return torch.ones(16)

    assert "changes the network" in said("5.7", train_g_instead)


@pytest.mark.parametrize("seed", range(5))
def test_a_chance_hit_in_sixteen_dimensions_is_rare(seed):
    rng = np.random.default_rng(seed)
    assert chapter_05._verify_noise(chapter_05._best_of_a_thousand, rng)


# The self test


def test_the_self_test_asks_ten_questions_with_three_answers_each():
    cells = [c.source for c in script_cells(6) if c.cell_type == "markdown"]
    first = next(i for i, cell in enumerate(cells) if cell.startswith("### 6.6"))
    questions = re.findall(r"^\d+\. .*$", "\n".join(cells[first : first + 2]), re.MULTILINE)
    assert [int(q.partition(".")[0]) for q in questions] == list(range(1, 11))
    assert all(re.findall(r"\(([abc])\) ", q) == ["a", "b", "c"] for q in questions)


def test_each_question_sends_back_to_a_section_that_there_is():
    for _, name in chapter_06._TEST:
        where = chapter_06.TEXT["6.6"].mistakes[name]
        chapter, section = re.fullmatch(r"chapter (\d), (.*)", where).groups()
        (script,) = SOURCES.glob(f"{int(chapter):02}_*.py")
        heads = re.findall(r"^# ## (.*)$", script.read_text(encoding="utf-8"), re.MULTILINE)
        wanted = section.lower()
        assert any(head.lower().startswith(wanted) for head in heads) or all(
            any(head.lower().startswith(half) for head in heads) for half in wanted.split(" and ")
        ), where


def test_every_letter_counts_and_only_its_own_section_is_named():
    for i in range(1, 11):
        text = said("6.6", chapter_06._with_miss(i))
        assert "9 of 10" in text
        assert re.findall(r"(\d+) \(chapter", text) == [str(i)]
