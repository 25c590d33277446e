"""The slopes that hang on what a learner's function returns, or that do not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_edu.checking.exercise import Wrong
from gan_edu.language import gettext as _


def slopes(result: Any, inputs: Sequence[Tensor]) -> np.ndarray | None:
    """Return the slopes of the result's sum in all inputs, in one row, or None if it has none.

    0 for an input that the result does not depend on. Raises Wrong if the graph has been used up.
    """
    if not getattr(result, "requires_grad", False):
        return None
    options: dict[str, Any] = {"allow_unused": True, "materialize_grads": True}
    try:
        found = torch.autograd.grad(result.sum(), list(inputs), retain_graph=True, **options)
    except RuntimeError as error:
        words = _(
            "Nothing finds its way back through the graph of what your function returns ({error}). "
            "If it calls `backward` itself: leave that to whoever uses it."
        )
        raise Wrong(words, error=str(error).partition(".")[0]) from error
    return np.concatenate([slope.detach().flatten().numpy() for slope in found])
