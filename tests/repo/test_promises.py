"""What docstrings promise: each error that one names is raised, and so are shapes, ends, bounds.

The table of refusals is complete: a public function that names an error in its docstring and has
no line here fails. What an error says stands there too. Values and gradients are tested in each
module's own file.
"""

import importlib
import inspect
import itertools
import math
import re
import signal
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gan_edu import (
    datasets,
    distributions,
    divergences,
    games,
    losses,
    metrics,
    networks,
    targets,
    training,
)
from gan_edu.match import Match, adam, sgd

MODULES = (
    "games", "losses", "training", "match", "networks", "metrics", "datasets", "distributions",
    "divergences", "targets",
)  # fmt: skip
# It needs folders without rights, and a network: tests/unit/test_datasets.py.
ELSEWHERE = {"datasets.load_mnist"}

SEEDS = range(3)
NO_FOLDER = Path(__file__) / "x"  # below a file nothing can be written


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def torch_rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# A small game, and one whose losses are not finite.

DATA = torch.linspace(-1, 1, 20)[:, None]


def new_game(**settings) -> training.Game:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        g, d = networks.mlp((1, 4, 1)), networks.mlp((1, 4, 1))
    opt_g, opt_d = adam(g.parameters(), 1e-2), adam(d.parameters(), 1e-2)
    own = {"latent_dim": 1, "rng": torch_rng()}
    own |= {n: settings.pop(n) for n in ("latent_dim", "copies", "precision") if n in settings}
    return training.Game(g, d, opt_g, opt_d, **own, settings=training.Settings(**settings))


def new_match(**settings) -> Match:
    own = {name: settings.pop(name) for name in ("every", "most") if name in settings}
    return Match(new_game, DATA, training.Settings(**{"batch_size": 4} | settings), **own)


NOT_FINITE = {
    "loss_fn_d": lambda *_: torch.tensor(math.nan),
    "loss_fn_g": lambda _: torch.tensor(math.inf),
}


def spoiled(step):
    return step(new_game(**NOT_FINITE))


def spoiled_match(step):
    return step(new_match(**NOT_FINITE))


# A small discriminator, and pictures for it.

PICTURES = np.zeros((3, 28, 28), np.uint8)
GREY = torch.zeros(3, 784)


def digits(count: int, labels: int) -> datasets.Digits:
    parts = PICTURES[:count], np.zeros(labels, np.int64)
    return datasets.Digits("none", *parts, *parts, "")


@cache
def classifier() -> metrics.DigitClassifier:
    with torch.random.fork_rng(devices=[]):
        return metrics.DigitClassifier().eval()


V, T = ValueError, TypeError
FAR, NAN, INF = 50.1, math.nan, math.inf


def tried(error: type[Exception], function, *arguments, says: str = "") -> list[tuple]:
    """Return, for each of the arguments (one, a tuple, a dict of names), the error, call, words.

    The error's text must match `says`; for a dict, if nothing else is said, the name in it.
    """
    calls = []
    for bad in arguments:
        if isinstance(bad, dict):
            calls.append((error, partial(function, **bad), says or next(iter(bad))))
        else:
            given = bad if isinstance(bad, tuple) else (bad,)
            calls.append((error, partial(function, *given), says))
    return calls


def names_of(function) -> list[str]:
    return list(inspect.signature(function).parameters)


def each_in_turn(error: type[Exception], function, good, bads, says: str) -> list[tuple]:
    """Return `tried` for each parameter, bad beside good others; {} in `says` is its name."""
    names = names_of(function)
    return [
        one
        for name in names
        for bad in bads
        for one in tried(
            error, function, dict.fromkeys(names, good) | {name: bad}, says=says.format(name)
        )
    ]


NO_COUNTS = [0, -3, 2.5, "10", NAN]
NO_WHOLE = "^{} must be a whole number, 1 or more"
BEYOND = "{} must lie between −50 and 50"
OUT_OF_REACH = NAN, INF, -FAR, [0, 51]
HALVES = [0.5, 0.5]
NO_SHARES = [0.5, 0.4], [1.5, -0.5], [NAN, 1.0], [HALVES], 1.0, []
NO_STEPS = (
    {"d_steps": -1}, {"g_steps": -1}, {"g_steps": 1.5}, {"lr_d": -0.1}, {"lr_g": -0.1},
    {"lr_g": NAN},
)  # fmt: skip


def out_of_reach(function) -> list[tuple]:
    pairs = [*((bad, 1.0) for bad in OUT_OF_REACH)]
    back = [*((1.0, bad) for bad in OUT_OF_REACH)]
    return [
        *tried(V, function, *pairs, says=f"^{BEYOND.format('theta')}"),
        *tried(V, function, *back, says=f"^{BEYOND.format('psi')}"),
        *tried(V, function, (np.zeros(3), np.zeros(2)), says="broadcast"),
    ]


