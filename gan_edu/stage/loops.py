"""The event loop that plays games in a kernel, and foreign ones that keep it from doing so."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from IPython import get_ipython


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs on this thread; plain Python has none."""
    with contextlib.suppress(RuntimeError):
        return asyncio.get_running_loop()
    return None


def foreign_loop() -> str:
    """Return the name of the loop that `%gui` has put in the place of the kernel's, or ""."""
    loop = getattr(_kernel(), "eventloop", None)
    name = getattr(loop, "__name__", str(loop)) if loop else ""
    return "" if name == "loop_asyncio" else name  # that one is the kernel's own


def on_foreign_loop(act: Callable[[], None]) -> Callable[[], None]:
    """Call `act` whenever a foreign loop takes the kernel; return what ends that."""
    kernel = _kernel()
    if not hasattr(kernel, "eventloop"):
        return lambda: None

    def heard(_):
        if foreign_loop():
            act()

    def end():
        with contextlib.suppress(ValueError):  # it has ended already
            kernel.unobserve(heard, "eventloop")

    kernel.observe(heard, "eventloop")
    return end


def _kernel() -> Any:
    return getattr(get_ipython(), "kernel", None)
