"""The two players: plain networks of fully connected layers."""

import functools
from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from gan_edu.settings import spare_the_compiler

spare_the_compiler()
PIXELS = 28 * 28
DIGITS = 10
# The data are float32; what a user has made the default does not reach the players.
linear = functools.partial(nn.Linear, dtype=torch.float32)


def digit_generator(latent_dim: int = 16, width: int = 256) -> nn.Sequential:
    """Return G, which turns noise z of shape (N, latent_dim) into images (N, 784) in (−1, 1).

    Two hidden layers with batch normalisation and ReLU; tanh at the end, as the data's range asks.
    Weights come from torch's global random state. Raises ValueError for sizes below one.
    """
    _check_sizes(latent_dim=latent_dim, width=width)
    return nn.Sequential(
        linear(latent_dim, width),
        nn.BatchNorm1d(width, dtype=torch.float32),
        nn.ReLU(),
        linear(width, width),
        nn.BatchNorm1d(width, dtype=torch.float32),
        nn.ReLU(),
        linear(width, PIXELS),
        nn.Tanh(),
    )


class MinibatchStdDev(nn.Module):
    """Append to each row how varied its batch is: the mean over features of their deviation.

    s = mean_j sqrt(var_i h_ij + 10⁻⁶) over the rows i and features j of a batch (N, F), one number
    for all its rows; (…, N, F) → (…, N, F + 1). A generator that draws one thing again and
    again gives itself away by it. Source: Karras et al. 2018, section 3.
    """

    def forward(self, h: Tensor) -> Tensor:
        """Return h with the batch's mean standard deviation as last column."""
        variance = h.float().var(dim=-2, correction=0, keepdim=True)
        deviation = (variance + 1e-6).sqrt().mean(dim=-1, keepdim=True)
        return torch.cat([h, deviation.to(h.dtype).expand(*h.shape[:-1], 1)], dim=-1)


class Ink(nn.Module):
    """Let paper be 0 and ink be large: x in [−1, 1] → 2 (x + 1) in [0, 4].

    Most pixels are paper in every image. As −1 they all push D's first layer the same way; as 0
    they say nothing, and D learns from the ink alone.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return 2 (x + 1), of the shape of x."""
        return 2 * (x + 1)


class PassLabel(nn.Module):
    """A generator that is told which digit to draw, and hands that on: (…, L + 10) → (…, 794).

    The last ten numbers of its input, 1 for the digit and −1 for the other nine, come out
    unchanged behind the 784 pixels, so that D sees an image and its label, as in `with_labels`.
    Source: Mirza & Osindero 2014 (arXiv 1411.1784), equation (2).
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, z: Tensor) -> Tensor:
        """Return images and labels side by side."""
        return torch.cat([self.network(z), z[..., -DIGITS:]], dim=-1)


def with_labels(x: Tensor, labels: Tensor) -> Tensor:
    """Return rows x (N, …) with ten more numbers each: 1 for its label (N,), −1 for the others.

    Raises ValueError unless labels are whole numbers from 0 to 9, one for each row.
    """
    digits = torch.arange(DIGITS, device=labels.device)
    if labels.shape != x.shape[:-1] or not torch.isin(labels, digits).all():
        raise ValueError(f"labels must be whole numbers from 0 to 9, one for each row: {len(x)}")
    return torch.cat([x, 2 * (labels[..., None] == digits).to(x) - 1], dim=-1)


def digit_discriminator(width: int = 256, ink: bool = False, labels: bool = False) -> nn.Sequential:
    """Return D, which gives each image of a batch (…, N, 784) one logit, (…, N, 1): large is real.

    Two hidden layers with leaky ReLU, and `MinibatchStdDev` before the last; before the first `Ink`
    if it is asked for. With `labels` rows are (…, N, 794), as `with_labels` makes them. Weights
    come from torch's global random state. Raises ValueError for a width that cannot be halved.
    """
    if not isinstance(width, Integral) or width < 2 or width % 2:
        raise ValueError(f"width must be an even whole number, got {width!r}")
    return nn.Sequential(
        *([Ink()] if ink else []),
        linear(PIXELS + DIGITS * labels, width),
        nn.LeakyReLU(0.2),
        linear(width, width // 2),
        nn.LeakyReLU(0.2),
        MinibatchStdDev(),
        linear(width // 2 + 1, 1),
    )


class MaxMin(nn.Module):
    """Sort each two neighbouring features: (…, 2K) → the K larger ones, then the K smaller ones.

    Unlike ReLU it throws nothing away, so its slope is 1 in every direction: what a critic needs
    that may not be steep. Source: Anil et al. 2019, where it is GroupSort of size 2.
    """

    def forward(self, h: Tensor) -> Tensor:
        """Return the pairs' maxima beside their minima; the number of features must be even."""
        first, second = h[..., ::2], h[..., 1::2]
        return torch.cat([torch.maximum(first, second), torch.minimum(first, second)], dim=-1)


ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
    "maxmin": MaxMin,
}


