"""What PyTorch and NumPy do by default, for a kernel in which somebody has changed it."""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

_ERRORS: dict[str, Any] = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_PRINTING: dict[str, Any] = {
    "edgeitems": 3, "formatter": None, "infstr": "inf", "legacy": False, "linewidth": 75,
    "nanstr": "nan", "precision": 8, "sign": "-", "suppress": False, "threshold": 1000,
    "floatmode": "maxprec",
}  # fmt: skip


def reset() -> None:
    """Let PyTorch and NumPy compute and print by default as in a new kernel, as chapters expect.

    PyTorch that is not loaded has nothing to forget, and stays away. To set whether algorithms are
    deterministic would load its compiler.
    """
    if torch := sys.modules.get("torch"):
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.set_grad_enabled(True)
        if torch.are_deterministic_algorithms_enabled():
            torch.use_deterministic_algorithms(False)
        torch.set_printoptions(profile="default", sci_mode=None)
    np.seterr(**_ERRORS)
    np.set_printoptions(**_PRINTING)


class _Compiler(ModuleType):
    """Stands for PyTorch's compiler until somebody wants more of it than to be left alone."""

    def graph_break(self, msg: str = "") -> None:
        """Do nothing: there is no graph."""

    def disable(self, fn: Callable, recursive: bool = True, wrapping: bool = True) -> Callable:
        """Return the function, which nobody compiles."""
        return fn

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def spare_the_compiler() -> None:
    """Keep PyTorch's compiler out of a kernel in which nothing is compiled.

    Each optimizer imports it, only to tell it not to look: that takes 67 MB and a second in every
    kernel of a class. `torch.compile` still finds it.
    """
    name = "torch._dynamo"
    if name not in sys.modules:
        torch: Any = importlib.import_module("torch")
        sys.modules[name] = torch._dynamo = _Compiler(name)
