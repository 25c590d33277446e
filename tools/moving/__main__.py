"""Let the web page move: `python -m tools.moving`, once Sphinx has built it."""

import argparse
import json
import shutil
from dataclasses import asdict
from pathlib import Path

from gan_edu.language import gettext as _
from gan_edu.stage.baked import PLAYER
from gan_edu.stage.exploring import Experiment
from tools.moving import chapters, games, sheets
from tools.moving.page import MOVING, lead, speaking
from tools.notebooks import PLACES, scripts

HERE = Path(__file__).parent
LIMIT = 600_000  # bytes that a chapter's page grows by


def main() -> None:
    """Record the figures of chapters, and the games, into the folder of the built page."""
    parser = argparse.ArgumentParser(prog="python -m tools.moving", description=__doc__)
    parser.add_argument("chapters", nargs="*", metavar="NN", help="01 02 …; all if none is named")
    parser.add_argument("--site", type=Path, default=Path("build/site"), metavar="FOLDER")
    options = parser.parse_args()
    begin(options.site)
    for script in scripts(options.chapters):
        chapter(script, options.site)
    if not options.chapters:
        games.write(options.site)


def begin(site: Path) -> None:
    """Put what is the same for all pages into the site."""
    (site / MOVING).mkdir(exist_ok=True)
    shutil.copy(HERE / "moving.css", site / MOVING)
    code = PLAYER.read_text("utf-8") + (HERE / "moving.js").read_text("utf-8")
    (site / MOVING / "moving.js").write_text(code, "utf-8")


def chapter(script: Path, site: Path) -> None:
    """Record a chapter's figures, and let its pages show them."""
    pages = {name: Page(site, name, script.stem) for name in PLACES}
    chapters.figures(script, lambda name, made: pages[name].add(made))
    for page in pages.values():
        page.write()


class Page:
    """A chapter's page in a language, and what it is given."""

    def __init__(self, site: Path, name: str, chapter: str):
        self.site, self.name = site, name
        self.html = site / "notebooks" / PLACES[name] / f"{chapter}.html"
        self.folder = site / MOVING / self.html.relative_to(site).with_suffix("")
        self.figures: list[tuple[sheets.Recorded, bytes]] = []

    def add(self, made: Experiment) -> None:
        """Record a figure, unless it needs too many frames."""
        if recorded := sheets.record(made):
            self.figures.append(recorded)

    def write(self) -> None:
        """Write the sheets, smaller ones first, and lead the page to them.

        What has no room left stays as it is: a still.
        """
        if not self.figures:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        known, written = [], 0
        for k, (figure, sheet) in enumerate(sorted(self.figures, key=lambda f: len(f[1]))):
            if written + len(sheet) < LIMIT:
                written += len(sheet)
                (self.folder / f"{k}.webp").write_bytes(sheet)
                known.append(asdict(figure) | {"sheet": f"{k}.webp"})
        told = ", ".join(json.dumps(part, ensure_ascii=False) for part in (words(self.name), known))
        (self.folder / "figures.js").write_text(f"moving({told});\n", "utf-8")
        print(
            f"{self.html.relative_to(self.site)}: {len(known)} of {len(self.figures)} figures, "
            f"{written // 1000} kB"
        )
        own = self.folder.relative_to(self.site / MOVING).as_posix()
        lead(self.html, self.site, ["moving.css", "moving.js", f"{own}/figures.js"])


def words(name: str) -> dict[str, str]:
    """Return what a page says of its figures."""
    with speaking(name):
        return {
            "play": _("Play"),
            "pause": _("Pause"),
            "caption": _("A recording with a few positions; a running notebook has them all."),
        }


if __name__ == "__main__":
    main()
