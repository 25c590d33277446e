"""What PyTorch and NumPy do by default, for a kernel in which somebody has changed it."""

from typing import Any

import numpy as np
import torch

_ERRORS: dict[str, Any] = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_PRINTING: dict[str, Any] = {
    "edgeitems": 3, "formatter": None, "infstr": "inf", "legacy": False, "linewidth": 75,
    "nanstr": "nan", "precision": 8, "sign": "-", "suppress": False, "threshold": 1000,
    "floatmode": "maxprec",
}  # fmt: skip


def reset() -> None:
    """Let PyTorch and NumPy compute and print by default as in a new kernel, as chapters expect."""
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_grad_enabled(True)
    torch.use_deterministic_algorithms(False)
    torch.set_printoptions(profile="default", sci_mode=None)
    np.seterr(**_ERRORS)
    np.set_printoptions(**_PRINTING)
