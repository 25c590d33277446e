"""Chapter 00: the learner is the detective. Nothing here imports torch."""

import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from PIL import Image

from gan_edu import datasets, stage
from gan_edu.datasets import Digits, load_mnist
from gan_edu.language import gettext as _
from gan_edu.language import ngettext
from gan_edu.stage import exploring, palette, paper

FOLDER = Path(__file__).parent / "forgeries"
STAGES = (10, 40, 150, 600, 2500, 12_000)  # the forger's iterations before each of six rounds
FORGERIES, REALS = 50, 100  # pictures to draw from: forged ones for each stage, and real ones
GREY_STEP = 17  # 16 levels, 0, 17, …, 255
ROUND, ROUNDS = 10, len(STAGES)  # pictures in a round, and rounds
FEWEST = 3  # forgeries in a round, and as many real pictures at least


# What is shown


@dataclass(frozen=True, eq=False)
class Album:
    """Pictures, uint8 (…, 28, 28), and D's answers to them: the probability "real".

    `chosen` are the indices of the real pictures (REALS,) among the held-out ones; `forged` is
    (stages, FORGERIES, 28, 28). D grows with the forger: `on_real` is (stages, REALS) and
    `on_forged` is (stages, FORGERIES).
    """

    chosen: np.ndarray
    real: np.ndarray
    on_real: np.ndarray
    generated: np.ndarray
    on_fake: np.ndarray


