"""Broken games to mend: what a learner's code does to two tiny players, beside what it should."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gan_edu.checking.guard import call, switches
from gan_edu.checking.slips import Slips, Told
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.networks import mlp

LEARNING_RATE = 0.1
Batches = list[tuple[Tensor, Tensor]]  # for each iteration x_real and z, both (8, 2)

STILL = {
    "G": later("G has not moved at all. Which line moves it, and which gradient is there by then?"),
    "D": later("D has not moved at all. Which line moves it, and which gradient is there by then?"),
}
MOVED = {
    "G": later("G has moved, and should stand still here. Which line moves it?"),
    "D": later("D has moved, and should stand still here. Which line moves it?"),
}
ELSEWHERE = later(
    "After two iterations {player} stands elsewhere than it should. Go through its step line by "
    "line: which loss, whose gradient, and since when has it been adding up?"
)
BOTH_ELSEWHERE = later(
    "After two iterations G and D stand elsewhere than they should. Go through both steps line by "
    "line: which loss, whose gradient, and since when has it been adding up?"
)
FROZEN = later(
    "Both stand where they should, but {name} leaves in another state than it came in: whether its "
    "weights may learn (`requires_grad`), or its mode. Who trains it in the next iteration?"
)
BATCHES = later(
    "Both stand where they should, but the batches, or the noise, have been changed on the way."
)


def table(rng: np.random.Generator) -> tuple[nn.Module, nn.Module, Batches]:
    """Return a new G, 2-4-2, and D, 2-4-1, with N(0,1) weights, and batches for two iterations."""
    players = mlp((2, 4, 2), "tanh"), mlp((2, 4, 1), "tanh")
    for weight in [*players[0].parameters(), *players[1].parameters()]:
        weight.data = _normal(rng, *weight.shape)
    return *players, [(1 + _normal(rng, 8, 2), _normal(rng, 8, 2)) for _ in range(2)]


def sgd(network: nn.Module) -> torch.optim.Optimizer:
    """Return plain gradient descent for all weights of a network, with the rate 0.1."""
    return torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)


# The first optimiser makes torch load half of itself, which must not count as a learner's time.
sgd(nn.Linear(1, 1))


def whole(
    code: Callable[..., Any], generator: nn.Module, discriminator: nn.Module, batches: Batches
) -> None:
    """Let code(generator, discriminator, batches) play all iterations with its own optimisers."""
    call(code, generator, discriminator, batches, changes=True)


def by_iterations(
    code: Callable[..., Any], generator: nn.Module, discriminator: nn.Module, batches: Batches
) -> None:
    """Let code(generator, discriminator, opt_g, opt_d, x_real, z) play every iteration."""
    opt_g, opt_d = sgd(generator), sgd(discriminator)
    for x_real, z in batches:
        call(code, generator, discriminator, opt_g, opt_d, x_real, z, changes=True)


def mended(
    answer: Callable[..., Any],
    right: Callable[..., Any],
    slips: Slips,
    rng: np.random.Generator,
    play: Callable[..., Any] = whole,
) -> Told | None:
    """Return None if answer moves both players as right does, else what is wrong with it.

    Each code plays from the same start with the same batches; no matter how it is written, where
    both players stand in the end tells by which gradients they moved. An answer that ends where
    one of the slips ends hears its sentence. Both must be able to go on: neither frozen nor in
    another mode, and the batches as they were.
    """
    seed = int(rng.integers(2**32))
    start, there, wanted = (_ends(code, play, seed) for code in (None, answer, right))
    if _alike(there, wanted):
        return _left_behind(start, there)
    same_place = None
    for slip, sentence in slips:
        end = _ends(slip, play, seed)
        if _alike(there, end):
            if there.heard == end.heard:
                return sentence
            same_place = same_place or sentence
    return same_place or _where(start, there, wanted)


@dataclass(frozen=True)
class Ends:
    """Where the players stand after a game, and what gradients reached G meanwhile.

    weights of "G" and "D", each in one row; heard: did any gradient reach G's weights, and do they
    hold one in the end? Three different mistakes leave G where it was. switches: which weights of
    each may learn, and its modes; batches: all numbers in them.
    """

    weights: dict[str, Tensor]
    heard: tuple[bool, bool]
    switches: dict[str, list[bool]]
    batches: Tensor


def _ends(code: Callable | None, play: Callable, seed: int) -> Ends:
    generator, discriminator, batches = table(np.random.default_rng(seed))
    came = []
    own = list(generator.parameters())
    for weight in own:
        weight.register_hook(lambda _: came.append(1))
    if code:
        play(code, generator, discriminator, list(batches))
    networks = {"G": generator, "D": discriminator}
    holds = any(weight.grad is not None and weight.grad.any().item() for weight in own)
    rows = {name: weights(network) for name, network in networks.items()}
    turned = {name: switches(network) for name, network in networks.items()}
    numbers = torch.cat([part.detach().flatten() for batch in batches for part in batch]).clone()
    return Ends(rows, (bool(came), holds), turned, numbers)


def _left_behind(start: Ends, there: Ends) -> str | None:
    for name in STILL:
        if there.switches[name] != start.switches[name]:
            return _(FROZEN).format(name=name)
    return None if torch.equal(there.batches, start.batches) else _(BATCHES)


def _where(start: Ends, there: Ends, wanted: Ends) -> str:
    """Say who does not stand where it should."""
    off = [player for player in STILL if not _near(there, wanted, player)]
    for player in off:
        if torch.equal(there.weights[player], start.weights[player]):
            return _(STILL[player])
        if torch.equal(wanted.weights[player], start.weights[player]):
            return _(MOVED[player])
    return _(BOTH_ELSEWHERE) if len(off) > 1 else _(ELSEWHERE).format(player=off[0])


def weights(network: nn.Module) -> Tensor:
    """Return a copy of all weights of a network in one row."""
    return torch.cat([weight.detach().flatten() for weight in network.parameters()]).clone()


def _alike(one: Ends, other: Ends) -> bool:
    return all(_near(one, other, player) for player in STILL)


def _near(one: Ends, other: Ends, player: str) -> bool:
    return torch.allclose(one.weights[player], other.weights[player], rtol=1e-4, atol=1e-5)


def _normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape)).float()
