"""What may go wrong around a program, made on purpose: full disks, no rights, changed bytes."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st


@contextlib.contextmanager
def no_room_after(count: int) -> Iterator[None]:
    """Let no file grow beyond `count` bytes: the write that would fails, as on a full disk."""
    resource = pytest.importorskip("resource", reason="only POSIX limits the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))  # Python ignores the signal
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def failing(owner: Any, name: str, error: int, below: Path | str = "") -> Iterator[None]:
    """Let calls of a function fail as the system would, for a path `below` or for each.

    This does not ask who runs the test, or what a disk allows: root may write everywhere.
    """
    real = getattr(owner, name)

    def call(*arguments, **options):
        place, *_ = arguments
        if not str(place).startswith(str(below)):
            return real(*arguments, **options)
        of_file = () if isinstance(place, int) else (str(place),)
        raise OSError(error, os.strerror(error), *of_file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, call)
        yield


@st.composite
def spoiled(draw, content: bytes) -> bytes:
    """Draw what may have become of a file: bits flipped, cut short, or overwritten to its end."""
    kind = draw(st.sampled_from(["flipped", "cut", "zeros"]))
    places = st.integers(0, len(content) - 1)
    if kind == "cut":
        return content[: draw(places)]
    if kind == "zeros":
        kept = draw(places)
        return content[:kept] + bytes(len(content) - kept)
    changed = bytearray(content)
    for place in draw(st.lists(places, min_size=1, max_size=3, unique=True)):
        changed[place] ^= draw(st.integers(1, 255))
    return bytes(changed)
