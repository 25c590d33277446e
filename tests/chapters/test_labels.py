"""What stands beside a slider or a curve is what acts there: every label, by an oracle of its own.

An oracle here is written from what the label says, in NumPy or SciPy, and never looks into the
table that it tests: two names that are swapped, or a number under the wrong name, are seen.
"""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, jensenshannon
from scipy.special import expit, log_expit, rel_entr

import gan_edu
from gan_edu import recipes, targets
from gan_edu.chapters import sign_card
from gan_edu.chapters.ch02_histogram_js import scenes as histogram_js
from gan_edu.chapters.ch03_neural_distance import scenes as neural_distance
from gan_edu.chapters.ch04_adversarial_game import descent
from gan_edu.chapters.ch04_adversarial_game import scenes as adversarial_game
from gan_edu.chapters.ch06_summary import scenes as summary
from gan_edu.chapters.ch07_playground import playground, settings
from tests.helpers.playing import played

SEEDS = range(3)
# Tables whose keys are no labels of something to be computed, or that another test holds.
OTHERS = {
    "chapters.ch01_inverse_cdf.scenes": {"PAPER", "CORNER"},  # looks
    "chapters.ch03_neural_distance.pointwise": {"ABOVE"},  # looks
    "chapters.ch03_neural_distance.scenes": {"TIGHT"},
    "chapters.ch06_summary.after_2014": {"GREEN", "NAMES"},
    "chapters.ch06_summary.scenes": {"NODES", "STOPS", "GRADIENT", "MOVED", "MARKERS"},
    "chapters.ch07_playground.diagram": {"FLOWS"},  # test_ch07_diagram
    "chapters.ch07_playground.failures": {"FAILURES"},  # its tests
    "chapters.ch07_playground.missions": {"MISSIONS"},
    "chapters.ch07_playground.presets": {"PRESETS"},  # test_ch07_failures
    "chapters.ch07_playground.panels": {"SIGN_TITLES"},
    "chapters.ch07_playground.frames": {"ROWS", "STAGES"},
    "chapters.ch07_playground.settings": {  # names of settings
        "ACTIVATIONS",
        "FIELDS",
        "OPTIMISER_LABELS",
        "SIGNS",
        "TARGET_LABELS",
    },
    "chapters.sign_card": {"PAPER"},
    "recipes": {"SETTINGS"},  # a search's result, by the distribution's name
}
HELD = {
    "chapters.ch02_histogram_js.scenes": {"SHAPES", "MEASURES"},
    "chapters.ch03_neural_distance.scenes": {"DISTANCES"},
    "chapters.ch03_neural_distance.values": {"PAIRS"},
    "chapters.ch04_adversarial_game.descent": {"BATCHES"},
    "chapters.ch04_adversarial_game.scenes": {"ROTATING", "METHODS", "SLOPES", "RACERS"},
    "chapters.ch06_summary.scenes": {"OBJECTIVES"},
    "chapters.ch07_playground.settings": {"NOISES", "LOSSES"},
    "chapters.sign_card": {"GENERATOR_LOSSES", "RULERS"},
    "recipes": {"DISTRIBUTIONS", "LOSSES", "OPTIMISERS"},
    "targets": {"TARGETS", "DISTANCES"},
}


def test_no_table_of_labels_is_forgotten():
    package = Path(gan_edu.__file__).parent
    paths = [package / "recipes.py", package / "targets.py", *package.glob("chapters/**/*.py")]
    for path in paths:
        if path.name in ("exercises.py", "puzzles.py", "__init__.py"):
            continue
        name = ".".join(path.relative_to(package).with_suffix("").parts)
        module = importlib.import_module(f"gan_edu.{name}")
        assigned = {re.split("[: ]", line)[0] for line in _top_lines(module)}
        found = {table for table in assigned if _is_table(getattr(module, table, None))}
        assert found == HELD.get(name, set()) | OTHERS.get(name, set()), name


def _top_lines(module) -> list[str]:
    with open(module.__file__, encoding="utf-8") as file:
        return [line for line in file if line[0].isupper() and " = " in line]


def _is_table(thing) -> bool:
    return isinstance(thing, dict) and all(isinstance(key, str) for key in thing)


# Losses, by their formulas in probabilities D = σ(a)

