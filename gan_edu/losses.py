"""The losses, each formula once, in nats: pure functions of logits, or of shares in bins.

A logit a is the discriminator's raw output, large on real data; D = σ(a) is the probability
"real". Taking logits keeps log D and log(1 − D) exact where σ(a) rounds to 0 or 1.
"""

from collections.abc import Callable

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
    if logits_real.shape == logits_fake.shape:  # the same with one mean, which is quicker
        return (softplus(-logits_real) + softplus(logits_fake)).mean()
    return softplus(-logits_real).mean() + softplus(logits_fake).mean()


def generator_non_saturating(logits_fake: Tensor) -> Tensor:
    """Return what G minimises, −mean log D(G(z)): equation (4) for the log loss, non-saturating.

    Its gradient in a logit is −(1 − D): it is strongest where D is sure that a sample is generated.
    Shapes, unit and errors as in `discriminator_loss`. Source: Goodfellow et al. 2014, section 3.
    """
    _check_logits(logits_fake=logits_fake)
    return softplus(-logits_fake).mean()


def generator_minimax(logits_fake: Tensor) -> Tensor:
    """Return what G minimises in the zero-sum game, mean log(1 − D(G(z))) ≤ 0: equation (4) again.

    Its gradient in a logit is −D: next to nothing where D is sure that a sample is generated.
    Shapes, unit and errors as in `discriminator_loss`. Source: Goodfellow et al. 2014, equation
    (1).
    """
    _check_logits(logits_fake=logits_fake)
    return -softplus(logits_fake).mean()


def critic_loss(a_real: Tensor, a_fake: Tensor) -> Tensor:
    """Return what a critic minimises, mean a(fake) − mean a(real): equation (3), with D = −a.

    a is a number without a unit, large on real data, in any shape and number: both terms are
    means. Over all critics of slope 1 or less the minimum is −W₁; without such a bound there is
    none. Errors as in `discriminator_loss`. Source: Arjovsky et al. 2017, equation (2).
    """
    _check_logits(a_real=a_real, a_fake=a_fake)
    return a_fake.mean() - a_real.mean()


def generator_wasserstein(a_fake: Tensor) -> Tensor:
    """Return what G minimises against a critic, −mean a(G(z)): equation (4), with D = −a.

    Its gradient in each a is −1 over their number, wherever it stands. Shapes and errors as in
    `critic_loss`.
    """
    _check_logits(a_fake=a_fake)
    return -a_fake.mean()


def least_squares_discriminator(a_real: Tensor, a_fake: Tensor) -> Tensor:
    """Return ½ mean (a(x) − 1)² + ½ mean a(G(z))²: D should answer 1 to real and 0 to generated x.

    a is D's bare output, no logit; at its best it is p_data / (p_data + p_G), as with logs, and
    the loss is ¼ when both distributions are equal. Shapes and errors as in `discriminator_loss`.
    Source: Mao et al. 2017, equation (2).
    """
    _check_logits(a_real=a_real, a_fake=a_fake)
    return ((a_real - 1).square().mean() + a_fake.square().mean()) / 2


def least_squares_generator(a_fake: Tensor) -> Tensor:
    """Return ½ mean (a(G(z)) − 1)²: G wants D to answer 1. Its gradient in each a is (a − 1)/N.

    Shapes and errors as in `critic_loss`. Source: Mao et al. 2017, equation (2).
    """
    _check_logits(a_fake=a_fake)
    return (a_fake - 1).square().mean() / 2


def relativistic_discriminator(a_real: Tensor, a_fake: Tensor) -> Tensor:
    """Return −mean log σ(a(x) − a(G(z))): each real sample should look more real than a fake one.

    G then minimises `generator_non_saturating` of a(G(z)) − a(x). Samples are paired as they come,
    so both batches (B, …) have one shape. Raises ValueError if they have not, and for an empty
    batch; TypeError unless both are floating-point tensors. In nats; log 2 if D cannot tell.
    Source: Huang et al. 2024 (arXiv 2501.05441), equation (2).
    """
    _check_logits(a_real=a_real, a_fake=a_fake)
    if a_real.shape != a_fake.shape:
        shapes = f"{tuple(a_real.shape)}, {tuple(a_fake.shape)}"
        raise ValueError(f"a_real and a_fake are compared in pairs, but have the shapes {shapes}")
    return softplus(a_fake - a_real).mean()