follow = partial(games.follow, games.bilinear, games.simultaneous)
OF_GAMES = {
    f"games.{f.__name__}": out_of_reach(f)
    for f in (
        games.value, games.generator_minimax, games.generator_non_saturating,
        games.slope_minimax, games.slope_non_saturating, games.slope_d,
    )
} | {
    "games.exact_mean": out_of_reach(partial(games.exact_mean, games.logit)),
    "games.batch_mean": tried(V, games.batch_mean, (0, rng()), (1.5, rng()), says="size")
    + tried(T, games.batch_mean, (8, 0), says="default_rng"),
    "games.best_value": tried(V, games.best_value, FAR, -FAR, NAN, says=BEYOND.format("theta")),
    "games.play": [
        *tried(V, partial(games.play, 3, 0, 2), *NO_STEPS),
        *tried(V, games.play, (3, 0, -1), says="iterations"),
        *tried(V, games.play, (FAR, 0, 1), (0, FAR, 1), says=BEYOND.format("(theta|psi)")),
        *tried(V, partial(games.play, 3, 1, 1), {"lr_g": 1e3}, says="^theta .* steps that are too"),
        *tried(V, partial(games.play, 3, 1, 1), {"lr_d": 1e3}, says="^psi .* steps that are too"),
        *tried(V, partial(games.play, 3, 0, 500), {"lr_g": 1e3}, says="steps that are too"),
    ],
    "games.iteration_eigenvalues": tried(V, games.iteration_eigenvalues, *NO_STEPS),
    "games.race": [
        *tried(V, games.race, (1, games.slope_minimax, -1), says="lr"),
        *tried(V, games.race, (FAR, games.slope_minimax), says=BEYOND.format("theta")),
        *tried(V, games.race, (8, games.slope_non_saturating, 20.0), says="steps that are too"),
    ],
    "games.follow": [
        *tried(V, follow, ([1, 2, 3], 1), (1.0, 1), says="two numbers"),
        *tried(V, follow, ([1, 2], -1), says="iterations"),
        *tried(V, follow, ([1, 2], 1, -0.1), ([1, 1], 1, INF), says="lr"),
    ],
    "games.best_d_per_place": tried(V, games.best_d_per_place, *NO_SHARES, says="p must be"),
    "games.best_place_per_d": [
        *tried(V, games.best_place_per_d, *((p, HALVES) for p in NO_SHARES), says="p must be"),
        *tried(
            V, partial(games.best_place_per_d, HALVES),
            [0.5, 1.1], [-0.1, 0], [-0.1, 0.5], [0.5], 0.5, [NAN, 0], [0.5, NAN],
            says="have the length of p, 2: a probability",
        ),
    ],
}  # fmt: skip

REAL, EMPTY, WHOLE = torch.zeros(3, 2), torch.zeros(0, 2), torch.tensor([0, 1])
CENTRES = torch.tensor([0.0, 1.0])
HALF = torch.tensor(HALVES)
NO_TENSORS = None, HALVES, WHOLE, np.array(HALVES), 3.0
NO_FLOATS = "^{} must be a floating-point tensor"
penalty = partial(losses.gradient_penalty, torch.sum)
zero_centred = partial(losses.zero_centred_penalty, torch.sum)


def of_logits() -> list:
    """Return the losses of logits, or of a critic's scores, alone."""
    public = [f for name, f in vars(losses).items() if inspect.isfunction(f) and name[0] != "_"]
    own = [f for f in public if f.__module__ == losses.__name__]
    return [f for f in own if all(p.startswith(("logits_", "a_")) for p in names_of(f))]


OF_LOSSES = {
    f"losses.{f.__name__}": each_in_turn(V, f, REAL, [EMPTY], "^{} is empty")
    + each_in_turn(T, f, REAL, NO_TENSORS, NO_FLOATS)
    for f in of_logits()
}
OF_LOSSES["losses.relativistic_discriminator"] += tried(
    V, losses.relativistic_discriminator, (REAL, REAL[:1]), says="compared in pairs"
)
OF_LOSSES |= {
    "losses.gradient_penalty": [
        *tried(V, penalty, EMPTY, torch.tensor(1.0), says="x must hold at least one row"),
        *tried(T, penalty, *NO_TENSORS, says=NO_FLOATS.format("x")),
    ],
    "losses.zero_centred_penalty": [
        *tried(V, zero_centred, EMPTY, torch.tensor(1.0), says="x must hold at least one row"),
        *tried(T, zero_centred, *NO_TENSORS, says=NO_FLOATS.format("x")),
    ],
    "losses.soft_histogram": [
        *each_in_turn(T, losses.soft_histogram, HALF, NO_TENSORS, NO_FLOATS),
        *tried(T, losses.soft_histogram, (REAL.double(), CENTRES), says="^x and centres .* one dt"),
        *tried(V, losses.soft_histogram, (EMPTY, CENTRES), says="^x is empty"),
        *tried(
            V, lambda centres: losses.soft_histogram(REAL, torch.tensor(centres)),
            [1.0], [], [1.0, 1.0], [2.0, 1.0], [0.0, NAN, 1.0], [[0.0, 1.0]], [0.0, 1.0, INF],
            says="^centres must be",
        ),
    ],
    "losses.js_loss": [
        *each_in_turn(T, losses.js_loss, HALF, NO_TENSORS, NO_FLOATS),
        *each_in_turn(
            V, losses.js_loss, HALF,
            [torch.tensor(bad) for bad in (
                [5.0, 5.0], [0.0, 0.0], [0.5, 0.49], [1.5, -0.5], [NAN, 1.0], [INF, 1.0], [], 1.0,
                [0.5, 0.5 + 2e-4],
            )],
            "^{} must be at least 0 and sum to 1",
        ),
        *tried(
            V, partial(losses.js_loss, HALF), torch.full((3,), 1 / 3), torch.ones(1), HALF[None],
            says="^p and q must have the same bins",
        ),
    ],
}  # fmt: skip

