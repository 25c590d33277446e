"""The package's words: every marked text, as a catalogue for translators.

python -m tools.words      update package.po from the sources, and compile what a kernel reads
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gan_edu import language

try:
    from babel.messages import Catalog
    from babel.messages.extract import extract
    from babel.messages.pofile import read_po, write_po

    from tools import translations
except ModuleNotFoundError as missing:  # the course itself does not need it
    raise SystemExit(f'{missing}: python -m pip install -e ".[test]"') from None

ROOT = Path(__file__).parents[1]
FOLDER = language.LOCALE / "zh_CN"
SOURCES = ("gan_edu", "classroom", "tools/figures", "tools/moving")
KEYWORDS = {"_": None, "gettext": None, "later": None, "ngettext": (1, 2)}
SHOW = ("stage.explore", "stage.play")
OPTIONS = ("alt", "labels", "folded", "pace")
WITHOUT_A_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # the same words make the same file


def marked() -> Catalog:
    """Return every text that is marked in the package, with the files that hold it."""
    template = Catalog(locale="zh_CN", project="gan_edu", creation_date=WITHOUT_A_TIME)
    files = (path for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.py")))
    for path in files:
        with path.open("rb") as file:
            for _line, words, _comments, _context in extract("python", file, KEYWORDS):
                place = str(path.relative_to(ROOT).as_posix())
                template.add(words, locations=[(place, None)], flags=_flags(words))
    for name in sorted(set(_names())):
        template.add(name, locations=[("gan_edu/stage/exploring.py", None)])
    return template


def _names() -> Iterator[str]:
    """Yield the words of parameters: a control of a notebook that has no label bears its name."""
    for script in (ROOT / "notebooks" / "source").glob("*.py"):
        for call in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            shown = isinstance(call, ast.Call) and ast.unparse(call.func) in SHOW
            names = {k.arg: k.value for k in call.keywords} if shown else {}
            labels = getattr(names.get("labels"), "keys", [])
            labelled = [key.value for key in labels if isinstance(key, ast.Constant)]
            words = (n.replace("_", " ") for n in names if n and n not in (*labelled, *OPTIONS))
            yield from (name for name in words if re.search(r"[^\W\d_]{3}", name))


def _flags(words: str | tuple[str, ...]) -> set[str]:
    """Return what lets a translator's editor check that fields such as {n} stay."""
    return {"python-brace-format"} if re.search(r"{\w*(:[^}]*)?}", "".join(words)) else set()


def updated() -> Catalog:
    """Return package.po with the texts of now; a translation of a changed text becomes fuzzy."""
    with (FOLDER / "package.po").open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    catalogue.update(marked(), update_creation_date=False)
    for entry in catalogue:
        if entry.id and not any(entry.string or ""):
            entry.flags.discard("fuzzy")  # there is nothing to renew
    return catalogue


def main() -> None:
    """Update package.po, and compile it."""
    catalogue = updated()
    with (FOLDER / "package.po").open("wb") as file:
        write_po(file, catalogue, include_lineno=False, include_previous=True, ignore_obsolete=True)
    translations.build()


if __name__ == "__main__":
    main()
