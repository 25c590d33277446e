"""Files that are either whole or not there; and output that no terminal's encoding can stop."""

import contextlib
import io
import os
import secrets
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


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


def write_torch(path: str | os.PathLike, content: object) -> None:
    """Write what `torch.save` makes of some content, as `written_whole` writes."""
    import torch

    file = io.BytesIO()  # where there is no room, torch itself would raise no OSError
    torch.save(content, file)
    with written_whole(path) as temporary:
        temporary.write_bytes(file.getvalue())


def read_torch(path: str | os.PathLike) -> Any:
    """Return what `write_torch` has written; ValueError if the file has changed since.

    torch reads its zip archives without their checksums: a flipped bit would be a wrong weight.
    """
    import torch

    file = io.BytesIO(Path(path).read_bytes())
    try:
        with zipfile.ZipFile(file) as parts:
            if parts.testzip():
                raise zipfile.BadZipFile
        file.seek(0)
        return torch.load(file, weights_only=True, map_location="cpu")
    except Exception as error:  # whatever both make of bytes that are not their own
        raise ValueError(f"{path} is damaged, or was written by another program") from error