class Rows(nn.Sequential):
    """Layers that treat each row of a batch (…, N, F) for itself; leading axes are laid flat."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the rows' answers, (…, N, outputs)."""
        rows = x.flatten(0, -2) if x.ndim > 2 else x  # linear layers are slower on three axes
        for layer in self:
            rows = layer(rows)
        return rows.view(*x.shape[:-1], rows.shape[-1]) if x.ndim > 2 else rows


class Copies(nn.Module):
    """`copies` linear layers side by side: x (copies, …, N, inputs) → (copies, …, N, outputs).

    Row c of x meets layer c alone, so that many small networks learn in the time of a few. Each
    starts like a layer of its own.
    """

    def __init__(self, copies: int, inputs: int, outputs: int):
        super().__init__()
        layers = [linear(inputs, outputs) for _ in range(copies)]
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach()[None] for layer in layers]))

    def forward(self, x: Tensor) -> Tensor:
        """Return what each layer makes of its own row of x."""
        y = torch.baddbmm(self.bias, x.flatten(1, -2), self.weight)
        return y.unflatten(1, x.shape[1:-1])


def mlp(
    widths: Sequence[int],
    activation: str = "relu",
    spectral_norm: bool = False,
    copies: int | None = None,
) -> nn.Sequential:
    """Return a fully connected network from (…, widths[0]) to (…, widths[-1]), bare at the end.

    `activation`, one of `ACTIVATIONS`, stands between its layers. With `spectral_norm` each weight
    matrix is divided by its largest singular value, as power iteration estimates it: then no slope
    exceeds 1, but for the estimate's error. With `copies` it is that many networks side by side,
    from (copies, …, N, widths[0]) on, without spectral norm. Weights come from torch's global
    random state. Raises ValueError for fewer than two widths, a width or copies below one, an
    activation that is not known, an odd hidden width for "maxmin", or copies with spectral norm.
    Source: Miyato et al. 2018.
    """
    _check_sizes(**{f"widths[{i}]": width for i, width in enumerate(widths)})
    if len(widths) < 2:
        raise ValueError(f"widths must be two or more, from input to output, got {widths!r}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    if activation == "maxmin" and any(width % 2 for width in widths[1:-1]):
        raise ValueError(f"maxmin sorts pairs: hidden widths must be even, got {widths!r}")
    if copies is not None:
        _check_sizes(copies=copies)
        if spectral_norm:
            raise ValueError("copies have no spectral norm: make one network, or leave it out")
    layers = []
    for width, next_width in pairwise(widths):
        layer = linear(width, next_width) if copies is None else Copies(copies, width, next_width)
        layers += [parametrizations.spectral_norm(layer) if spectral_norm else layer]
        layers += [ACTIVATIONS[activation]()]
    return (Rows if copies is None else nn.Sequential)(*layers[:-1])


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(f"{name} must be a positive whole number, got {size!r}")


def outputs(network: nn.Module, u: np.ndarray, copies: int | None = None) -> np.ndarray:
    """Return network(2u − 1) for u (N,), as float64 (N,), or (copies, N) for `copies` of them."""
    z = torch.from_numpy(2 * u - 1).float()[:, None]
    with torch.no_grad():
        y = network(z if copies is None else z.expand(copies, -1, 1))
    return y[..., 0].double().numpy()
