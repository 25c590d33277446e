"""The games of the page of recordings: played from their seeds, each with its remedy beside it."""

import json
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from gan_edu.chapters.ch07_playground import frames
from gan_edu.chapters.ch07_playground.failures import FAILURES, REMEDY_AFTER, preset
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import PRESETS
from gan_edu.chapters.ch07_playground.settings import label_of, worded
from gan_edu.language import gettext as _
from gan_edu.language import named
from gan_edu.stage.plane import MODULE, STYLE
from gan_edu.stage.replay import PAUSE, Moment, recording
from gan_edu.targets import REACH
from tools.moving.page import MOVING, lead, speaking
from tools.notebooks import PLACES

HERE = Path(__file__).parent
GOOD = "good_run"
FRAMES = 30  # of a recording, after the first one
MAP = {"show_map": True, "show_discriminator": False, "show_arrows": False}


@dataclass(frozen=True)
class Side:
    """A game to be recorded: its preset, the changes that are its remedy, and its views."""

    preset: str
    remedy: dict = field(default_factory=dict)
    views: dict = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What is said of it in the language of now."""
        changes = [f"{label_of(name)} = {worded(name, v)}" for name, v in self.remedy.items()]
        if self.views:
            return label_of("show_map")
        return " · ".join(changes) or _(PRESETS[self.preset].label)


def pairs() -> dict[str, tuple[Side, Side]]:
    """Return what is shown side by side: the good run and G's map, each failure and its remedy."""
    failures = {name: failure for name, failure in FAILURES.items() if failure.remedies}
    sides = {name: (Side(name), Side(name, f.remedies)) for name, f in failures.items()}
    return {GOOD: (Side(GOOD), Side(GOOD, views=MAP))} | sides


def write(site: Path, names: Collection[str] = ()) -> None:
    """Play games, all if none is named, write the recordings, and lead their pages to them."""
    for name, sides in pairs().items():
        if names and name not in names:
            continue
        length = max(FAILURES[name].iterations, REMEDY_AFTER)
        codes = [record(side, length) for side in sides]
        for spoken, place in PLACES.items():
            file = site / MOVING / "games" / place / f"{name}.js"
            file.parent.mkdir(parents=True, exist_ok=True)
            told = json.dumps([code[spoken] for code in codes])
            file.write_text(f'playRecording("{name}", {told}, {PAUSE});\n', "utf-8")
    lead_there(site)


def record(side: Side, length: int) -> dict[str, str]:
    """Play a game for `length` iterations; return its recording in each language."""
    game = preset(side.preset, **side.remedy, **side.views)
    films = {name: Film(side, name) for name in PLACES}
    for iteration in range(length + 1):
        if iteration % (length // FRAMES) == 0:
            for film in films.values():
                film.take(game)
        if iteration < length:
            game.play_iteration()
    return {name: film.developed() for name, film in films.items()}


class Film:
    """A game's moments in a language."""

    def __init__(self, side: Side, name: str):
        self.side, self.name = side, name
        self.moments: list[Moment] = []

    def take(self, game: Playground) -> None:
        """Add what is to be seen of a game now."""
        with speaking(self.name):
            now = frames.frame(game)
            words = _("iteration {n}").format(n=game.iterations)
            title = named(self.side.label, now.title)
            self.moments.append((words, replace(now, title=title, note="", modes=now.modes[:0])))

    def developed(self) -> str:
        """Return the recording."""
        with speaking(self.name):
            alt = _("A recorded game: {name}.").format(name=self.side.label)
            return recording(self.moments, REACH, alt)


def lead_there(site: Path) -> None:
    """Let the pages of recordings fetch each of them once it comes into sight."""
    folder = site / MOVING
    shutil.copy(STYLE, folder)
    # A page that is opened from a disk may read scripts, but no modules.
    module = re.sub(r"^export (default .*)?", "", MODULE, flags=re.M)
    code = module + (HERE / "games.js").read_text("utf-8")
    (folder / "games.js").write_text(f"{{\n{code}}}\n", "utf-8")
    for place in PLACES.values():
        lead(site / "site" / place / "games.html", site, ["moving.css", "plane.css", "games.js"])
