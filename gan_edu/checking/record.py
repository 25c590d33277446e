"""What a learner has done so far: a small JSON file beside the notebooks."""

import contextlib
import hashlib
import json
import os
from pathlib import Path

from gan_edu.files import written_whole

FILE = "exercises_done.json"
SEAL = "sha256"  # the entry that tells if a bit of the others has changed


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
        sealed = json.dumps({**done, SEAL: _seal(done)}, indent=1, sort_keys=True)
        temporary.write_text(sealed, encoding="utf-8")


def _seal(done: dict) -> str:
    return hashlib.sha256(json.dumps(done, sort_keys=True).encode()).hexdigest()


def _understood(raw: bytes) -> dict[str, dict[str, int]]:
    """Return what a file says; one without a seal, as earlier versions wrote it, is believed."""
    done = json.loads(raw.decode("utf-8"))
    if isinstance(done, dict) and SEAL in done and done.pop(SEAL) != _seal(done):
        raise ValueError("not as this module wrote it")
    entries = done.values() if isinstance(done, dict) else [None]
    for entry in entries:
        if not isinstance(entry, dict) or not all(isinstance(v, int) for v in entry.values()):
            raise ValueError("not what this module wrote")
    return done


def _free(path: Path) -> Path:
    """Return a name beside path that ends in .broken.json and that no file has yet."""
    names = (path.with_name(f"{path.stem}{i or ''}.broken.json") for i in range(1000))
    return next(name for name in names if not name.exists())
