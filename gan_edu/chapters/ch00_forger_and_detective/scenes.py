"""Chapter 00: the learner is the detective. Nothing here imports torch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gan_edu import stage
from gan_edu.chapters.ch00_forger_and_detective.album import (
    LEVELS,
    STAGES,
    STEPS,
    Album,
    moved,
    open_album,
)
from gan_edu.chapters.ch00_forger_and_detective.installation import check_installation
from gan_edu.datasets import Digits
from gan_edu.language import gettext as _
from gan_edu.language import minus, ngettext
from gan_edu.stage import artists, exploring, palette, paper

__all__ = [
    "advice_scene",
    "check_installation",
    "detective_game",
    "detective_scene",
    "open_album",
    "payoff_scene",
    "payoffs",
    "rounds_figure",
]

ROUND = 10  # pictures
ROUNDS = len(STAGES)
FEWEST = 3  # forgeries in a round, and as many real pictures at least


# The game


@dataclass(frozen=True, eq=False)
class Card:
    """One picture of the game: what it is, and D's probability that it is real."""

    image: np.ndarray
    is_real: bool
    answer: float

    def right(self, says_real: bool) -> bool:
        """Return whether this answer is right."""
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
        self.album = album
        self.seed = seed
        self._begin()

    def _begin(self) -> None:
        self.match = Match(self.album, self.seed)
        self.pressed = (0, 0)

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


TILE = 28  # pixels of a picture
FRAME = 2  # around it
MARK = 10  # of the strip below it, for a mark
CELL = np.array([TILE + 2 * FRAME + MARK, TILE + 2 * FRAME])  # rows, columns
HEIGHT = 3.6  # inches: with the cell above it, the game fits a small laptop's window
SEED = 31  # of the first deal, which begins with a picture that one can argue about
LINES = 3  # of words above the gallery
ORANGE = tuple(int(palette.FAKE[i : i + 2], 16) for i in (1, 3, 5))


def detective_game() -> exploring.Experiment:
    """Return the game with its two buttons, and a text box where R, T and F press them."""
    return stage.explore(
        detective_scene(),
        real=stage.button(_("real"), also="rt"),
        generated=stage.button(_("forged"), also="f"),
        alt=_("A picture, real or forged; the pictures so far; your score and a discriminator's."),
    )


def detective_scene(digits: Digits | None = None, seed: int = SEED) -> stage.Scene:
    """Return the game: a picture, what the last one was, all so far, and both scores.

    It counts presses of "real" and "forged". The pictures are those of `open_album`;
    nothing is downloaded.
    """
    album = open_album(digits)

    @stage.scene(height=HEIGHT, ncols=3)
    def scene(picture, past, chart):
        table = Table(album, seed)
        views = [_picture_panel(picture), _past_panel(past), _score_panel(chart)]

        def update(real=0, generated=0):
            match = table.press(real, generated)
            for view in views:
                view(match)

        return update

    return scene


