"""What is to be seen of a playground at one moment: samples, D, arrows, G's map, and a sentence."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gan_edu.chapters.ch07_playground.playground import Playground, as_noise
from gan_edu.chapters.ch07_playground.settings import LOSSES, NOISES, Loss, label_of
from gan_edu.chapters.ch07_playground.signs import LONG, recent_median
from gan_edu.chapters.ch07_playground.slow_motion import Stage
from gan_edu.distributions import Distribution
from gan_edu.language import gettext as _
from gan_edu.language import later, minus
from gan_edu.recipes import EDGES, MIDDLES, optimal_d_on_grid, shares
from gan_edu.stage.plane import LEVELS, Curves, Field, Frame, nearest_levels
from gan_edu.targets import PAIRS, REACH, GaussianModes, OnLine
from gan_edu.training import pushes

POINTS = 40  # of D's grid, in each direction
SCALES = (1 / 256, 1 / 64, 1 / 16, 1 / 4)  # few, since a table that stays is not sent again
ARROW = 0.1  # length of an arrow for a gradient of 1 at its sample
LONGEST = 0.8
ARROWS = 80
DENSE = 1.0  # density of G's samples from which on a mesh is at its darkest
RING = 0.2  # radius of the largest ring; of all rings, where there is no gradient, half of it
MESHES = 10  # of G's map, along each side
BETWEEN = 3  # points of a thread from one knot of the net to the next
LINE_ENDS = EDGES[[0, -1]]
# Heights on the line: D and densities lie between 0 and 1, samples below, noise above.
ROWS = {"real": -0.08, "push": -0.125, "fake": -0.17, "noise": 1.1}
BOX = (*LINE_ENDS.tolist(), -0.23, 1.2)
STAGES = {
    "real": later("1  D's turn: draw a batch of {count} real samples (rings)."),
    "noise": later("2  Draw {count} noise vectors z (squares)."),
    "generate": later("3  G maps each z to a generated sample (crosses)."),
    "discriminator": later("4  Mean output a of D: {real:.2f} real, {fake:.2f} generated."),
    "loss_d": later("5  These outputs give D's loss: {loss:.3f}."),
    "gradient_d": later("6  The larger a sample's ring, the more it changes D."),
    "update_d": later("7  D is updated: {real:.2f} real, {fake:.2f} generated."),
    "discriminator_again": later("8  G's turn. Mean output a of the new D: {fake:.2f}."),
    "loss_g": later("9  These outputs give G's loss: {loss:.3f}."),
    "gradient_g": later("10  D gives each sample a gradient (arrows, rescaled)."),
    "update_g": later("11  G is updated. The same z lands {moved:.3f} away."),
    "end": later("12  G's EMA is updated: end of iteration {iteration}."),
}

_along, _across = np.meshgrid(
    np.linspace(-0.98, 0.98, BETWEEN * MESHES + 1), np.linspace(-0.98, 0.98, MESHES + 1)
)
_NET = torch.from_numpy(
    np.concatenate([np.stack([_along, _across], -1), np.stack([_across, _along], -1)])
).float()
NETS = {2: _NET, 1: _NET[:1, :, :1]}  # of noise: lines of points of [−1, 1]ᵈ
_edges = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float32)
GRID = torch.cartesian_prod(_edges, _edges).flip(1)  # x runs first
_u = np.linspace(0.001, 0.999, 100)
_rows = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
_even = torch.from_numpy(np.stack(np.meshgrid(2 * _u - 1, 2 * _rows - 1), axis=-1)).float()
LINES = {2: _even, 1: _even[:1, :, :1]}  # of noise, for G's map on the line
LINE = torch.from_numpy(MIDDLES).float()[:, None]


def frame(playground: Playground) -> Frame:
    """Return all that is to be seen of a playground, in the plane or on the line.

    On the line, places (x, y) have their heights from `ROWS`.
    """
    settings, step, dim = playground.settings, playground.stage, playground.target.dim
    y = playground.generated(playground.match.game.generator, PAIRS)
    shown = Frame(title=_told(playground, y), note=_diagnosis(playground), colour=_colour(step))
    if settings.show_real:
        shown = replace(shown, real=_placed("real", playground.match.x[:PAIRS], dim))
    if settings.show_real and dim == 2:
        shown = replace(shown, modes=playground.target.centres, real_rings=_covered(playground, y))
    if step and step.name != "end":
        shown = replace(shown, **_batch(step, dim))
    elif settings.show_fake:
        shown = replace(shown, fake=_placed("fake", y, dim))
    if step.name == "gradient_g" if step else settings.show_arrows:
        shown = replace(shown, arrows=_arrows(playground, y[:ARROWS]))
    return replace(shown, **(_of_networks if dim == 2 else _of_line)(playground))


# --- where samples are --------------------------------------------------------------------------


def _placed(kind: str, points: np.ndarray | Tensor, dim: int) -> np.ndarray:
    """Return where points (N, 1 or 2) are drawn in a game of dimension `dim`: (N, 2).

    In the plane 1-D noise is along the horizontal axis; on the line each kind has its height.
    """
    points = np.asarray(points, float)
    if dim == 1:
        return np.stack([points[:, 0], np.full(len(points), ROWS[kind])], axis=1)
    return points if points.shape[1] == 2 else np.pad(points, ((0, 0), (0, 1)))


def _arrows(playground: Playground, y: np.ndarray) -> np.ndarray:
    """Return where generated samples are drawn, and where G's own loss pushes them: (N, 4).

    Those that are out of sight have an arrowhead at the border, which is enough.
    """
    step, dim = playground.stage, playground.target.dim
    if step and step.fake is not None:
        y = step.fake.numpy()
    y = y[np.abs(y).max(1) <= _end(playground)]
    if not len(y):
        return np.empty((0, 4))
    way = np.pad(_steps(_pushes(playground, y), scaled=bool(step)), ((0, 0), (0, 2 - dim)))
    return np.concatenate([_placed("push", y, dim), way], axis=1)


def push_at(playground: Playground, place: Sequence[float]) -> np.ndarray:
    """Return where G's loss would push a generated sample at a place of the plane: (1, 4)."""
    y = np.array([place], float)
    return np.hstack([y, _steps(_pushes(playground, y), scaled=False)])


