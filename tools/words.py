"""The package's words: every text that is marked in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract

ROOT = Path(__file__).parents[1]
SOURCES = ("gan_edu", "classroom", "tools/figures", "tools/lite", "tools/moving")
KEYWORDS = {"_": None, "gettext": None, "later": None, "ngettext": (1, 2)}
SHOW = ("stage.explore", "stage.play")
OPTIONS = ("alt", "labels", "folded", "pace")


def marked() -> Catalog:
    """Return every text that is marked in the package, with the files that hold it."""
    template = Catalog()
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