def zero_centred_penalty(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ½ mean ‖∇a(x)‖², times no γ yet: R1 if x is real, R2 if it is generated.

    Shapes and errors as in `gradient_penalty`. Source: Mescheder et al. 2018, equation (9).
    """
    return _slopes(critic, x).square().mean() / 2


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], x: Tensor, one_sided: bool = True
) -> Tensor:
    """Return mean max(0, ‖∇a(x)‖ − 1)², or with both sides mean (‖∇a(x)‖ − 1)², times no λ yet.

    `critic` turns each row of x (N, …) into one number a, each from its own row alone; ∇ is taken
    in the row. Usually x lies on straight lines between real and generated samples. The result can
    be differentiated in the critic's parameters. Raises TypeError unless x is a floating-point
    tensor, ValueError for no rows. Source: Gulrajani et al. 2017, equation (3); one-sided: Petzka
    et al. 2018, equation (8).
    """
    excess = _slopes(critic, x) - 1
    return (excess.clamp(min=0) if one_sided else excess).square().mean()


def _slopes(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ‖∇a(x)‖ (N,) at rows x (N, …); it can be differentiated in the critic's parameters."""
    _check_floating(x=x)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"x must hold at least one row, got shape {tuple(x.shape)}")
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        return slopes.reshape(len(x), -1).norm(dim=1)


def soft_histogram(x: Tensor, centres: Tensor) -> Tensor:
    """Return the shares (K,) of a batch x, of any shape, in soft bins around rising centres (K,).

    Each sample gives its one count to the two centres next to it, the nearer one more:
    1 − |x − c|/w and the rest, w their distance. Beyond the first or last centre it counts there
    in full, and its gradient is 0: a generator must start inside. Raises TypeError unless both
    are floating-point tensors of one dtype, ValueError for an empty batch or for centres that do
    not rise.
    """
    _check_bins(x, centres)
    x = x.flatten().clamp(centres[0], centres[-1])
    right = torch.searchsorted(centres, x.detach()).clamp(1, len(centres) - 1)
    left = right - 1
    to_right = (x - centres[left]) / (centres[right] - centres[left])
    counts = torch.zeros_like(centres).index_add(0, left, 1 - to_right)
    return counts.index_add(0, right, to_right) / len(x)


def js_loss(p: Tensor, q: Tensor) -> Tensor:
    """Return JS(p, q) = ½ Σ p log(p/m) + ½ Σ q log(q/m), m = (p + q)/2, of shares of shape (…, K).

    Of shape (…), in nats, from 0 to log 2 but for rounding. The gradient ½ log(p/m) is −∞ in an
    empty bin of p that q fills; here it stays finite, at most about 44 in float32. For arrays:
    `divergences.js`. Raises TypeError unless both are floating-point tensors, ValueError unless
    they have one shape, are at least 0 and sum to 1 within 1e-4. Source: Lin 1991.
    """
    _check_shares(p=p, q=q)
    if p.shape != q.shape:
        raise ValueError(f"p and q must have the same bins, got {tuple(p.shape)}, {tuple(q.shape)}")
    m = (p + q) / 2
    return (_p_log_ratio(p, m) + _p_log_ratio(q, m)).sum(-1) / 2


def _p_log_ratio(p: Tensor, m: Tensor) -> Tensor:
    tiny = torch.finfo(p.dtype).tiny
    return p * (p.clamp(min=tiny).log() - m.clamp(min=tiny).log())


def _check_bins(x: Tensor, centres: Tensor) -> None:
    _check_floating(x=x, centres=centres)
    if x.dtype != centres.dtype:
        raise TypeError(f"x and centres must have one dtype, got {x.dtype} and {centres.dtype}")
    if x.numel() == 0:
        raise ValueError("x is empty: shares need at least one sample")
    steps = centres.diff() if centres.ndim == 1 else centres[:0]
    if not steps.numel() or not torch.all((steps > 0) & steps.isfinite()):
        raise ValueError("centres must be two finite numbers or more, each above the one before")


def _check_shares(**distributions: Tensor) -> None:
    _check_floating(**distributions)
    for name, shares in distributions.items():
        sums_to_1 = shares.ndim > 0 and torch.all((shares.sum(-1) - 1).abs() < 1e-4)
        if not sums_to_1 or torch.any(shares < 0):
            raise ValueError(f"{name} must be at least 0 and sum to 1: divide counts by their sum")


def _check_floating(**tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            raise TypeError(f"{name} must be a floating-point tensor, got {tensor!r:.80}")


def _check_logits(**batches: Tensor) -> None:
    _check_floating(**batches)
    for name, logits in batches.items():
        if logits.numel() == 0:
            raise ValueError(f"{name} is empty: a mean needs at least one logit")
