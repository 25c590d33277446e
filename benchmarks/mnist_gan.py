"""How soon do digits appear? Ours beside a plain loop of the best-known recipe, in one run.

    GAN_EDU_MNIST=… python -m benchmarks.mnist_gan [--marks 1 3 10 30 100] [--seeds 0 1 2]

The plain loop is the recipe that most tutorials share: MLP generator 128-256-512-1024-784 with
batch norm, latent 100, Adam 2e-4 (.5, .999), BCE on probabilities, a pass for each player, and a
DataLoader over images that are transformed one by one. Each run has a process of its own on one
thread. CPU seconds count training only; Fréchet distances are the course's own classifier's (10,000
samples against the test set; two real sets are printed for scale), which is not the scale of any
published number.
"""

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from benchmarks import ratios
from gan_edu.datasets import Digits, as_images, as_tensor, load_mnist
from gan_edu.files import print_in_any_encoding
from gan_edu.metrics import grade_images, load_classifier, parzen_score
from gan_edu.recipes import digit_game, draw_digits
from gan_edu.training import play_iterations

BATCH = 64
Contestant = tuple[Iterator, Callable[[], np.ndarray]]


def ours(digits: Digits, seed: int) -> Contestant:
    game, x = digit_game(seed), as_tensor(digits.images)
    return play_iterations(game, x, sys.maxsize, BATCH), lambda: draw_digits(game, 10_000)


class Transformed(Dataset):
    """Images that become tensors in [−1, 1] one at a time, as torchvision's transforms do it."""

    def __init__(self, images: np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> torch.Tensor:
        scaled = torch.from_numpy(self.images[i]).float().div(255)
        return (scaled - 0.5) / 0.5


def plain(digits: Digits, seed: int) -> Contestant:
    torch.manual_seed(seed)
    sizes = list(itertools.pairwise((128, 256, 512, 1024)))
    hidden = [(nn.Linear(a, b), nn.BatchNorm1d(b, 0.8), nn.LeakyReLU(0.2)) for a, b in sizes]
    generator = nn.Sequential(
        nn.Linear(100, 128),
        nn.LeakyReLU(0.2),
        *itertools.chain(*hidden),
        nn.Linear(1024, 784),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Linear(784, 512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
        nn.Sigmoid(),
    )
    opt_g, opt_d = (
        torch.optim.Adam(player.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for player in (generator, discriminator)
    )
    iterations = _plain_iterations(generator, discriminator, opt_g, opt_d, digits)
    return iterations, lambda: _plain_samples(generator)


def _plain_iterations(
    generator: nn.Module,
    discriminator: nn.Module,
    opt_g: torch.optim.Optimizer,
    opt_d: torch.optim.Optimizer,
    digits: Digits,
) -> Iterator:
    bce, ones, zeros = nn.BCELoss(), torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    loader = DataLoader(Transformed(digits.images), BATCH, shuffle=True, drop_last=True)
    for images in itertools.chain.from_iterable(itertools.repeat(loader)):
        opt_g.zero_grad()
        fake = generator(torch.randn(BATCH, 100))
        loss_g = bce(discriminator(fake), ones)
        loss_g.backward()
        opt_g.step()
        opt_d.zero_grad()
        real = bce(discriminator(images.flatten(1)), ones)
        loss_d = (real + bce(discriminator(fake.detach()), zeros)) / 2
        loss_d.backward()
        opt_d.step()
        yield loss_d.item(), loss_g.item()


@torch.no_grad()
def _plain_samples(generator: nn.Module) -> np.ndarray:
    generator.eval()
    z = torch.randn(10_000, 100, generator=torch.Generator().manual_seed(0))
    images = np.concatenate([as_images(generator(block)) for block in z.split(1000)])
    generator.train()
    return images


def run(contestant: Callable, seed: int, marks: list[float]) -> None:
    """Train one contestant and print a line of JSON at each mark of CPU seconds."""
    torch.set_num_threads(1)
    digits = load_mnist()
    classifier = load_classifier(digits)
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
        parzen = parzen_score(images, digits.images[-1000:], digits.test_images).mean
        row = {
            "mark": mark,
            "frechet": verdict.frechet,
            "parzen": parzen,
            "doubtful": verdict.doubtful,
            "classes": int((verdict.class_counts > 0).sum()),
            "speed": count * BATCH / spent,
            "peak": peak,
        }
        print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="How soon do digits appear?")
    parser.add_argument("--marks", type=float, nargs="+", default=[1, 3, 10, 30, 100])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--json", help="write the ratios here")
    parser.add_argument("--only", choices=["ours", "plain"], help="one contestant, one process")
    options = parser.parse_args()
    if options.only:
        run(globals()[options.only], options.seeds[0], options.marks)
        return
    print_in_any_encoding()
    digits = load_mnist()
    print(digits)
    scale = grade_images(
        load_classifier(digits), digits.images[:10_000], digits.test_images
    ).frechet
    print(f"two real sets are {scale:.1f} apart\n")
    rows = {name: [] for name in ("ours", "plain")}
    for seed, name in itertools.product(options.seeds, rows):
        command = [sys.executable, __file__, "--only", name, "--seeds", str(seed), "--marks"]
        command += [str(mark) for mark in options.marks]
        output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        rows[name].append([json.loads(line) for line in output.splitlines()])
    for name, runs in rows.items():
        report(name, runs)
    frechet = {n: statistics.median(run[-1]["frechet"] for run in runs) for n, runs in rows.items()}
    what = f"digits: Fréchet distance after {options.marks[-1]:g} CPU s"
    ratio = frechet["ours"] / frechet["plain"]
    ratios.report([ratios.at_most(1, what, "plain loop", ratio)], options.json)


def report(name: str, runs: list[list[dict]]) -> None:
    print(f"{name}: median of {len(runs)} seeds (lowest to highest)")
    print("CPU s   Fréchet                Parzen   doubtful  classes  images/s   peak MB")
    for at_mark in zip(*runs, strict=True):
        column = {key: [row[key] for row in at_mark] for key in at_mark[0]}
        middle = {key: statistics.median(values) for key, values in column.items()}
        low, high = min(column["frechet"]), max(column["frechet"])
        print(
            f"{middle['mark']:5g}  {middle['frechet']:6.1f} ({low:.1f}–{high:.1f})".ljust(30)
            + f"{middle['parzen']:6.1f}  {middle['doubtful']:8.1%}  {min(column['classes']):7}"
            + f"  {middle['speed']:8.0f}  {runs[0][0]['peak']:8.0f}"
        )
    print()


if __name__ == "__main__":
    main()
