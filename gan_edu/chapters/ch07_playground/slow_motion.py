"""One round of the game in slow motion: the same steps, one by one, with what can be seen at each.

A round that is played slowly is the same as one that is played fast, bit for bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gan_edu.match import Match
from gan_edu.training import Game


@dataclass(frozen=True)
class Stage:
    """A stage of a round: its name, numbers for the sentence about it, and what to point at.

    `noise` (N, latent_dim), `real` and `fake` (N, dim) are the batch; `pull` (2, N) is how hard
    each sample, real ones first, pulls at D; `before` (N, dim) is where the same noise landed
    before G moved.
    """

    name: str
    numbers: dict[str, float] = field(default_factory=dict)
    noise: Tensor | None = None
    real: Tensor | None = None
    fake: Tensor | None = None
    pull: Tensor | None = None
    before: Tensor | None = None


@torch.enable_grad()
def slow_round(match: Match) -> Iterator[Stage]:
    """Play one round of a match, and yield each of its stages once it has come."""
    match.apply_settings()
    game, count = match.game, match.batch_size
    d_steps, g_steps = match.d_steps, match.g_steps  # a change acts from the next round on
    for _ in range(d_steps):
        x_real = game.pick(match.x, count)
        yield Stage("real", {"count": count}, real=x_real)
        z, x_fake = yield from _forging(game, count)
        judged = yield from _discriminator_step(game, x_real, x_fake)
    for step in range(g_steps):
        if step:
            z, x_fake = yield from _forging(game, count)
        loss_g = yield from _generator_step(game, z, x_fake)
    match.note(game.end_round(loss_g, *judged))
    yield Stage("end", {"round": game.rounds})


def _forging(game: Game, count: int) -> Iterator[Stage]:
    z = game.noise(count)
    yield Stage("noise", {"count": count}, noise=z)
    x_fake = game.generator(z)
    yield Stage("forge", noise=z, fake=x_fake.detach())
    return z, x_fake


def _discriminator_step(game: Game, x_real: Tensor, x_fake: Tensor) -> Iterator[Stage]:
    batch = {"real": x_real, "fake": x_fake.detach()}
    luck = game.rng.get_state()  # a penalty draws numbers, which the step is to draw again
    loss, *logits = game.judged(*batch.values())
    game.rng.set_state(luck)
    pull = torch.stack([g.abs() for g in torch.autograd.grad(loss, logits)])[..., 0]
    yield Stage("judge", _means(*logits), **batch)
    yield Stage("loss_d", {"loss": loss.item()}, **batch)
    yield Stage("gradient_d", **batch, pull=pull * len(x_real))
    judged = game.step_discriminator(x_real, x_fake)
    yield Stage("update_d", _means(*_answers(game, *batch.values())), **batch)
    return judged


def _generator_step(game: Game, z: Tensor, x_fake: Tensor) -> Iterator[Stage]:
    before = x_fake.detach()
    logits = _answers(game, before)[0]
    yield Stage("judge_again", _means(logits), fake=before)
    yield Stage("loss_g", {"loss": game.g_loss(logits).item()}, fake=before)
    yield Stage("gradient_g", fake=before)
    loss_g = game.step_generator(x_fake)
    with torch.no_grad():
        after = game.generator(z)
    moved = (after - before).norm(dim=1).mean().item()
    yield Stage("update_g", {"moved": moved}, fake=after, before=before)
    return loss_g


@torch.no_grad()
def _answers(game: Game, *batches: Tensor) -> list[Tensor]:
    return [game.discriminator(batch) for batch in batches]


def _means(*logits: Tensor) -> dict[str, float]:
    """Return the mean of D's outputs on forged samples, and on real ones if they come first."""
    return dict(zip(("fake", "real"), (a.mean().item() for a in reversed(logits)), strict=False))


@torch.enable_grad()
def pushes(game: Game, y: Tensor) -> Tensor:
    """Return −∂L_G/∂yᵢ for each forgery of y (N, dim), times N: where G's own loss pushes it."""
    y = y.detach().requires_grad_()
    loss = game.g_loss(game.discriminator(y))
    return -torch.autograd.grad(loss, y)[0] * len(y)
