"""How fast is a tiny game? The package's step and many games at once, beside plain loops.

    python -m benchmarks.game_speed [--blocks 60] [--iterations 40] [--json result.json]

All play chapter 04's game on the line (1-32-32-1 each, batches of 128) on one torch thread, in
turns of a few iterations, so that each block meets the same machine; the figures are medians over
the blocks. The plain loop is the one that most tutorials share: probabilities and BCELoss with
labels made each iteration, Adam as PyTorch makes it, a pass of D for each batch, `.item()` on both
losses. It keeps no average of G; ours does.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from benchmarks import ratios
from gan_edu.recipes import line_match

BATCH, COPIES = 128, 10


def plain() -> Callable[[], None]:
    torch.manual_seed(0)
    x = line_match().x
    generator = nn.Sequential(
        nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)
    )
    discriminator = nn.Sequential(
        nn.Linear(1, 32),
        nn.LeakyReLU(0.2),
        nn.Linear(32, 32),
        nn.LeakyReLU(0.2),
        nn.Linear(32, 1),
        nn.Sigmoid(),
    )
    opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    opt_d = torch.optim.Adam(discriminator.parameters(), lr=4e-3, betas=(0.5, 0.9))
    bce, losses = nn.BCELoss(), []

    def play_iteration() -> None:
        ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
        x_real = x[torch.randint(len(x), (BATCH,))]
        x_fake = generator(torch.rand(BATCH, 1) * 2 - 1)
        opt_d.zero_grad()
        loss_d = bce(discriminator(x_real), ones) + bce(discriminator(x_fake.detach()), zeros)
        loss_d.backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g = bce(discriminator(x_fake), ones)
        loss_g.backward()
        opt_g.step()
        losses.append((loss_d.item(), loss_g.item()))

    return play_iteration


def ours(copies: int | None = None) -> Callable[[], None]:
    return line_match("normal", copies=copies).play_iteration


def measure(contestants: dict[str, Callable], blocks: int, iterations: int) -> dict[str, float]:
    """Return microseconds an iteration, the median over blocks played in turns."""
    times = {name: [] for name in contestants}
    for block in range(blocks + 1):
        for name, play_iteration in contestants.items():
            start = time.perf_counter()
            for _ in range(iterations):
                play_iteration()
            if block:  # the first one warms up
                times[name].append((time.perf_counter() - start) / iterations * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=60)
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    contestants = {"plain loop": plain(), "ours": ours(), f"ours, {COPIES} games": ours(COPIES)}
    found = measure(contestants, options.blocks, options.iterations)
    rows = {}
    print(f"{'':16}  us/iteration  iterations/s  games x iterations/s")
    for name, microseconds in found.items():
        games = COPIES if "games" in name else 1
        rows[name] = games * found["plain loop"] / microseconds
        print(
            f"{name:16}  {microseconds:8.0f}  {1e6 / microseconds:8.0f}"
            f"  {games * 1e6 / microseconds:16.0f}"
        )
    bars = {"ours": 1.6, f"ours, {COPIES} games": 5}
    ratios.report(
        [
            ratios.at_least(bar, f"{name}: games × iterations a second", "plain loop", rows[name])
            for name, bar in bars.items()
        ],
        options.json,
    )


if __name__ == "__main__":
    main()