NO_SIZE = "^{} must be at least 1"
iterations_of = partial(training.play_iterations, new_game())
OF_PLAYERS = {
    "training.Settings": tried(
        V, training.Settings, {"average_share": -0.1}, {"average_share": 1.1},
        {"average_share": NAN}, says=r"average_share must lie in \[0, 1\]",
    )
    + [
        one for name in ("batch_size", "d_steps", "g_steps")
        for one in tried(V, training.Settings, {name: 0}, says=f"{NO_SIZE.format(name)}, got 0")
    ],
    "training.Game": [
        *tried(V, new_game, {"latent_dim": 0}, says=NO_SIZE.format("latent_dim")),
        *tried(V, new_game, {"copies": 0}, says=NO_SIZE.format("copies")),
        *tried(
            V, new_game, {"precision": torch.int32}, {"precision": torch.int8},
            says="precision must be a floating-point type",
        ),
    ],
    "training.Game.step_discriminator": tried(
        FloatingPointError, spoiled, lambda game: game.step_discriminator(DATA, DATA)
    ),
    "training.Game.step_generator": tried(
        FloatingPointError, spoiled, lambda game: game.step_generator(game.generate(4))
    ),
    "training.play_iteration": tried(
        FloatingPointError, spoiled, lambda game: training.play_iteration(game, DATA)
    ),
    "training.iteration": tried(
        FloatingPointError, spoiled, lambda game: list(training.iteration(game, DATA))
    ),
    "training.play_iterations": [
        *tried(V, iterations_of, (DATA, 0), says=NO_SIZE.format("iterations")),
        *tried(
            V, iterations_of, (DATA[:0], 1), (DATA[:, 0], 1), (DATA.long(), 1),
            says="^x must be a floating-point tensor of shape",
        ),
        *tried(
            FloatingPointError, spoiled, lambda game: next(training.play_iterations(game, DATA, 1))
        ),
    ],
    "training.save_checkpoint": tried(OSError, training.save_checkpoint, (NO_FOLDER, new_game())),
    "training.load_checkpoint": tried(V, training.load_checkpoint, (__file__, new_game()))
    + tried(FileNotFoundError, training.load_checkpoint, (f"{__file__}.not", new_game())),
    "match.Match": [
        *tried(
            V, new_match, {"batch_size": 0}, {"d_steps": 0}, {"g_steps": 0}, {"every": 0},
            {"most": 0}, says=r"^\w+ must be at least 1, got 0",
        ),
        *tried(V, new_match, {"average_share": 2}),
        *tried(V, Match, (lambda: new_game(average_share=2), DATA)),
        *tried(
            FloatingPointError, spoiled_match,
            Match.play_iteration, Match.step_discriminator, Match.step_generator,
        ),
    ],
    "networks.digit_generator": each_in_turn(
        V, networks.digit_generator, 4, [0, -3, 2.5, "16"], "^{} must be a positive whole number"
    ),
    "networks.digit_discriminator": tried(
        V, networks.digit_discriminator, 0, 1, 7, 33, 64.0,
        says="width must be an even whole number",
    ),
    "networks.with_labels": tried(
        V, networks.with_labels,
        (torch.zeros(2, 3), torch.tensor([1])), (torch.zeros(2, 3), torch.tensor([1, 10])),
        (torch.zeros(2, 3), torch.tensor([1.5, 2])), (torch.zeros(1, 3), torch.tensor([-1])),
        says="labels must be whole numbers from 0 to 9, one for each",
    ),
    "networks.mlp": [
        *tried(V, networks.mlp, ([3],), says="widths must be two or more"),
        *tried(V, networks.mlp, ([1, 0, 1],), says=r"widths\[1\] must be a positive .*, got 0"),
        *tried(
            V, networks.mlp, ([1, 4, 1], "swish"),
            says="activation must be one of relu, leaky_relu, tanh, maxmin",
        ),
        *tried(V, networks.mlp, ([1, 3, 1], "maxmin"), says="hidden widths must be even"),
        *tried(
            V, networks.mlp, ([1, 4, 1], "relu", False, 0),
            says="copies must be a positive whole number, got 0",
        ),
        *tried(V, networks.mlp, ([1, 4, 1], "relu", True, 2), says="copies have no spectral norm"),
    ],
}  # fmt: skip