def steadiness(playground: Playground, iterations: int) -> float:
    """Play on, and return how well the arrows keep their direction: 1 if none turns.

    It is the mean cosine of the angle between all arrows of an iteration, as one vector, and those
    of the next one. Raises what playing raises.
    """
    cosines, before = [], _all_pushes(playground)
    for _i in range(iterations):
        playground.play_iteration()
        now = _all_pushes(playground)
        lengths = np.linalg.norm(before) * np.linalg.norm(now)
        cosines.append(np.sum(before * now) / max(lengths, 1e-12))
        before = now
    return float(np.mean(cosines))


def _all_pushes(playground: Playground) -> np.ndarray:
    return _pushes(playground, playground.generated(playground.match.game.generator, ARROWS))


def _pushes(playground: Playground, y: np.ndarray) -> np.ndarray:
    game, real = playground.match.game, playground.match.x[: len(y)]
    return pushes(game, torch.from_numpy(y).float(), real).numpy()


def _end(playground: Playground) -> float:
    return REACH if playground.target.dim == 2 else LINE_ENDS[1]


def _steps(push: np.ndarray, scaled: bool) -> np.ndarray:
    """Return arrows for pushes (N, dim): on a fixed scale with a maximum length, or rescaled.

    On the fixed scale, lengths can be compared between iterations; in slow motion the longest arrow
    gets the maximum length, so that all can be seen.
    """
    length = np.linalg.norm(push, axis=1, keepdims=True)
    if scaled:
        return LONGEST * push / max(length.max(), 1e-12)
    return push * np.minimum(ARROW, LONGEST / np.maximum(length, 1e-12))