G_LOSSES = {
    "minimax": lambda a: log_expit(-a).mean(),
    "non_saturating": lambda a: -log_expit(a).mean(),
    "least_squares": lambda a: ((a - 1) ** 2).mean() / 2,
    "wasserstein": lambda a: -a.mean(),
}
LOG_LOSS = lambda real, fake: -log_expit(real).mean() - log_expit(-fake).mean()  # noqa: E731
D_LOSSES = {
    "minimax": LOG_LOSS,
    "non_saturating": LOG_LOSS,
    "least_squares": lambda real, fake: ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2,
    "wasserstein": lambda real, fake: fake.mean() - real.mean(),
    "relativistic": lambda real, fake: -log_expit(real - fake).mean(),
}
D_SEEN = {
    "minimax": expit,
    "non_saturating": expit,
    "least_squares": lambda a: np.clip(a, 0, 1),
    "wasserstein": lambda a: (a - a.min()) / (a.max() - a.min()),
    "relativistic": lambda a: (a - a.min()) / (a.max() - a.min()),
}


def some_logits(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 2, 40)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_of_the_game_on_a_line_is_what_its_label_says(seed):
    a = some_logits(seed)
    assert set(recipes.LOSSES) == {"minimax", "non_saturating"}
    for label, loss in recipes.LOSSES.items():
        wanted = G_LOSSES[label](a)
        assert loss(torch.from_numpy(a)).item() == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("label", settings.LOSSES)
def test_the_playground_plays_the_loss_that_its_menu_says(label, seed):
    """What the game itself makes of a batch, after some iterations, and what is painted of D."""
    ground = played(playground.Playground(loss=label, seed=seed, one_sided=False), 3)
    game, kind = ground.match.game, label.partition("_gp")[0].partition("_clip")[0]
    x_real, x_fake = game.pick(ground.match.x, 64), game.generate(64).detach()
    loss_d, *logits = game.d_loss_and_logits(x_real, x_fake)
    real, fake = (a.detach().double().numpy() for a in logits)
    constraint = loss_d.item() - D_LOSSES[kind](real, fake)
    penalised = label.endswith("gp") or label == "relativistic"
    assert constraint > 1e-5 if penalised else abs(constraint) < 1e-5
    assert (game.settings.d_clip is not None) == label.endswith("clip")
    loss_g = game.g_loss(logits[1], x_real).item()
    wanted = -log_expit(fake - real).mean() if label == "relativistic" else G_LOSSES[kind](fake)
    assert loss_g == pytest.approx(wanted, rel=1e-5, abs=1e-6)
    seen = settings.LOSSES[label].seen(logits[1]).detach().numpy()
    np.testing.assert_allclose(seen, D_SEEN[kind](fake), atol=1e-5)


def test_the_sign_card_s_curves_and_rulers_are_what_they_are_called():
    a = sign_card.LOGITS
    for name, (loss, slope, *_) in sign_card.GENERATOR_LOSSES.items():
        wanted = np.array([G_LOSSES[name](np.array([x])) for x in a])
        np.testing.assert_allclose(loss(a), wanted, atol=1e-12)
        np.testing.assert_allclose(slope(a)[1:-1], np.gradient(wanted, a)[1:-1], atol=1e-3)
    wanted = {"a": a, "d": expit(a), "minus_a": -a}
    assert wanted.keys() == sign_card.RULERS.keys()
    for name, (*_, read) in sign_card.RULERS.items():
        np.testing.assert_allclose(read(a), wanted[name], atol=1e-12)


# Optimisers: three steps down two slopes, by the formulas of the papers


def by_hand(label: str, slopes: list[float], lr: float) -> float:
    place, mean, square = 0.0, 0.0, 0.0
    for step, slope in enumerate(slopes, 1):
        mean, square = 0.5 * mean + 0.5 * slope, 0.9 * square + 0.1 * slope**2
        adam = mean / (1 - 0.5**step) / (np.sqrt(square / (1 - 0.9**step)) + 1e-8)
        place -= lr * (adam if label.lower() == "adam" else slope)
    return place


def test_an_optimiser_moves_as_its_label_says():
    assert recipes.OPTIMISERS.keys() == {"adam", "sgd"}
    for label, make in recipes.OPTIMISERS.items():
        weight = torch.zeros(1, requires_grad=True)
        optimiser = make([weight], 0.01)
        for slope in (slopes := [2.0, -0.5, 0.3]):
            weight.grad = torch.tensor([slope])
            optimiser.step()
        assert weight.item() == pytest.approx(by_hand(label, slopes, 0.01), rel=1e-4)


def test_noise_has_the_dimension_and_the_distribution_of_its_label():
    said = {"Gaussian": stats.norm(), "uniform": stats.uniform(-1, 2)}
    for label, noise in settings.NOISES.items():
        size, kind = noise.label.split("-D ")
        assert label == f"{kind.lower()}_{size}d"
        z = noise.draw((4000, noise.dim), generator=torch.Generator().manual_seed(1), device="cpu")
        assert z.shape == (4000, int(size))
        assert stats.kstest(z.flatten().numpy(), said[kind].cdf).pvalue > 1e-3


# Targets and other distributions