def coarse(images: np.ndarray) -> np.ndarray:
    """Return uint8 images with 16 levels of grey, each value moved to the nearest."""
    return ((images.astype(np.uint16) + GREY_STEP // 2) // GREY_STEP * GREY_STEP).astype(np.uint8)


def album_file(digits: Digits, suffix: str, folder: Path) -> Path:
    """Return where the forgeries after `digits` are kept, or with json D's answers."""
    return folder / f"{digits.name.lower().replace(' ', '_')}.{suffix}"


def open_album(digits: Digits, folder: Path = FOLDER) -> Album:
    """Return real pictures from `digits`, and forgeries by a generator that was trained on them."""
    answers = json.loads(album_file(digits, "json", folder).read_text(encoding="utf-8"))
    with Image.open(album_file(digits, "png", folder)) as sheet:
        rows = np.array(sheet.convert("L")).reshape(len(STAGES), 28, FORGERIES, 28)
    chosen, on_real, on_fake = (np.array(answers[k]) for k in ("real", "on_real", "on_forged"))
    real = coarse(digits.test_images[chosen])
    return Album(chosen, real, on_real, rows.swapaxes(1, 2), on_fake)


# The game


@dataclass(frozen=True, eq=False)
class Card:
    """One picture of the game: what it is, and D's probability that it is real."""

    image: np.ndarray
    is_real: bool
    answer: float

    def right(self, says_real: bool) -> bool:
        """Return whether this verdict is right."""
        return says_real == self.is_real


class Match:
    """Sixty pictures in six rounds, none twice, and what the learner says to each."""

    def __init__(self, album: Album, seed: int = 0):
        self.deck = list(_deal(album, np.random.default_rng(seed)))
        self.said: list[bool] = []  # True for "real"

    def say(self, real: bool) -> None:
        """Answer the picture on the table; after the last one nothing happens."""
        if not self.over:
            self.said.append(real)

    @property
    def over(self) -> bool:
        """Whether all pictures have been answered."""
        return len(self.said) == len(self.deck)

    @property
    def shown(self) -> int:
        """The number of the picture on the table, from 0; the last one stays there."""
        return min(len(self.said), len(self.deck) - 1)

    def right(self) -> np.ndarray:
        """Return who was right so far, bool (2, answers): the learner, and D at the threshold ½."""
        pairs = list(zip(self.deck, self.said, strict=False))
        learner = [card.right(said) for card, said in pairs]
        return np.array([learner, [card.right(card.answer > 0.5) for card, _ in pairs]], bool)

    def scores(self) -> np.ndarray:
        """Return right answers in each round that is finished, (2, rounds): the learner's, D's."""
        finished = len(self.said) // ROUND
        return self.right()[:, : finished * ROUND].reshape(2, finished, ROUND).sum(2)


def _deal(album: Album, rng: np.random.Generator) -> Iterator[Card]:
    """Yield the pictures round by round. Half are real on average: a count would tell the last."""
    reals = iter(rng.permutation(len(album.real)))
    for level in range(ROUNDS):
        kinds = np.arange(ROUND) < rng.integers(FEWEST, ROUND - FEWEST, endpoint=True)
        forgeries = iter(rng.permutation(len(album.generated[level])))
        for is_real in rng.permutation(kinds):
            if is_real:
                i = next(reals)
                yield Card(album.real[i], True, album.on_real[level, i])
            else:
                i = next(forgeries)
                yield Card(album.generated[level, i], False, album.on_fake[level, i])


class Table:
    """Plays by two numbers of presses: what has grown was pressed, and less is a new match."""

    def __init__(self, album: Album, seed: int = 0):
        self.album, self.seed = album, seed
        self._begin()

    def _begin(self) -> None:
        self.match, self.pressed = Match(self.album, self.seed), (0, 0)

    def press(self, real: int, generated: int) -> Match:
        """Bring the match up to these numbers of presses of "real" and "forged"; return it."""
        if real < self.pressed[0] or generated < self.pressed[1]:
            self.seed += 1
            self._begin()
        for now, before, says_real in zip(
            (real, generated), self.pressed, (True, False), strict=True
        ):
            for _press in range(now - before):
                self.match.say(says_real)
        self.pressed = real, generated
        return self.match


# What the learner sees


TILE, FRAME, MARK = 28, 2, 10  # pixels: a picture, its frame, and the strip for a mark below it
CELL = np.array([TILE + 2 * FRAME + MARK, TILE + 2 * FRAME])  # rows, columns
HEIGHT = 3.6  # inches: with the cell above it, the game fits a small laptop's window
LINES = 3  # of words above the wall
ORANGE = tuple(int(palette.FAKE[i : i + 2], 16) for i in (1, 3, 5))


def detective_game() -> exploring.Experiment:
    """Return the game with its two buttons, which have keys that mean nothing else to Jupyter."""
    return stage.explore(
        detective_scene(),
        real=stage.button(_("real"), key="t", also="r"),
        generated=stage.button(_("forged"), key="f"),
        alt=_("A picture to judge, those judged so far, and your score beside a discriminator's."),
    )


def detective_scene(digits: Digits | None = None, seed: int = 0) -> stage.Scene:
    """Return the game: a picture, the verdict on the last one, all so far, and both scores.

    It counts presses of "real" and "forged". Pictures come from MNIST if it is on this machine,
    else from the offline digits; nothing is downloaded.
    """
    album = open_album(digits or load_mnist(download=False))

    @stage.scene(height=HEIGHT, ncols=3)
    def scene(picture, past, chart):
        table = Table(album, seed)
        views = [_easel(picture), _wall(past), _board(chart)]

        def update(real=0, generated=0):
            match = table.press(real, generated)
            for view in views:
                view(match)

        return update

    return scene


def _easel(axes: Axes) -> Callable[[Match], None]:
    """Frame the picture on the table; return what shows a match's."""
    blank = np.zeros((TILE, TILE), np.uint8)
    image = axes.imshow(blank, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
    axes.set(xticks=[], yticks=[], title=_("The game is over.\nReset deals a new one."))
    axes.spines[["top", "right"]].set_visible(True)
    _place(axes, 10, 32, 270, 270)
    below = axes.text(0, -0.03, "", transform=axes.transAxes, va="top")

    def view(match: Match) -> None:
        level, picture = divmod(match.shown, ROUND)
        place = {"round": level + 1, "rounds": ROUNDS, "picture": picture + 1}
        image.set_data(match.deck[match.shown].image)
        axes.set_title(
            _("The game is over.\nReset deals a new one.")
            if match.over
            else _("Round {round}/{rounds}, picture {picture}/10:\nreal or forged?").format(**place)
        )
        n = STAGES[level]
        below.set_text(
            ngettext("Forger: {n:,} iteration", "Forger: {n:,} iterations", n).format(n=n)
        )

    return view


def _wall(axes: Axes) -> Callable[[Match], None]:
    """Frame the verdict and the pictures so far; return what shows a match's."""
    height, width = CELL * (ROUNDS, ROUND)
    wall = axes.imshow(np.zeros((height, width, 3), np.uint8), interpolation="nearest")
    look = {"linestyle": "", "color": palette.EXACT, "markeredgewidth": 0.3, "markersize": 6.5}
    marks = [axes.plot([], [], marker=f"${m}$", **look)[0] for m in "✓✗"]
    axes.set_axis_off()
    _place(axes, 325, 20, width, height)
    said = axes.text(0, -4, "", va="bottom", linespacing=1.25)
    axes.text(
        0,
        height + 1,
        _("framed: forged      ✓ ✗: your answers"),
        va="top",
        fontsize="small",
        color=palette.NOISE,
    )

    def view(match: Match) -> None:
        learner = match.right()[0]
        wall.set_data(_hung(match.deck[: len(match.said)]))
        for mark, which in zip(marks, (learner, ~learner), strict=True):
            row, column = np.divmod(which.nonzero()[0], ROUND)
            mark.set_data((column + 0.5) * CELL[1], (row + 1) * CELL[0] - MARK / 2 - 0.5)
        lines = _verdict(match)
        said.set_text("\n".join([*lines, *[" "] * (LINES - len(lines))]))

    return view


def _place(axes: Axes, left: float, bottom: float, width: float, height: float) -> None:
    """Fix a panel's place, in pixels: words of any length then move nothing."""
    page = np.array([paper.FIGURE_WIDTH, HEIGHT] * 2) * paper.DOTS_PER_INCH
    x, y, across, up = np.array([left, bottom, width, height]) / page
    axes.set_position((x, y, across, up))


def _hung(cards: list[Card]) -> np.ndarray:
    """Return pictures as ink on paper, RGB, ten in a row; forged ones have a frame."""
    wall = np.full((*(CELL * (ROUNDS, ROUND)), 3), 255, np.uint8)
    for i, card in enumerate(cards):
        top, left = CELL * divmod(i, ROUND)
        if not card.is_real:
            wall[top : top + TILE + 2 * FRAME, left : left + CELL[1]] = ORANGE
        inside = np.s_[top + FRAME : top + FRAME + TILE, left + FRAME : left + FRAME + TILE]
        wall[inside] = 255 - card.image[..., None]
    return wall


def _verdict(match: Match) -> list[str]:
    """Say what the last picture was, what D says of it and how the round stands, or who won."""
    if not match.said:
        return _(
            "Trust your eyes. After each answer\nyou read here what it was, and what\na "
            "discriminator said to the same picture."
        ).splitlines()
    (you, d), card = match.right()[:, -1], match.deck[len(match.said) - 1]
    if card.is_real:
        verdict = _("✓  Real, and you saw it.") if you else _("✗  That one was real!")
    else:
        verdict = _("✓  Forged, and you saw it.") if you else _("✗  Forged. It fooled you.")
    if match.over:
        return [verdict, *_end(match)]
    said = _("{mark}  The discriminator: real with probability {answer:.0%}.").format(
        mark="✓" if d else "✗", answer=card.answer
    )
    return [verdict, said, _standing(match)]


def _standing(match: Match) -> str:
    """Say who was right how often in the round of the last answer."""
    before, n = divmod(len(match.said) - 1, ROUND)
    you, d = match.right()[:, before * ROUND :].sum(1)
    if n + 1 == ROUND:
        words = _("Round {round}: you {you}, discriminator {d}, of 10.")
    else:
        words = _("Round {round} so far: you {you}, discriminator {d}, of {n}.")
    return words.format(round=before + 1, you=you, d=d, n=n + 1)


def _end(match: Match) -> list[str]:
    """Say who won, and how often the last forger fooled the learner."""
    you, d = match.right().sum(1)
    last = [not card.is_real for card in match.deck[-ROUND:]]
    fooled = int(np.count_nonzero(np.array(last) & match.said[-ROUND:]))
    end = {
        1: _("You beat the discriminator, {you} to {d} of 60."),
        0: _("A draw with the discriminator: {you} of 60."),
        -1: _("The discriminator wins, {d} to your {you} of 60."),
    }[np.sign(you - d)]
    how_often = ngettext(
        "The last forger fooled you {n:,} time out of {of}.",
        "The last forger fooled you {n:,} times out of {of}.",
        fooled,
    )
    return [end.format(you=you, d=d), how_often.format(n=fooled, of=sum(last))]


def _board(axes: Axes) -> Callable[[Match], None]:
    """Frame the scores, round by round; return what shows a match's."""
    looks: tuple[dict[str, Any], ...] = (
        {"color": palette.EXACT, "marker": "o", "linestyle": "-", "label": _("you")},
        {
            "color": palette.DISCRIMINATOR,
            "marker": "s",
            "linestyle": "--",
            "label": _("discriminator"),
        },
    )
    lines = [axes.plot([], [], **look)[0] for look in looks]
    axes.axhline(ROUND / 2, color=palette.NOISE, linestyle=":", linewidth=1, label=_("guessing"))
    axes.set(xlim=(0.7, ROUNDS + 0.3), ylim=(-0.3, 1.9 * ROUND), xlabel=_("round"))
    axes.set(xticks=range(1, ROUNDS + 1), yticks=range(0, ROUND + 1, 2))
    axes.set_title(_("right of 10"))
    tight = {"borderaxespad": 0, "borderpad": 0.2, "labelspacing": 0.2, "handlelength": 1.6}
    axes.legend(loc="upper left", **tight)  # above all scores
    _place(axes, 690, 56, 200, 190)

    def view(match: Match) -> None:
        scores = match.scores()
        for line, score in zip(lines, scores, strict=True):
            line.set_data(range(1, len(score) + 1), score)

    return view


# Whose gain is whose loss


def payoffs(d: float | np.ndarray) -> dict[str, np.ndarray]:
    """Return D's payoff, G's, and their sum for a forgery that D calls real with probability d.

    D's is log(1 − d); G's is −log(1 − d) in the minimax game and log d in the non-saturating one.
    In nats; an array (3, …) for each game. Source: Goodfellow et al. 2014.
    """
    of_d = np.log1p(-np.asarray(d))
    games = {"minimax": -of_d, "non_saturating": np.log(d)}
    return {name: np.array([of_d, of_g, of_d + of_g]) for name, of_g in games.items()}


DS = np.linspace(0.01, 0.99, 99)


def payoff_scene() -> stage.Scene:
    """Return the payoffs of D, of G, and their sum in two games: bars, and the sums up to d."""

    @stage.scene(height=3.0, ncols=3, width_ratios=[1, 1, 1.3])
    def scene(minimax, non_saturating, sums):
        bars, lines = {}, {}
        for game, axes, style, name in (
            ("minimax", minimax, "-", _("minimax")),
            ("non_saturating", non_saturating, "--", _("non-saturating")),
        ):
            bars[game] = _payoff_bars(axes, name)
            (lines[game],) = sums.plot([], [], style, color=palette.NOISE, label=name)
        minimax.set_ylabel(_("payoff, nats"))
        (points,) = sums.plot([], [], "o", color=palette.EXACT)
        sums.set(
            xlim=(0, 1),
            ylim=(-5, 5),
            xlabel=_("D's answer to the forgery"),
            title=_("the sum of both payoffs"),
        )
        sums.legend(loc="upper right")

        def update(answer=0.1):
            now, d = payoffs(answer), np.append(DS[answer > DS], answer)
            for game, sums_so_far in payoffs(d).items():
                lines[game].set_data(d, sums_so_far[2])
            for game, values in now.items():
                for bar, value in zip(bars[game], values, strict=True):
                    bar.set_height(value)
            points.set_data([answer] * 2, [values[2] for values in now.values()])

        return update

    return scene


def _payoff_bars(axes: Axes, title: str) -> BarContainer:
    bars = axes.bar(["D", "G", _("sum")], [0] * 3)
    looks = (palette.DISCRIMINATOR, ""), (palette.FAKE, "//"), (palette.NOISE, "..")
    for bar, (colour, hatch) in zip(bars, looks, strict=True):
        bar.set(facecolor=colour, hatch=hatch, edgecolor="white")
    axes.axhline(0, color=palette.EXACT, linewidth=1)
    axes.set(ylim=(-5, 5), title=title)
    return bars


# The installation


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found, what can be done about it, and whether it must be."""

    what: str
    found: str
    advice: str = ""
    must: bool = True

    def __str__(self):
        if not self.advice:
            return _("ok")
        form = _("TO DO: {advice}") if self.must else _("ok. {advice}")
        return form.format(advice=self.advice)


class Checklist(list):
    """Checks, shown as a table of plain text."""

    def __repr__(self):
        wide = [max(len(getattr(check, part)) for check in self) for part in ("what", "found")]
        rows = [f"{c.what:{wide[0]}}  {c.found:{wide[1]}}  {c}" for c in self]
        to_do = sum(bool(check.advice and check.must) for check in self)
        if to_do:
            end = _(
                "To do: {n}. Then choose Kernel → Restart Kernel, and run this cell again."
            ).format(n=to_do)
        else:
            end = _("All is well.")
        return "\n".join([*rows, "", end])


def check_installation() -> Checklist:
    """Look at Python, the packages, MNIST, the cache and the processor; nothing heavy is loaded."""
    return Checklist([*_check_packages(), _check_mnist(), _check_cache(), _check_cores()])


def _check_packages() -> Iterator[Check]:
    """Compare Python and every package that the course needs with what it asks for."""
    try:
        about = metadata.metadata("gan_edu")
    except metadata.PackageNotFoundError:
        yield Check(
            "gan_edu",
            _("not installed"),
            _("in a terminal, in the course's folder: python -m pip install -r requirements.txt"),
        )
        return
    python = platform.python_version()
    wanted = SpecifierSet(about["Requires-Python"])
    fits = wanted.contains(python, prereleases=True)
    yield Check(
        "Python",
        python,
        ""
        if fits
        else _("install Python {wanted}, and start anew with the README's first command").format(
            wanted=wanted
        ),
    )
    for line in about.get_all("Requires-Dist", []):
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield _check_package(needed)


def _check_package(needed: Requirement) -> Check:
    try:
        version = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return Check(
            needed.name,
            _("not installed"),
            _("in a terminal, in the course's folder: python -m pip install -r requirements.txt"),
        )
    fits = needed.specifier.contains(version, prereleases=True)
    advice = _('in a terminal: python -m pip install "{name}{wanted}"').format(
        name=needed.name, wanted=needed.specifier
    )
    return Check(needed.name, version, "" if fits else advice)


def _check_mnist() -> Check:
    """Say where MNIST is, having checked its files."""
    try:
        digits = load_mnist(download=False)
    except (OSError, ValueError) as error:
        return Check("MNIST", _("not usable"), str(error))
    if not digits.is_mnist:
        return Check(
            "MNIST",
            _("not on this machine"),
            _("Smaller digits stand in. Chapter 05 fetches MNIST (12 MB) when you are online."),
            must=False,
        )
    named = os.environ.get("GAN_EDU_MNIST")
    return Check(
        "MNIST", _("in the folder that GAN_EDU_MNIST names") if named else _("in the cache")
    )


def _check_cache() -> Check:
    folder = datasets.cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return Check(
            _("cache folder"),
            _("not usable"),
            _("get the right to write there, or downloads are lost each time ({error})").format(
                error=error
            ),
        )
    return Check(_("cache folder"), _("writable"))


def _check_cores() -> Check:
    cores = os.cpu_count() or 1
    return Check(
        _("processor cores"),
        str(cores),
        "" if cores > 1 else _("Training takes longer with one core: run one notebook at a time."),
        must=False,
    )
