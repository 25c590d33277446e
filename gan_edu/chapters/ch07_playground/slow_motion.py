"""One iteration in slow motion: the same steps, one by one, with what can be seen at each.

The result is the same as at full speed, bit for bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gan_edu.match import Match
from gan_edu.training import Game, Look


@dataclass(frozen=True)
class Stage:
    """A stage of an iteration: its name, numbers for its sentence, and the samples to draw.

    `noise` (N, latent_dim), `real` and `fake` (N, dim) are the batch; `pull` (2, N) is
    N · |∂L_D/∂a| for each sample's output a, real ones first; `before` (N, dim) is where the same
    noise landed before G was updated.
    """

    name: str
    numbers: dict[str, float] = field(default_factory=dict)
    noise: Tensor | None = None
    real: Tensor | None = None
    fake: Tensor | None = None
    pull: Tensor | None = None
    before: Tensor | None = None


@torch.enable_grad()
def slow_iteration(match: Match) -> Iterator[Stage]:
    """Play one iteration of a match, and yield each of its stages once it is reached."""
    stages = {"loss_d": _before_d_moves, "update_d": _after_d, "loss_g": _before_g_moves,
              "update_g": _after_g, "end": _end}  # fmt: skip
    for look in match.play_slowly():
        yield from stages.get(look.name, _batch)(match.game, look)


def _batch(game: Game, look: Look) -> Iterator[Stage]:
    shown = {
        "real": {"real": look.real},
        "noise": {"noise": look.noise},
        "generate": {"noise": look.noise, "fake": look.fake.detach()},
    }[look.name]
    yield Stage(look.name, {"count": game.settings.batch_size}, **shown)


def _before_d_moves(game: Game, look: Look) -> Iterator[Stage]:
    batch = {"real": look.real, "fake": look.fake}
    slopes = torch.autograd.grad(look.loss, look.logits, retain_graph=True)
    pull = torch.stack([slope.abs() for slope in slopes])[..., 0]
    yield Stage("discriminator", _means(*look.logits), **batch)
    yield Stage("loss_d", {"loss": look.loss.item()}, **batch)
    yield Stage("gradient_d", {}, **batch, pull=pull * len(look.real))


def _after_d(game: Game, look: Look) -> Iterator[Stage]:
    batch = {"real": look.real, "fake": look.fake}
    with torch.no_grad():
        answers = [game.discriminator(x) for x in batch.values()]
    yield Stage("update_d", _means(*answers), **batch)


def _before_g_moves(game: Game, look: Look) -> Iterator[Stage]:
    fake = look.fake.detach()
    yield Stage("discriminator_again", _means(*look.logits), fake=fake)
    yield Stage("loss_g", {"loss": look.loss.item()}, fake=fake)
    yield Stage("gradient_g", fake=fake)


def _after_g(game: Game, look: Look) -> Iterator[Stage]:
    with torch.no_grad():
        after = game.generator(look.noise)
    moved = (after - look.fake).norm(dim=1).mean().item()
    yield Stage("update_g", {"moved": moved}, fake=after, before=look.fake)


def _end(game: Game, look: Look) -> Iterator[Stage]:
    yield Stage("end", {"iteration": game.iterations})


def _means(*logits: Tensor) -> dict[str, float]:
    """Return the mean of D's outputs on fake samples, and on real ones if they come first."""
    return dict(zip(("fake", "real"), (a.mean().item() for a in reversed(logits)), strict=False))