TABLE = np.zeros((2, 3))
NOT_IN_RANGE = GREY + 2, GREY - 1.01, GREY * NAN
NO_PICTURES = [
    *NOT_IN_RANGE, GREY[:, :9], GREY[0], GREY.reshape(3, 28, 28), GREY.to(torch.uint8),
    np.zeros((3, 784), np.uint8), [[0.0] * 784],
]  # fmt: skip
OF_CLASSIFIERS = {
    f"metrics.DigitClassifier.{f.__name__}": [
        *tried(V, partial(f, classifier()), *NO_PICTURES, says="images must"),
        *tried(T, partial(f, classifier()), PICTURES.astype(float), says="images must .* uint8"),
    ]
    for f in (metrics.DigitClassifier.features, metrics.DigitClassifier.forward)
} | {
    f"metrics.{name}": [
        *tried(V, call, (TABLE, TABLE[:, :2], 1), says="same number of columns"),
        *tried(V, call, (TABLE, TABLE[:0], 1), (TABLE, PICTURES[:0], 1), says="1 or more rows of"),
        *tried(V, call, (TABLE * NAN, TABLE, 1), says="finite"),
        *tried(V, call, (GREY - 1, PICTURES, 1), says=r"count as \[0, 1\]"),
        *tried(V, call, (TABLE[0], TABLE, 1), says="rows of numbers"),
    ]
    for name, call in {
        "parzen_log_likelihood": metrics.parzen_log_likelihood,
        "parzen_score": lambda x, samples, _width: metrics.parzen_score(samples, x, x),
    }.items()
} | {
    "metrics.train_classifier": tried(
        V, metrics.train_classifier, digits(3, 2), digits(0, 0), says="one label for each image"
    ),
    "metrics.load_classifier": tried(
        V, partial(metrics.load_classifier, cache=NO_FOLDER), digits(3, 2)
    ),
    "metrics.accuracy": tried(
        V, partial(metrics.accuracy, classifier()), (PICTURES, [0, 1]), (PICTURES[:0], []),
        says="one label for each image and at least one image",
    ),
    "metrics.auc": tried(
        V, metrics.auc, ([], [0]), ([0], []), ([[1]], [0]), (1.0, [1.0]), ([0], [NAN]),
        ([NAN], [1.0]), says="D's outputs must be a list of at least one number",
    ),
    "metrics.frechet_distance": [
        *tried(V, metrics.frechet_distance, (TABLE, TABLE[:, :2]), says="same number of columns"),
        *tried(
            V, metrics.frechet_distance, (TABLE, TABLE[:1]), (TABLE[:1], TABLE),
            (TABLE, TABLE[:0]), (TABLE[0], TABLE[0]), (TABLE[:, :0], TABLE[:, :0]),
            says="2 or more rows",
        ),
        *tried(
            V, metrics.frechet_distance, (TABLE, TABLE * NAN), (TABLE + INF, TABLE), says="finite"
        ),
    ],
    "metrics.grade_images": [
        *tried(
            V, partial(metrics.grade_images, classifier()), (PICTURES, PICTURES[:1]),
            (PICTURES[:1], PICTURES), (PICTURES[:0], PICTURES), says="2 or more rows",
        ),
        *tried(
            V, partial(metrics.grade_images, classifier()), *((PICTURES, x) for x in NO_PICTURES),
            says="images must",
        ),
        *tried(T, partial(metrics.grade_images, classifier()), (PICTURES.astype(float), PICTURES)),
    ],
    "metrics.nearest_neighbours": [
        *tried(
            V, metrics.nearest_neighbours, (PICTURES, PICTURES, 0), (PICTURES, PICTURES, 4),
            says="k must lie between 1 and the 3 references",
        ),
        *tried(
            V, metrics.nearest_neighbours, *((x, PICTURES) for x in NO_PICTURES),
            *((PICTURES, x) for x in NO_PICTURES), says="images must",
        ),
        *tried(T, metrics.nearest_neighbours, (PICTURES, PICTURES.astype(float))),
    ],
    "datasets.as_tensor": [
        *tried(
            V, datasets.as_tensor,
            *(np.zeros(s, np.uint8) for s in ((28, 28), (2, 784), (2, 8, 8), (2, 1, 28, 28), ())),
            says=r"\(N, 28, 28\)",
        ),
        *tried(
            T, datasets.as_tensor, PICTURES.astype(float), PICTURES.astype(np.int8), [[0]],
            torch.from_numpy(PICTURES), says="uint8",
        ),
    ],
    "datasets.tile": [
        *tried(V, datasets.tile, *((np.zeros(s), 2) for s in ((0, 28, 28), (28, 28), (3, 784))),
               says="must have shape"),
        *tried(V, datasets.tile, (PICTURES, 0), says="columns must be at least 1"),
    ],
    "datasets.as_images": [
        *tried(V, datasets.as_images, GREY[0], GREY[:, :783], says=r"\(N, 784\)"),
        *tried(V, datasets.as_images, *NOT_IN_RANGE, GREY + INF, says=r"must lie in \[−1, 1\]"),
    ],
}  # fmt: skip