def _batch(step: Stage, dim: int) -> dict:
    """Return what a stage of slow motion is about: the batch, its noise, and how samples move."""
    kinds = {"noise": step.noise, "real": step.real, "fake": step.fake}
    at = {name: _placed(name, p.detach(), dim) for name, p in kinds.items() if p is not None}
    parts: dict = {name: places for name, places in at.items() if name != "real"}
    parts["batch"] = True
    parts["real_rings"] = _rings(at["real"], step, 0) if "real" in at else np.empty((0, 3))
    if step.pull is not None:
        parts["fake_rings"] = _rings(at["fake"], step, 1)
    if step.before is not None:
        parts["ways"] = np.hstack([_placed("fake", step.before.detach(), dim), at["fake"]])
    elif step.name == "generate":
        parts["ways"] = np.hstack([at["noise"], at["fake"]])
    return parts


def _covered(playground: Playground, y: np.ndarray) -> np.ndarray:
    """Return a ring (x, y, radius) around each mode that generated samples y (N, 2) cover.

    The radius is three standard deviations: within it they count.
    """
    target = cast(GaussianModes, playground.target)
    centres = target.centres[target.covered_modes(y) if target.apart else []]
    return np.column_stack([centres, np.full(len(centres), 3 * target.sd)])


def _rings(places: np.ndarray, step: Stage, row: int) -> np.ndarray:
    """Return a ring (x, y, radius) around each place: a larger gradient has a larger area."""
    radii = np.full(len(places), RING / 2)
    if step.pull is not None:
        pull = step.pull.numpy()
        radii = RING * np.sqrt(pull[row] / max(pull.max(), 1e-12))
    return np.column_stack([places, radii])


# --- D and G ------------------------------------------------------------------------------------


def _of_networks(playground: Playground) -> dict:
    """Return the field of D and G's map, if they are switched on."""
    settings, parts = playground.settings, {}
    if settings.show_discriminator:
        parts["field"] = _field(playground)
    if settings.show_map:
        threads = mapped(playground, NETS)
        parts |= {"threads": threads, "ticks": _ticks(playground)}
        if len(threads) > 1:
            parts["shades"] = np.clip(_densities(threads) / DENSE, 0, 1)
    return parts


def _of_line(playground: Playground) -> dict:
    """Return the curves over the line, and G with swapped axes, (G(u), u), if they are wanted.

    A perfect increasing G would lie on F.
    """
    curves = Curves(BOX, None if playground.has_critic else 0.5, **_curves(playground))
    if not playground.settings.show_map:
        return {"curves": curves}
    y = mapped(playground, LINES)[..., 0]
    exact = replace(curves, cdf=_distribution(playground).cdf(MIDDLES))
    return {"curves": exact, "threads": np.stack([y, np.broadcast_to(_u, y.shape)], axis=-1)}


def _distribution(playground: Playground) -> Distribution:
    return cast(OnLine, playground.target).distribution


@torch.no_grad()
def _curves(playground: Playground) -> dict:
    """Return the densities, D, and, unless D is a critic, D* against the present G, as wanted."""
    settings, distribution = playground.settings, _distribution(playground)
    y, parts = playground.generated(playground.match.game.generator)[:, 0], {}
    if settings.show_real:
        parts["density"] = distribution.pdf(MIDDLES)
    if settings.show_fake:
        parts["histogram"] = shares(y) / np.diff(EDGES)
    if settings.show_discriminator:
        a = playground.match.game.discriminator(LINE)[:, 0]
        parts |= {"outputs": a.numpy(), "answers": LOSSES[settings.loss].seen(a).numpy()}
    if settings.show_best and not playground.has_critic:
        parts["best"] = optimal_d_on_grid(y, distribution)
    return parts


@torch.no_grad()
def _field(playground: Playground) -> Field:
    loss = LOSSES[playground.settings.loss]
    a = playground.match.game.discriminator(GRID)[:, 0].numpy()
    outputs = _told_apart(loss, a)
    shares = loss.seen(torch.from_numpy(outputs)).numpy()
    boundary = None if loss.constraint else float(np.interp(0.5, shares, np.arange(LEVELS)))
    levels = nearest_levels(a, outputs).reshape(POINTS, POINTS)
    return Field(levels, outputs, shares, boundary)


