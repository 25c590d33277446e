"""What a learner has done so far: a small JSON file beside the notebooks.

It has parts (exercises, predictions, warm-ups, tests); in each, an entry of facts for each name.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from gan_edu.files import written_whole
from gan_edu.language import gettext as _

FILE = "exercises_done.json"
FORMAT = 2  # 1, without a number, had the exercises alone
LARGEST = 5_000_000  # bytes; all that the course asks for takes a hundredth
# Facts that the course counts with, or reads letter by letter: a file may come from anybody.
KINDS = dict.fromkeys(("solved", "hints", "looked", "right", "turn", "minutes"), int)
KINDS |= dict.fromkeys(("id", "first", "order"), str)

Entries = dict[str, dict[str, Any]]

# What was noted since the kernel started, for folders that cannot be written to.
_session: dict[tuple[str, str], dict[str, Any]] = {}
_trouble = ""


def load(part: str = "exercises") -> Entries:
    """Return what the file says of a part, by name: facts that are whole numbers or texts.

    A file that cannot be understood is renamed to end in .broken.json, and a new one begins;
    `trouble` then says so.
    """
    return _whole().get(part, {})


def known(part: str = "exercises") -> Entries:
    """Return `load`, and what could not be written since the kernel started."""
    stored = load(part)
    noted = {name: facts for (its_part, name), facts in _session.items() if its_part == part}
    return stored | {name: stored.get(name, {}) | facts for name, facts in noted.items()}


def recall(part: str, name: str) -> dict[str, Any]:
    """Return what is `known` of one name."""
    return known(part).get(name, {})


def note(name: str, part: str = "exercises", **facts: int | str) -> None:
    """Keep the facts, if they are new; a folder that cannot be written to is no reason to stop."""
    _session[part, name] = _session.get((part, name), {}) | facts
    done = _whole()
    entries = done.setdefault(part, {})
    if entries.get(name, {}) | facts == entries.get(name):
        return
    entries[name] = entries.get(name, {}) | facts
    path = Path(FILE)
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return
    text = json.dumps({"format": FORMAT} | done, indent=1, ensure_ascii=False)
    with contextlib.suppress(OSError), written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace")  # half a letter is none


def forget() -> None:
    """Erase all that was noted, here and on the disk. Raises OSError if the file must stay."""
    global _trouble
    _session.clear()
    _trouble = ""
    Path(FILE).unlink(missing_ok=True)


def trouble() -> str:
    """Return what was wrong with the file, and where its contents are now; "" if nothing was."""
    return _trouble


def _whole() -> dict[str, Entries]:
    """Return all parts of the file."""
    global _trouble
    path = Path(FILE)
    try:
        if path.stat().st_size > LARGEST:
            raise _Foreign(_("another program wrote it"))
        return _understood(path.read_bytes())
    except OSError:
        return {}
    except (ValueError, RecursionError) as error:
        aside = _free(path)
        with contextlib.suppress(OSError):
            os.replace(path, aside)
            words = _("{file} could not be used: {why}. It is kept as {aside}; a new one begins.")
            why = error if isinstance(error, _Foreign) else _("it is damaged")
            _trouble = words.format(file=FILE, why=why, aside=aside.name)
        return {}


class _Foreign(ValueError):
    """What is in the file is whole, but not what this module wrote."""


def _understood(raw: bytes) -> dict[str, Entries]:
    """Return what a file says, of this format or the first. Raises ValueError for others."""
    done = json.loads(raw.decode("utf-8"))
    if not isinstance(done, dict):
        raise _Foreign(_("another program wrote it"))
    if "format" not in done:
        done.pop("sha256", None)  # the earliest versions put a checksum there
        done = {"format": FORMAT, "exercises": done}
    version = done.pop("format")
    if not isinstance(version, int):
        raise _Foreign(_("another program wrote it"))
    if version != FORMAT:
        raise _Foreign(_("another version of the course wrote it (format {n})").format(n=version))
    if not all(_is_part(name, entries) for name, entries in done.items()):
        raise _Foreign(_("another program wrote it"))
    return done


def _is_part(name: str, entries: Any) -> bool:
    others = int if name == "exercises" else int | str
    return isinstance(entries, dict) and all(
        isinstance(entry, dict)
        and all(isinstance(fact, KINDS.get(kind, others)) for kind, fact in entry.items())
        for entry in entries.values()
    )


def _free(path: Path) -> Path:
    """Return a name beside path that ends in .broken.json and that no file has yet."""
    names = (path.with_name(f"{path.stem}{i or ''}.broken.json") for i in range(1000))
    return next(name for name in names if not name.exists())
