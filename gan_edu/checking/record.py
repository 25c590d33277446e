"""What a learner has done so far: a small JSON file beside the notebooks."""

import contextlib
import json
import os
from pathlib import Path

from gan_edu.files import written_whole

FILE = "exercises_done.json"


def load() -> dict[str, dict[str, int]]:
    """Return for each exercise what is known of it: solved, hints, looked (each a whole number).

    A file that cannot be understood is renamed to end in .broken.json, and a new one begins.
    """
    path = Path(FILE)
    try:
        return _understood(path.read_bytes())
    except OSError:
        return {}
    except (ValueError, RecursionError):
        with contextlib.suppress(OSError):
            os.replace(path, _free(path))
        return {}


def note(name: str, **facts: int) -> None:
    """Keep the facts, if they are new; a folder that cannot be written to is no reason to stop."""
    done = load()
    if done.get(name, {}) | facts == done.get(name):
        return
    done[name] = done.get(name, {}) | facts
    path = Path(FILE)
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return
    with contextlib.suppress(OSError), written_whole(path) as temporary:
        temporary.write_text(json.dumps(done, indent=1, sort_keys=True), encoding="utf-8")


def _understood(raw: bytes) -> dict[str, dict[str, int]]:
    """Return what a file says. Raises ValueError for what `note` does not write."""
    done = json.loads(raw.decode("utf-8"))
    if not isinstance(done, dict):
        raise ValueError("not what this module wrote")
    done.pop("sha256", None)  # earlier versions put a checksum there
    for entry in done.values():
        if not isinstance(entry, dict) or not all(isinstance(v, int) for v in entry.values()):
            raise ValueError("not what this module wrote")
    return done


def _free(path: Path) -> Path:
    """Return a name beside path that ends in .broken.json and that no file has yet."""
    names = (path.with_name(f"{path.stem}{i or ''}.broken.json") for i in range(1000))
    return next(name for name in names if not name.exists())