def _picture_panel(axes: Axes) -> Callable[[Match], None]:
    """Frame the picture on the table; return what shows a match's."""
    blank = np.zeros((TILE, TILE), np.uint8)
    image = axes.imshow(blank, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
    axes.set(xticks=[], yticks=[], title=_("The game is over.\nReset deals a new one."))
    axes.spines[["top", "right"]].set_visible(True)
    _place(axes, 10, 48, 252, 252)
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
        trained = ngettext(
            "This round's forger has\npractised for {n:,} iteration",
            "This round's forger has\npractised for {n:,} iterations",
            n,
        )
        below.set_text(trained.format(n=n))

    return view


def _past_panel(axes: Axes) -> Callable[[Match], None]:
    """Frame the pictures so far and what the last one was; return what shows a match's."""
    height, width = CELL * (ROUNDS, ROUND)
    shown = axes.imshow(np.zeros((height, width, 3), np.uint8), interpolation="nearest")
    look = {"linestyle": "", "color": palette.EXACT, "markeredgewidth": 0.3, "markersize": 5.5}
    marks = [axes.plot([], [], marker=f"${m}$", **look)[0] for m in "✓✗"]
    axes.set_axis_off()
    _place(axes, 325, 26, width, height)
    said = axes.text(0, -4, "", va="bottom", linespacing=1.25)
    # Below the last row of marks.
    key: dict[str, Any] = {"va": "top", "fontsize": "small", "color": palette.NOISE}
    axes.text(0, height + 5, _("framed: forged      ✓ ✗: your answers"), **key)

    def view(match: Match) -> None:
        learner = match.right()[0]
        shown.set_data(_gallery(match.deck[: len(match.said)]))
        for mark, which in zip(marks, (learner, ~learner), strict=True):
            row, column = np.divmod(which.nonzero()[0], ROUND)
            mark.set_data((column + 0.5) * CELL[1], (row + 1) * CELL[0] - MARK / 2 - 1.5)
        lines = _verdict(match)
        said.set_text("\n".join([*lines, *[" "] * (LINES - len(lines))]))

    return view


def _place(axes: Axes, left: float, bottom: float, width: float, height: float) -> None:
    """Fix a panel's place, in pixels: words of any length then move nothing."""
    page = np.array([paper.FIGURE_WIDTH, HEIGHT] * 2) * paper.DOTS_PER_INCH
    x, y, across, up = np.array([left, bottom, width, height]) / page
    axes.set_position((x, y, across, up))


def _gallery(cards: list[Card]) -> np.ndarray:
    """Return pictures as ink on paper, RGB, ten in a row; forged ones have a frame."""
    gallery = np.full((*(CELL * (ROUNDS, ROUND)), 3), 255, np.uint8)
    for i, card in enumerate(cards):
        top, left = CELL * divmod(i, ROUND)
        if not card.is_real:
            gallery[top : top + TILE + 2 * FRAME, left : left + CELL[1]] = ORANGE
        inside = np.s_[top + FRAME : top + FRAME + TILE, left + FRAME : left + FRAME + TILE]
        gallery[inside] = 255 - card.image[..., None]
    return gallery


def _verdict(match: Match) -> list[str]:
    """Say what the last picture was, what D says of it and how the round stands, or who won."""
    if not match.said:
        return _(
            "After each answer you read here what\nit was, and what a discriminator said:\n"
            "above 50% counts as “real”."
        ).splitlines()
    you, d = match.right()[:, -1]
    card = match.deck[len(match.said) - 1]
    if card.is_real:
        verdict = _("✓  {which}: real, and you saw it.") if you else _("✗  {which}: it was real!")
    else:
        verdict = (
            _("✓  {which}: forged, and you saw it.")
            if you
            else _("✗  {which}: forged. It fooled you.")
        )
    verdict = verdict.format(which=_("Last picture") if match.over else _("Previous picture"))
    if match.over:
        return [verdict, *_end(match)]
    said = _("{mark}  The discriminator says: {answer:.1%} real.").format(
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


def _score_panel(axes: Axes) -> Callable[[Match], None]:
    """Frame the scores, round by round; return what shows a match's."""
    looks = (("-o", palette.EXACT, _("you")), ("--s", palette.DISCRIMINATOR, _("discriminator")))
    lines = [axes.plot([], [], look, color=colour, label=name)[0] for look, colour, name in looks]
    artists.level(axes, ROUND / 2, palette.NOISE, label=_("guessing"))
    axes.set(xlim=(0.7, ROUNDS + 0.3), ylim=(-0.3, ROUND + 0.3), xlabel=_("round"))
    axes.set(xticks=range(1, ROUNDS + 1), yticks=range(0, ROUND + 1, 2))
    axes.set_title(_("right answers of 10"), pad=50)  # above the legend
    tight = {"borderaxespad": 0, "borderpad": 0.2, "labelspacing": 0.2, "handlelength": 1.6}
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.03), **tight)
    _place(axes, 690, 56, 200, 146)

    def view(match: Match) -> None:
        scores = match.scores()
        for line, score in zip(lines, scores, strict=True):
            line.set_data(range(1, len(score) + 1), score)

    return view


# What D tells G


def advice_scene(album: Album | None = None) -> stage.Scene:
    """Return a forgery, D's gradient on it, the forgery some steps later, and D's answers."""
    album = album or open_album()

    @stage.scene(height=3.0, ncols=3, width_ratios=[1, 1, 1.2])
    def scene(before, after, chart):
        view_pictures = _before_and_after(before, after)
        view_answers = _answers_along(chart)

        def update(level=1, picture=1, wishes=False, steps=0):
            here = level - 1, picture - 1
            view_pictures(album.generated[here], album.gradient[here], wishes, steps)
            view_answers(album.along[here][: steps + 1])

        return update

    return scene


def _before_and_after(before: Axes, after: Axes) -> Callable:
    """Return what shows a picture, with what D wishes if asked, and the picture after steps."""
    blank = np.full((TILE, TILE, 3), 255, np.uint8)
    shown = [axes.imshow(blank, interpolation="nearest") for axes in (before, after)]
    for axes in (before, after):
        axes.set(xticks=[], yticks=[])

    def view(image: np.ndarray, gradient: np.ndarray, wishes: bool, steps: int) -> None:
        shown[0].set_data(tinted(image, gradient if wishes else None))
        shown[1].set_data(tinted(moved(image, gradient, steps)))
        before.set_title(_("red: more ink, blue: less ink") if wishes else _("a generated picture"))
        words = ngettext("after {n} repaint", "after {n} repaints", steps)
        after.set_title(words.format(n=steps))

    return view


