"""The losses of the game, each formula once: pure functions of logits, in nats.

A logit a is the discriminator's raw output, large on real data; D = σ(a) is the probability
"real". Taking logits keeps log D and log(1 − D) exact where σ(a) rounds to 0 or 1.
"""

import torch
from torch import Tensor
from torch.nn.functional import softplus


def discriminator_loss(logits_real: Tensor, logits_fake: Tensor) -> Tensor:
    """Return what D minimises, −mean log D(x) − mean log(1 − D(G(z))): equation (3), log form.

    Both arguments hold one logit for each sample, in any shape and number: both terms are means.
    Returns a scalar in nats; at D = ½ everywhere it is log 4. Raises ValueError for an empty
    batch and TypeError for anything but floating-point tensors.
    Source: Goodfellow et al. 2014, equation (1).
    """
    _check_logits(logits_real=logits_real, logits_fake=logits_fake)
    return softplus(-logits_real).mean() + softplus(logits_fake).mean()


def generator_non_saturating(logits_fake: Tensor) -> Tensor:
    """Return what G minimises, −mean log D(G(z)): equation (4) for the log loss, non-saturating.

    Its gradient in a logit is −(1 − D): it is strongest where D is sure of the forgery.
    Shapes, unit and errors as in `discriminator_loss`. Source: Goodfellow et al. 2014, section 3.
    """
    _check_logits(logits_fake=logits_fake)
    return softplus(-logits_fake).mean()


def _check_logits(**batches: Tensor) -> None:
    for name, logits in batches.items():
        if not isinstance(logits, torch.Tensor) or not logits.is_floating_point():
            raise TypeError(f"{name} must be a floating-point tensor of logits, got {logits!r:.80}")
        if logits.numel() == 0:
            raise ValueError(f"{name} is empty: a mean needs at least one logit")
