"""What may go wrong around a program, made on purpose: full disks, no rights, changed bytes."""

import contextlib
import os
from collections.abc import Iterator

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
def as_nobody() -> Iterator[None]:
    """Root may read everything, so a test as root steps down for the call."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no POSIX permissions here")
    before = os.geteuid()
    try:
        if before == 0:
            os.seteuid(65534)
        yield
    finally:
        os.seteuid(before)


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