OF_CLASSIFIERS["metrics.parzen_log_likelihood"] += tried(
    V, partial(metrics.parzen_log_likelihood, TABLE, TABLE), 0, -1, NAN, INF,
    says="bandwidth must be a positive number",
)  # fmt: skip

NO_DISTRIBUTIONS = ([0.5, 0.4], HALVES), (HALVES, [1.5, -0.5]), ([INF, 0], HALVES), (HALVES, [1.0])
ONE_OF_EACH = (
    distributions.normal(), distributions.uniform(), distributions.exponential(),
    distributions.mixture(HALVES, [-2, 2], [0.5, 0.8]), distributions.from_density([0, 1], [1, 1]),
)  # fmt: skip
OF_DISTRIBUTIONS = {
    f"divergences.{f.__name__}": tried(V, f, *NO_DISTRIBUTIONS)  # by name in its own file
    for f in (
        divergences.kl, divergences.symmetrised_kl, divergences.js, divergences.total_variation
    )
} | {
    "divergences.histogram": [
        *tried(V, divergences.histogram, ([2.0], [0, 1]), says="lie outside the edges"),
        *tried(V, divergences.histogram, ([], [0, 1]), says="values is empty"),
        *tried(
            V, divergences.histogram, ([0.5, NAN], [0, 1]), ([0.5, INF], [0, 1], "ends"),
            says="values must be finite: 1 of 2",
        ),
        *tried(
            V, partial(divergences.histogram, [0.5]),
            [0], 10, [[0, 1]], [0, 0, 1], [1, 0], [0, NAN, 1],
            says="edges must be two numbers or more, each above the one before",
        ),
        *tried(
            V, divergences.histogram, ([0.5], [0, 1], "drop"),
            says='outside must be "raise" or "ends", got \'drop\'',
        ),
    ],
    "divergences.plug_in_bias": [
        *each_in_turn(V, divergences.plug_in_bias, 5, NO_COUNTS, NO_WHOLE),
        *tried(V, divergences.plug_in_bias, (None, 5), says=NO_WHOLE.format("bins")),
    ],
    "divergences.expected_js": each_in_turn(
        V, divergences.expected_js, 5, [*NO_COUNTS, None], NO_WHOLE
    ),
    "distributions.Distribution.ppf": [
        one for made in ONE_OF_EACH
        for one in tried(
            V, made.ppf, -1e-9, 1 + 1e-9, 1.001, NAN, INF, [0.5, 2.0], says="between 0 and 1"
        )
    ],
    "distributions.Distribution.sample": [
        *tried(V, distributions.normal().sample, (-1, rng()), (2.5, rng()), ("3", rng()),
               says="whole number"),
        *tried(T, distributions.normal().sample, (1, np.random), (1, 0), (1, None),
               (1, np.random.RandomState(0)), says="default_rng"),
    ],
    "distributions.normal": [
        *tried(V, distributions.normal, (0, 0), (0, -1), says="sd must be above 0"),
        *tried(V, distributions.normal, (INF, 1), (NAN, 1), says="mean must be finite"),
        *tried(V, distributions.normal, (0, NAN), (0, INF), says="sd must be finite"),
    ],
    "distributions.uniform": [
        *tried(V, distributions.uniform, (1, 1), (2, 1), says="below high"),
        *tried(V, distributions.uniform, (0, INF), says="must be finite"),
    ],
    "distributions.exponential": [
        *tried(V, distributions.exponential, 0.0, -1.0, says="rate must be above 0"),
        *tried(V, distributions.exponential, INF, NAN, says="rate must be finite"),
    ],
    "distributions.mixture": [
        *tried(V, distributions.mixture, ([0.5, 0.4], [0, 1], [1, 1]), says="sum to 1"),
        *tried(V, distributions.mixture, ([1.5, -0.5], [0, 1], [1, 1]), says="at least 0"),
        *tried(V, distributions.mixture, (HALVES, [0, 1], [1, 0]), says="sds must be above 0"),
        *tried(V, distributions.mixture, (HALVES, [0, INF], [1, 1]), (HALVES, [0, NAN], [1, 1]),
               says="means must be finite"),
        *tried(V, distributions.mixture, (HALVES, [0, 1], [1, NAN]), says="sds must be finite"),
        *tried(V, distributions.mixture, ([NAN, 1], [0, 1], [1, 1]), says="weights must be finite"),
        *tried(V, distributions.mixture, (HALVES, [0], [1, 1]), ([], [], []),
               says="must have the same length"),
    ],
    "distributions.from_density": [
        *tried(V, distributions.from_density, ([0, 1], [1, -1]), says="at least 0"),
        *tried(V, distributions.from_density, ([0, 1], [0, 0]), says="above 0 somewhere"),
        *tried(V, distributions.from_density, ([0, 1], [1, INF]), ([0, 1], [1, NAN]),
               says="density must be finite"),
        *tried(V, distributions.from_density, ([0, NAN, 2], [1, 1, 1]), says="x must be finite"),
        *tried(V, distributions.from_density, ([0, 0], [1, 1]), ([0, 2, 1], [1, 1, 1]),
               says="x must rise"),
        *tried(V, distributions.from_density, ([0, 1], [1, 1, 1]), ([0], [1]), ([[0, 1]], [[1, 1]]),
               says="must be two lists of the same length"),
    ],
}  # fmt: skip
OF_TARGETS = {
    "targets.w1": tried(
        V, targets.w1, (np.zeros((3, 2)), np.zeros((4, 2))),
        says=r"both samples must have the same shape, got \(3, 2\) and \(4, 2\)",
    ),
    "targets.GaussianModes.w1": tried(
        V, targets.TARGETS["ring"].w1, np.zeros((255, 2)), says="must have the same shape"
    ),
}  # fmt: skip
REFUSED = OF_GAMES | OF_LOSSES | OF_PLAYERS | OF_CLASSIFIERS | OF_DISTRIBUTIONS | OF_TARGETS