def _told_apart(loss: Loss, a: np.ndarray) -> np.ndarray:
    """Return the outputs of D that its picture tells apart, finer ones while all of a is small."""
    if loss.outputs is None:
        return np.linspace(a.min(), max(a.max(), a.min() + 1e-6), LEVELS)
    wide_enough = (s for s in SCALES if s * loss.outputs[-1] >= np.abs(a).max())
    return loss.outputs * next(wide_enough, 1)


@torch.no_grad()
def mapped(playground: Playground, points: dict[int, Tensor]) -> np.ndarray:
    """Return G's image of points of [−1, 1]ᵈ, given for each dimension d of the noise."""
    noise = NOISES[playground.settings.noise]
    z = as_noise(points[noise.dim], noise.draw)
    return playground.match.game.generator(z).numpy()


def _ticks(playground: Playground) -> np.ndarray:
    """Return the noise at the points of a thread, which is evenly laid out in [−1, 1]."""
    along = torch.from_numpy(_along[0]).float()
    return as_noise(along, NOISES[playground.settings.noise].draw).numpy()


def corners_of(threads: np.ndarray) -> np.ndarray:
    """Return the corners (M, 4, 2) of the meshes of a net of threads, row by row."""
    knots = threads[: MESHES + 1, ::BETWEEN]
    corners = np.stack([knots[:-1, :-1], knots[:-1, 1:], knots[1:, 1:], knots[1:, :-1]], axis=2)
    return corners.reshape(-1, 4, 2)


def _densities(threads: np.ndarray) -> np.ndarray:
    """Return the density (M,) of G's samples in each mesh.

    Each holds the same share of the noise, so the density is that share over its area.
    """
    corners = corners_of(threads)
    (x1, y1), (x2, y2) = ((corners[:, i + 2] - corners[:, i]).T for i in (0, 1))
    area = np.abs(x1 * y2 - x2 * y1) / 2  # half the diagonals' cross product
    return (0.98**2 / len(corners)) / np.maximum(area, 1e-6)


# --- the sentence above -------------------------------------------------------------------------


def _told(playground: Playground, y: np.ndarray) -> str:
    match, step = playground.match, playground.stage
    if step:
        return minus(_(STAGES[step.name]).format(**step.numbers))
    if playground.changed and match.iterations < match.every:
        return _("{name} changed: a new game").format(name=label_of(playground.changed))
    if match.steps_alone:
        return match.steps_alone
    outside = np.mean(np.abs(y).max(1) > _end(playground))
    if outside > 0.5:
        return _("{share:.0%} of generated samples outside").format(
            share=np.floor(100 * outside) / 100
        )
    if playground.target.dim == 1:
        return _("both densities, and D")
    return _modes_covered(playground, y) or _("real and generated samples")


def _modes_covered(playground: Playground, y: np.ndarray) -> str:
    """Return how many modes y and, since it was measured, the EMA cover; "" if none is counted."""
    target, marks = cast(GaussianModes, playground.target), playground.match.history
    if not target.apart:
        return ""
    now, of = target.covered(y), len(target.centres)
    if not marks or marks[-1].modes != of:  # the target has fewer or more modes than then
        return _("modes covered: {now} of {of}").format(now=now, of=of)
    words = _("modes covered: {now} of {of} (EMA: {ema})")
    return words.format(now=now, of=of, ema=marks[-1].covered)


def _diagnosis(playground: Playground) -> str:
    """Return diagnostics as the detectors see them, in one line; nothing before a mark."""
    if not playground.match.history:
        return ""
    marks = playground.match.history
    auc, passed = recent_median(marks, "accuracy", LONG), recent_median(marks, "passed")
    words = _("AUC {auc:.2f} · gradient to G {passed:.0%}")
    return words.format(auc=auc, passed=passed)


def _colour(step: Stage | None) -> str:
    """Return whose turn it is: D's or G's, or nobody's."""
    name = step.name if step else "end"
    if name in ("real", "discriminator") or name.endswith("_d"):
        return "discriminator"
    return "exact" if name == "end" else "fake"