def two_modes(at: float, sd: float):
    parts = stats.norm(-at, sd), stats.norm(at, sd)
    return lambda x: sum(part.cdf(x) for part in parts) / 2


ON_LINE = {
    "normal_1d": stats.norm().cdf,
    "two_modes_1d": two_modes(1.5, 0.5),
    "exponential_1d": stats.expon().cdf,
    "uniform_1d": stats.uniform(-2, 4).cdf,
}


def around(radius: float, count: int) -> np.ndarray:
    turn = np.exp(2j * np.pi * np.arange(count) / count)
    return radius * np.stack([turn.real, turn.imag], 1)


STEPS = np.linspace(-2, 2, 60)
FACE = [(x, y) for x in (-0.8, 0.8) for y in (0.9, 1.15)]
FACE += [(1.8 * np.cos(turn), 1.8 * np.sin(turn)) for turn in np.radians(np.linspace(207, 333, 9))]
IN_PLANE = {  # centres, and the standard deviation around each
    "line": (np.stack([STEPS, STEPS / 2], 1), 0.1),
    "two_gaussians": (np.array([[-1.5, 0], [1.5, 0]]), 0.4),
    "ring": (around(2, 100), 0.1),
    "ring_of_8": (around(2, 8), 0.05),
    "three_blobs": (around(1.6, 3), 0.3),
    "grid_of_25": (np.array([(x, y) for x in range(-2, 3) for y in range(-2, 3)]), 0.05),
    "drawing": (np.array(FACE), 0.1),
}


def apart(y: np.ndarray, centres: np.ndarray, sd: float) -> float:
    """Return W1 of y and as many points around the centres: small for one distribution only."""
    rng = np.random.default_rng(9)
    cost = cdist(y, centres[np.arange(len(y)) % len(centres)] + rng.normal(0, sd, y.shape))
    return cost[linear_sum_assignment(cost)].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_target_looks_like_its_name_and_like_no_other(seed):
    assert IN_PLANE.keys() | ON_LINE.keys() == targets.TARGETS.keys()
    for label, target in targets.TARGETS.items():
        y = target.sample(1000, np.random.default_rng(seed))
        if label in ON_LINE:
            p = {name: stats.kstest(y[:, 0], cdf).pvalue for name, cdf in ON_LINE.items()}
            assert [name for name in p if p[name] > 1e-3] == [label]
        else:
            distances = {name: apart(y[:400], *looks) for name, looks in IN_PLANE.items()}
            assert min(distances, key=distances.get) == label
            centres, sd = IN_PLANE[label]
            to_nearest = cdist(y, centres).min(1)
            assert 0.5 * sd < to_nearest.mean() < 1.4 * sd
            assert to_nearest.max() < 5 * sd


def test_a_distance_of_the_playground_is_the_one_that_it_is_called():
    normal, u = targets.TARGETS["normal_1d"], (np.arange(4000) + 0.5) / 4000
    y = stats.norm(10).ppf(u)[:, None]
    found = {label: getattr(normal, name)(y) for name, label in targets.DISTANCES.items()}
    assert found == {"W₁": pytest.approx(10, rel=1e-3), "JS": pytest.approx(np.log(2), rel=1e-2)}
    assert settings.FIELDS["distance"].metadata["control"] == targets.DISTANCES


X = np.linspace(-4, 6, 41)


def test_a_distribution_is_the_one_that_its_label_names():
    same = np.testing.assert_allclose
    same(recipes.DISTRIBUTIONS["normal"].cdf(X), stats.norm().cdf(X), atol=1e-12)
    same(recipes.DISTRIBUTIONS["two_modes"].cdf(X), two_modes(1.5, 0.5)(X), atol=1e-12)
    for shift in (0.0, 1.3):
        same(histogram_js.SHAPES["normal"](shift).cdf(X), stats.norm(shift).cdf(X), atol=1e-12)
        box = stats.uniform(shift - 0.5, 1).cdf(X)
        same(histogram_js.SHAPES["box"](shift).cdf(X), box, atol=1e-12)
    fakes = {"shift": stats.norm(1).cdf, "wider": stats.norm(0, 2).cdf}
    fakes["two_modes"] = stats.norm().cdf
    assert fakes.keys() == neural_distance.PAIRS.keys()
    for label, (real, fake) in neural_distance.PAIRS.items():
        of_real = two_modes(2, 0.8) if label == "two_modes" else stats.norm().cdf
        same(real.cdf(X), of_real(X), atol=1e-12)
        same(fake.cdf(X), fakes[label](X), atol=1e-12)


# Divergences


def kl(p, q):
    return rel_entr(p, q).sum()