def documented() -> dict[str, object]:
    """Return the public classes, functions and methods that the modules define, by name."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(f"gan_edu.{name}")
        own = {
            k: v for k, v in vars(module).items() if getattr(v, "__module__", 0) == module.__name__
        }
        found |= {f"{name}.{key}": thing for key, thing in own.items()}
        for key, thing in own.items():
            for method, code in vars(thing).items() if inspect.isclass(thing) else ():
                if getattr(code, "__qualname__", "") == f"{key}.{method}":
                    found[f"{name}.{key}.{method}"] = code
    return {key: thing for key, thing in found.items() if "._" not in key}


DOCUMENTED = documented()


def promised(name: str) -> set[str]:
    """Return the errors that a docstring names, with those of the functions that it points to."""
    text = " ".join((inspect.getdoc(DOCUMENTED[name]) or "").split())
    told = [s for s in re.split(r"(?<=\.) ", text) if re.search(r"\b(raises?|errors)\b", s, re.I)]
    errors = set(re.findall(r"\b\w+Error\b", " ".join(told)))
    for other in set(re.findall(r"`(\w+)`", " ".join(told))):
        module = f"{name.rpartition('.')[0]}.{other}", f"{name.split('.')[0]}.{other}"
        for there in {*module} & {*DOCUMENTED} - {name}:
            errors |= promised(there)
    return errors


PROMISING = sorted(name for name in DOCUMENTED if promised(name) and name not in ELSEWHERE)


@pytest.mark.parametrize("name", PROMISING)
def test_each_error_that_a_docstring_names_is_raised_and_says_something(name):
    raised = set()
    for error, call, says in REFUSED[name]:
        with pytest.raises(error, match=says or None) as caught:
            call()
        assert len(str(caught.value)) > 20
        raised |= {kind.__name__ for kind in error.__mro__}
    assert promised(name) <= raised


def test_the_table_is_for_what_docstrings_promise():
    assert sorted(REFUSED) == PROMISING
    assert len(PROMISING) > 50
    assert promised("games.race") == {"ValueError"}, "by way of `play`"
    assert promised("losses.generator_wasserstein") == {"TypeError", "ValueError"}, "by way of two"


# Shapes


def shape_of(result) -> tuple[int, ...]:
    return tuple(result.shape)


THREE = [0.5, 1.0, 2.0]
LAYERS = [[1.0], [2.0], [3.0]]
SHAPES = {
    "an exact mean": (lambda: games.exact_mean(games.logit, LAYERS, THREE), (3, 3)),
    "a mean over batches": (lambda: games.batch_mean(4, rng())(games.logit, LAYERS, THREE), (3, 3)),
    "no games": (lambda: games.value([], []), (0,)),
    "a path": (lambda: games.follow(games.bilinear, games.simultaneous, [1, 0], 5), (6, 2)),
    "a place for each": (lambda: games.best_d_per_place([0.2, 0.3, 0.5]), (3,)),
    "many answers of D": (lambda: games.best_place_per_d(HALVES, np.full((4, 3, 2), 0.5)), (4, 3)),
    "shares in soft bins": (lambda: losses.soft_histogram(torch.zeros(4, 2, 3), CENTRES), (2,)),
    "noise": (lambda: new_game(latent_dim=5).noise(7), (7, 5)),
    "noise of copies": (lambda: new_game(latent_dim=5, copies=3).noise(7), (3, 7, 5)),
    "data of copies": (lambda: new_game(copies=3).pick(DATA, 7), (3, 7, 1)),
    "logits": (lambda: networks.digit_discriminator(8)(torch.zeros(2, 3, 6, 784)), (2, 3, 6, 1)),
    "a batch's spread": (lambda: networks.MinibatchStdDev()(torch.zeros(2, 3, 6, 4)), (2, 3, 6, 5)),
    "ink": (lambda: networks.Ink()(torch.zeros(2, 3, 784)), (2, 3, 784)),
    "an image and its label": (
        lambda: networks.PassLabel(networks.digit_generator(14, 8))(torch.zeros(6, 14)),
        (6, 794),
    ),
    "sorted pairs": (lambda: networks.MaxMin()(torch.zeros(2, 3, 6)), (2, 3, 6)),
    "rows": (lambda: networks.mlp((4, 8, 2))(torch.zeros(2, 3, 6, 4)), (2, 3, 6, 2)),
    "copies": (lambda: networks.mlp((4, 8, 2), copies=3)(torch.zeros(3, 2, 6, 4)), (3, 2, 6, 2)),
    "a log-likelihood each": (lambda: metrics.parzen_log_likelihood(TABLE, TABLE, 1), (2,)),
    "cells": (lambda: targets.TARGETS["ring"].shares, (400,)),
    "a circle": (lambda: targets.circle(5), (5, 2)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_result_has_the_shape_that_is_promised(name):
    make, shape = SHAPES[name]
    assert shape_of(make()) == shape


# Games


@pytest.mark.parametrize("learning_rates", [(0.1, 0.1), (0.9, 0.1)], ids=["it turns", "it glides"])
def test_both_eigenvalues_are_complex_numbers_even_where_they_are_real(learning_rates):
    found = games.iteration_eigenvalues(lr_d=learning_rates[0], lr_g=learning_rates[1])
    assert (found.shape, found.dtype) == ((2,), complex)


# Losses


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_is_one_number_whatever_the_shapes_of_the_batches(seed):
    real = torch.randn(3, 2, generator=torch_rng(seed))
    fake = torch.randn(2, 5, 1, generator=torch_rng(seed + 9))
    for loss in set(of_logits()) - {losses.relativistic_discriminator}:  # it compares in pairs
        batches = [real, fake] if len(names_of(loss)) == 2 else [fake]
        each = [loss(*one).item() for one in itertools.product(*(b.flatten() for b in batches))]
        assert loss(*batches).shape == ()
        assert loss(*batches).item() == pytest.approx(np.mean(each), rel=1e-5)


def test_soft_bins_do_not_see_a_batch_s_shape():
    x = torch.randn(4, 3, 2, generator=torch_rng())
    assert torch.equal(losses.soft_histogram(x, CENTRES), losses.soft_histogram(x.ravel(), CENTRES))


def test_shares_may_miss_1_by_less_than_a_ten_thousandth():
    half = torch.tensor(HALVES)
    for off in (9e-5, -9e-5):
        assert losses.js_loss(half, half + torch.tensor([0, off])).item() == pytest.approx(
            0, abs=1e-4
        )
    for off in (1.1e-4, -1.1e-4):
        with pytest.raises(ValueError, match="sum to 1"):
            losses.js_loss(half, half + torch.tensor([0, off]))


def test_the_slope_in_an_empty_bin_is_at_most_44():
    p = torch.tensor([0.0, 1.0], requires_grad=True)
    losses.js_loss(p, torch.tensor([1.0, 0.0])).backward()
    assert 40 < p.grad[0].abs() <= 44


# The game and the match


def state(game: training.Game) -> list[torch.Tensor]:
    players = (game.generator, game.discriminator, game.average)
    return [w.detach().clone() for player in players for w in player.parameters()]


def same(left: list, right: list) -> bool:
    return all(map(torch.equal, left, right))


@pytest.mark.parametrize("step", ["step_discriminator", "step_generator"])
def test_a_loss_that_is_not_finite_leaves_both_players_and_the_average_as_they_were(step):
    game = new_game(**NOT_FINITE)
    before, x_fake = state(game), game.generate(4)
    arguments = (x_fake,) if step == "step_generator" else (DATA[:4], x_fake)
    with pytest.raises(FloatingPointError, match="learning rate"):
        getattr(game, step)(*arguments)
    assert same(state(game), before)
    assert all(w.requires_grad for w in game.discriminator.parameters())


@pytest.mark.parametrize("pair", [(sgd, adam), (adam, sgd)], ids=["D by sgd", "G by sgd"])
def test_a_pair_of_optimisers_is_d_s_and_g_s(pair):
    match = new_match(optimiser_d=pair[0], optimiser_g=pair[1])
    match.play_iteration()
    kinds = [isinstance(o, torch.optim.SGD) for o in (match.game.opt_d, match.game.opt_g)]
    assert kinds == [optimiser is sgd for optimiser in pair]


def test_a_single_step_of_g_takes_its_average_along():
    match = new_match(average_share=0.0)
    for _ in range(2):
        match.step_generator()
        there, follows = match.game.generator, match.game.average
        assert same(list(there.parameters()), list(follows.parameters())), "it has no memory"


@pytest.mark.parametrize("step", ["play_iteration", "step_discriminator", "step_generator"])
def test_an_interrupt_waits_until_a_match_has_moved_and_noted_it(step):
    def interrupted(*logits):
        signal.raise_signal(signal.SIGINT)
        return losses.generator_non_saturating(logits[-1])

    match, whole = new_match(loss_fn_g=interrupted, loss_fn_d=interrupted), new_match()
    whole.change(loss_fn_d=lambda *logits: losses.generator_non_saturating(logits[-1]))
    with pytest.raises(KeyboardInterrupt):
        getattr(match, step)()
    getattr(whole, step)()
    assert same(state(match.game), state(whole.game))
    assert (match.history, match.alone) == (whole.history, whole.alone)


# Networks


MADE_FROM_TORCH_S_RANDOMNESS = {
    "generator": lambda: networks.digit_generator(4, 8),
    "discriminator": lambda: networks.digit_discriminator(8),
    "mlp": lambda: networks.mlp((2, 4, 1)),
    "copies": lambda: networks.mlp((2, 4, 1), copies=2),
    "classifier": metrics.DigitClassifier,
}


@pytest.mark.parametrize("name", MADE_FROM_TORCH_S_RANDOMNESS)
@pytest.mark.parametrize("seed", SEEDS)
def test_first_weights_come_from_torch_s_global_random_state(name, seed):
    def made(seed: int) -> list[torch.Tensor]:
        torch.manual_seed(seed)
        return list(MADE_FROM_TORCH_S_RANDOMNESS[name]().parameters())

    with torch.random.fork_rng(devices=[]):
        assert same(made(seed), made(seed))
        assert not same(made(seed), made(seed + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_each_copy_starts_like_a_layer_of_its_own_and_meets_its_own_rows(seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        copies = networks.Copies(3, 4, 2)
        torch.manual_seed(seed)
        layers = [nn.Linear(4, 2) for _ in range(3)]
    x = torch.randn(3, 5, 6, 4, generator=torch_rng(seed))
    apart = torch.stack([layer(rows) for layer, rows in zip(layers, x, strict=True)])
    torch.testing.assert_close(copies(x), apart)


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_are_treated_each_for_itself_whatever_axes_lead(seed):
    network, x = networks.mlp((4, 8, 2)), torch.randn(2, 3, 5, 4, generator=torch_rng(seed))
    torch.testing.assert_close(network(x).reshape(-1, 2), network(x.reshape(-1, 4)))
    torch.testing.assert_close(network(x)[1, 2, 3], network(x[1, 2, 3][None])[0])


# The discriminator


def test_the_frechet_distance_of_two_samples_of_one_distribution_falls_with_n():
    def mean(n: int) -> float:
        pairs = [rng(seed).normal(size=(2, n, 6)) for seed in range(20)]
        return np.mean([metrics.frechet_distance(a, b) for a, b in pairs])

    assert mean(20) > 2 * mean(80) > 4 * mean(320) > 0


# Targets


@pytest.mark.parametrize("name", targets.TARGETS)
def test_the_same_samples_always_get_the_same_number(name):
    target, again = targets.TARGETS[name], replace(targets.TARGETS[name])
    y = rng(1).normal(size=(600, target.dim))
    assert (target.w1(y), target.js(y)) == (again.w1(y), again.js(y))


def test_w1_in_the_plane_looks_at_the_first_256_rows():
    target, y = targets.TARGETS["ring_of_8"], rng().normal(size=(600, 2))
    assert target.w1(y) == target.w1(y[:256])
    assert target.w1(y) != target.w1(y[1:])


@pytest.mark.parametrize(("count", "radius"), [(3, 1.6), (8, 2.0)])
def test_a_circle_has_its_points_evenly_on_it(count, radius):
    points = targets.circle(count, radius)
    np.testing.assert_allclose(np.hypot(*points.T), radius)
    steps = np.hypot(*(np.roll(points, 1, axis=0) - points).T)
    np.testing.assert_allclose(steps, 2 * radius * np.sin(np.pi / count))