def _answers_along(axes: Axes) -> Callable[[np.ndarray], None]:
    (line,) = axes.plot([], [], "-o", color=palette.DISCRIMINATOR, markersize=4)
    artists.level(axes, 0.5, palette.NOISE)
    axes.set(xlim=(-0.3, STEPS + 0.3), ylim=(-0.03, 1.03), xlabel=_("repaints"))

    def view(answers: np.ndarray) -> None:
        line.set_data(range(len(answers)), answers)
        axes.set_title(_("D's answer: {answer:.0%} real").format(answer=answers[-1]))

    return view


RED, BLUE = np.array([178, 24, 43]), np.array([33, 102, 172])


def tinted(image: np.ndarray, gradient: np.ndarray | None = None) -> np.ndarray:
    """Return ink on paper as RGB; with a gradient, pale and red or blue where ink is wished."""
    paper_white = np.repeat(255.0 - image[..., None], 3, axis=-1)
    if gradient is None:
        return paper_white.astype(np.uint8)
    pale = 255 - 0.5 * (255 - paper_white)
    strength = np.abs(gradient[..., None]) / LEVELS
    colour = np.where(gradient[..., None] > 0, RED, BLUE)
    return (pale + strength * (colour - pale)).round().astype(np.uint8)


# Both get better


@paper.styled
def rounds_figure(album: Album) -> Figure:
    """Return D's mean answers to real and generated pictures, and how often it is right."""
    figure, (answers, score) = paper.new_figure(3.0, ncols=2)
    rounds = range(1, ROUNDS + 1)
    real, fake = album.on_real.mean(axis=1), album.on_fake.mean(axis=1)
    answers.plot(rounds, real, "-o", color=palette.REAL, label=_("real"))
    answers.plot(rounds, fake, "--^", color=palette.FAKE, label=_("generated"))
    score.plot(rounds, balanced_accuracy(album), "-s", color=palette.DISCRIMINATOR)
    for axes in (answers, score):
        artists.level(axes, 0.5, palette.NOISE)
        axes.set(ylim=(-0.05, 1.05), xticks=rounds, xlabel=_("round"))
    answers.set(yticks=[0, 0.5, 1], title=_("D's mean answer"))
    answers.legend(loc="upper right")
    score.set_title(_("how often D is right (balanced accuracy)"))
    return figure


def balanced_accuracy(album: Album) -> np.ndarray:
    """Return how often D is right in each round: the mean of its shares on real and on fake."""
    right_real = (album.on_real > 0.5).mean(axis=1)
    return (right_real + (album.on_fake <= 0.5).mean(axis=1)) / 2


# Zero-sum or not


def payoffs(d: float | np.ndarray) -> dict[str, np.ndarray]:
    """Return D's payoff, G's, and their sum for a generated picture to which D answers d.

    D's is log(1 − d); G's is −log(1 − d) in the minimax game and log d in the non-saturating one.
    In nats; an array (3, …) for each game. Source: Goodfellow et al. 2014.
    """
    of_d = np.log1p(-np.asarray(d))
    games = {"minimax": -of_d, "non_saturating": np.log(d)}
    return {name: np.array([of_d, of_g, of_d + of_g]) for name, of_g in games.items()}


DS = np.linspace(0.01, 0.99, 99)


def payoff_scene() -> stage.Scene:
    """Return the payoffs of D and G, and their sum, over D's answer d in two games, up to d."""

    @stage.scene(height=3.2, ncols=2, sharey=True, grab={"answer": "minimax non_saturating"})
    def scene(minimax, non_saturating):
        lines = {"minimax": _payoff_lines(minimax), "non_saturating": _payoff_lines(non_saturating)}
        minimax.set_ylabel(_("payoff, nats"))

        def update(answer=0.1):
            d = np.append(DS[answer > DS], answer)
            now = payoffs(answer)
            for game, values in payoffs(d).items():
                for (line, point), heights in zip(lines[game], values, strict=True):
                    line.set_data(d, heights)
                    point.set_data(d[-1:], heights[-1:])
            sums = {game: minus(f"{values[2]:.2f}") for game, values in now.items()}
            minimax.set_title(_("minimax, sum {sum}").format(sum=sums["minimax"]))
            words = _("non-saturating, sum {sum}").format(sum=sums["non_saturating"])
            non_saturating.set_title(words)

        return update

    return scene


def _payoff_lines(axes: Axes) -> list:
    looks = (
        (_("D"), palette.DISCRIMINATOR, "-", "s"),
        (_("G"), palette.FAKE, "--", "^"),
        (_("sum"), palette.EXACT, ":", "o"),
    )
    lines = []
    for label, colour, style, marker in looks:
        (line,) = axes.plot([], [], style, color=colour, linewidth=2, label=label)
        lines.append((line, axes.plot([], [], marker, color=colour)[0]))
    axes.axhline(0, color=palette.NOISE, linewidth=0.7)
    axes.set(xlim=(0, 1), ylim=(-5, 7), xlabel=_("D's answer d"))
    axes.legend(ncols=3, loc="upper center")
    return lines
