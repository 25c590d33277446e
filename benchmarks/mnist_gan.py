"""How soon do digits appear? Our recipe beside the first edition's and well-known ones, in one run.

    GAN_EDU_MNIST=… python -m benchmarks.mnist_gan [--marks 30 60 120] [--seeds 0 1 2]
        [--recipes labelled first tuned long_average plain least_squares wgan_gp dcgan paper_2014]

`labelled` is what `gan_edu.train` plays, `tuned` the same without labels, `first` the game that
chapter 05 writes by hand, which is the first edition's; `long_average` is that with an average of
G over most of the game, which the Parzen score likes; the others are in `known_recipes`. Each run
has a process of its own on one thread. CPU seconds count training only. Two digit classifiers
grade 10,000 samples against the test set: `outside_classifier`, from outside the course, and the
course's own. RECORD.md is the protocol.
"""

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from benchmarks import outside_classifier, ratios
from benchmarks.known_recipes import KNOWN, Contestant
from gan_edu.datasets import Digits, as_tensor, load_mnist
from gan_edu.files import print_in_any_encoding
from gan_edu.metrics import grade_images, load_classifier, parzen_score
from gan_edu.networks import DIGITS, with_labels
from gan_edu.recipes import (
    digit_game,
    draw,
    draw_digits,
    fresh_noise,
    labelled_digit_game,
    labelled_digits,
    tuned_digit_game,
)
from gan_edu.training import Game, play_iterations

BARS = {30: 0.70, 60: 0.75, 120: 0.80}  # Fréchet distance after CPU seconds, labelled against first


def played(new_game: Callable[[int], Game]) -> Callable[[Digits, int], Contestant]:
    def contest(digits: Digits, seed: int) -> Contestant:
        game, x = new_game(seed), as_tensor(digits.images)
        return play_iterations(game, x, sys.maxsize), lambda: draw_digits(game, 10_000)

    return contest


def labelled(digits: Digits, seed: int) -> Contestant:
    """Both networks see the label; the ten digits have equal shares."""
    game, x = labelled_digit_game(seed), labelled_digits(digits)
    of_each = torch.arange(DIGITS).repeat(1000)
    z = with_labels(fresh_noise(len(of_each), seed=0), of_each)
    return play_iterations(game, x, sys.maxsize), lambda: draw(game, z)


def long_average_game(seed: int) -> Game:
    game = digit_game(seed)
    game.settings = replace(game.settings, average_share=0.8)
    return game


OURS = {"tuned": tuned_digit_game, "first": digit_game, "long_average": long_average_game}
UNLABELLED = {name: played(new_game) for name, new_game in OURS.items()}
CONTESTANTS = {"labelled": labelled, **UNLABELLED, **KNOWN}


def run(contestant: Callable, seed: int, marks: list[float]) -> None:
    """Train one contestant and print a line of JSON at each mark of CPU seconds."""
    torch.set_num_threads(1)
    digits = load_mnist()
    outside, classifier = outside_classifier.load(digits), load_classifier(digits)
    iterations, sample = contestant(digits, seed)
    spent, count = 0.0, 0
    for mark in marks:
        start = time.process_time() - spent
        while spent < mark:
            next(iterations)
            count += 1
            spent = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        images = sample()
        verdict = grade_images(classifier, images, digits.test_images)
        row = {
            "mark": mark,
            **outside_classifier.grade(outside, images, digits),
            "course": verdict.frechet,
            "parzen": parzen_score(images, digits.images[-1000:], digits.test_images).mean,
            "iterations": count,
            "peak": peak,
        }
        print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="How soon do digits appear?")
    parser.add_argument("--marks", type=float, nargs="+", default=[30, 60, 120])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--recipes", nargs="+", choices=CONTESTANTS, default=["labelled", "first"])
    parser.add_argument("--json", help="write the ratios here")
    parser.add_argument("--only", action="store_true", help="one recipe, in this process")
    options = parser.parse_args()
    if options.only:
        run(CONTESTANTS[options.recipes[0]], options.seeds[0], options.marks)
        return
    print_in_any_encoding()
    digits = load_mnist()
    print(digits)
    scale = outside_classifier.grade(
        outside_classifier.load(digits), digits.images[:10_000], digits
    )
    print(f"10,000 training digits: Fréchet distance {scale['frechet']:.2f}\n", flush=True)
    rows = {name: [] for name in options.recipes}
    for seed, name in itertools.product(options.seeds, rows):
        rows[name].append(measured(name, seed, options.marks))
    for name, runs in rows.items():
        report(name, runs)
    ratios.report(found(rows), options.json)


def measured(name: str, seed: int, marks: list[float]) -> list[dict]:
    """Return the rows of one run, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.mnist_gan", "--only", "--recipes", name]
    command += ["--seeds", str(seed), "--marks", *map(str, marks)]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    print(f"{name}, seed {seed}:", output, sep="\n", file=sys.stderr, flush=True)
    return [json.loads(line) for line in output.splitlines()]


def found(rows: dict[str, list[list[dict]]]) -> list[ratios.Ratio]:
    """Return the median Fréchet distance of each recipe, over that of `first`, at each mark.

    Only `labelled`, which the course plays, has a bar.
    """
    medians = {name: _medians(runs) for name, runs in rows.items()}
    first = medians.pop("first", None)
    return [
        ratios.at_most(
            BARS.get(mark, 1) if name == "labelled" else None,
            f"digits, {name}: Fréchet distance after {mark:g} CPU s",
            "first edition",
            distance / first[mark],
        )
        for name in (medians if first else ())
        for mark, distance in medians[name].items()
    ]


def _medians(runs: list[list[dict]]) -> dict[float, float]:
    return {
        rows[0]["mark"]: statistics.median(row["frechet"] for row in rows)
        for rows in zip(*runs, strict=True)
    }


def report(name: str, runs: list[list[dict]]) -> None:
    print(f"{name}: median of {len(runs)} seeds (lowest to highest)")
    print("CPU s   Fréchet                doubtful  rarest   course  Parzen  iterations  peak MB")
    for at_mark in zip(*runs, strict=True):
        column = {key: [row[key] for row in at_mark] for key in at_mark[0]}
        middle = {key: statistics.median(values) for key, values in column.items()}
        low, high = min(column["frechet"]), max(column["frechet"])
        print(
            f"{middle['mark']:5g}  {middle['frechet']:6.1f} ({low:.1f}–{high:.1f})".ljust(30)
            + f"{middle['doubtful']:8.1%}  {middle['rarest']:6.1%}  {middle['course']:7.1f}"
            + f"  {middle['parzen']:6.1f}  {middle['iterations']:10.0f}  {middle['peak']:7.0f}"
        )
    print()


if __name__ == "__main__":
    main()