def js(p, q):
    return jensenshannon(p, q) ** 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_divergence_is_the_one_that_its_label_names(seed):
    p, q = np.random.default_rng(seed).dirichlet(np.ones(6), 2)
    wanted = {"sym_kl": (kl(p, q) + kl(q, p)) / 2, "js": js(p, q), "sqrt_js": jensenshannon(p, q)}
    measured = {name: float(m(p, q)) for name, (_, m, _) in histogram_js.MEASURES.items()}
    assert measured == pytest.approx(wanted, rel=1e-9)
    wanted = {
        "KL(p‖q)": kl(p, q),
        "KL(q‖p)": kl(q, p),
        "2 JS": 2 * js(p, q),
        "KL(q‖p) − 2 JS": kl(q, p) - 2 * js(p, q),
    }
    found = {name: float(objective(p, q)) for name, objective in summary.OBJECTIVES.items()}
    assert found == pytest.approx(wanted, rel=1e-9)


def test_the_curves_over_a_shift_are_w1_and_js():
    pair = recipes.DISTRIBUTIONS["normal"], histogram_js.SHAPES["normal"](1.5)
    x = np.linspace(-9, 11, 4001)
    p, q = stats.norm().pdf(x), stats.norm(1.5).pdf(x)
    wanted = {"W₁": 1.5, "JS": js(p / p.sum(), q / q.sum())}
    found = {name: float(f(pair)) for name, (f, *_) in neural_distance.DISTANCES.items()}
    assert found == pytest.approx(wanted, rel=2e-3)


# The solvable games of chapter 04


def test_a_batch_has_as_many_samples_as_its_label_says():
    batches = dict(descent.BATCHES)
    assert batches.pop("exact mean") == 0
    assert batches
    for label, size in batches.items():
        assert f"{size} samples" == label


V = {  # of θ and ψ; G goes down, D up
    "bilinear": lambda point: point[0] * point[1],
    "Dirac": lambda point: torch.nn.functional.logsigmoid(point[0] * point[1]),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rotating_game_goes_where_its_value_says(seed):
    assert V.keys() == adversarial_game.ROTATING.keys()
    place = np.random.default_rng(seed).normal(size=2)
    for label, value in V.items():
        point = torch.from_numpy(place).requires_grad_()
        (slope,) = torch.autograd.grad(value(point), point)
        wanted = slope.numpy() * [-1, 1]
        np.testing.assert_allclose(adversarial_game.ROTATING[label](place), wanted, atol=1e-12)


TURN, ONE = np.array([[0.0, -1.0], [1.0, 0.0]]), np.eye(2)  # of V = θψ


@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_a_method_steps_as_its_label_says(rate):
    before, now = np.array([0.3, -1.0]), np.array([1.0, 0.7])
    d_first = np.array([[1.0, 0.0], [rate, 1.0]])
    wanted = {
        "simultaneous": (ONE + rate * TURN) @ now,
        "alternating": np.array([[1.0, -rate], [0.0, 1.0]]) @ d_first @ now,
        "extragradient": (ONE + rate * TURN @ (ONE + rate * TURN)) @ now,
        "optimistic": now + rate * TURN @ (2 * now - before),
    }
    assert wanted.keys() == adversarial_game.METHODS.keys()
    field = adversarial_game.ROTATING["bilinear"]
    for label, step in adversarial_game.METHODS.items():
        found = step(field, np.array([before, now]), rate)
        np.testing.assert_allclose(found, wanted[label], atol=1e-12)


def slope_by_quad(label: str, theta: float, psi: float) -> float:
    """Return ∂θ of G's loss over N(θ, 1) against D = σ(ψ²/2 − ψx), by differences of integrals."""
    sign = {"minimax": -1, "non_saturating": 1}[label]

    def loss(theta):
        def weighed(z):
            return stats.norm.pdf(z) * log_expit(sign * psi * (psi / 2 - theta - z))

        return -sign * quad(weighed, -9, 9, epsabs=1e-12)[0]

    return (loss(theta + 1e-4) - loss(theta - 1e-4)) / 2e-4


@pytest.mark.parametrize(("theta", "psi"), [(2.0, 2.0), (0.5, -1.0)])
def test_a_slope_of_the_race_is_that_of_its_loss(theta, psi):
    for label, slope in adversarial_game.SLOPES.items():
        assert float(slope(theta, psi)) == pytest.approx(slope_by_quad(label, theta, psi), abs=1e-6)


def test_a_racer_takes_the_steps_of_its_optimiser():
    slope = lambda theta, psi: 3.0 * theta  # noqa: E731
    sgd, adam = (adversarial_game.RACERS[label](1.0, slope, lr=0.01) for label in ("SGD", "Adam"))
    assert sgd[1] == pytest.approx(1 - 0.03)
    assert adam[1] == pytest.approx(1 - 0.01), "Adam's first step is as long as the learning rate"
