"""Files that are either whole or not there, and that say so if a bit of them has changed since.

And output that no terminal's encoding can stop.
"""

import contextlib
import hashlib
import io
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

_SEAL = hashlib.sha256().digest_size  # bytes


def print_in_any_encoding() -> None:
    """Let `print` write ? for what the output's encoding lacks, as a code page lacks é or σ."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a notebook's output takes every letter
        sys.stdout.reconfigure(errors="replace")


@contextlib.contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place once the block ends well.

    A reader sees the old file or the new one, never a part, even if the program is killed;
    on an exception the temporary file is removed. The folder is made if it is missing.
    Raises OSError, which names the file, if it cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)  # with any new file's rights, so that a class can share
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)  # what the caller knows it by
        raise


def sweep(path: str | os.PathLike) -> None:
    """Remove what writers of `path` that were killed have left; none may be at work."""
    path = Path(path)
    for left in path.parent.glob(f".{path.stem}-????????{path.suffix}"):
        left.unlink()


def write_sealed(path: str | os.PathLike, content: bytes) -> None:
    """Write `content` and then its SHA-256, as `written_whole` writes."""
    with written_whole(path) as temporary:
        temporary.write_bytes(content + hashlib.sha256(content).digest())


def read_sealed(path: str | os.PathLike) -> bytes:
    """Return what `write_sealed` has written; ValueError if that is not what the file holds.

    For files of torch, which compares no checksum: a flipped bit would become a wrong weight.
    """
    sealed = Path(path).read_bytes()
    content = sealed[:-_SEAL]
    if hashlib.sha256(content).digest() != sealed[-_SEAL:]:
        raise ValueError(f"{path} is damaged, or was written by another program")
    return content
