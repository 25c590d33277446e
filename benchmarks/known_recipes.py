"""Well-known GANs on MNIST, after the code that most people run, for `benchmarks.mnist_gan`.

Each is one function of the digits and a seed; it returns an iterator that trains one batch each
time, and a function that draws 10,000 digits. Only the data's way differs from the originals:
`plain` keeps the DataLoader with one image at a time, the others index one tensor: quicker.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from gan_edu.datasets import Digits, as_images, as_tensor
from gan_edu.losses import (
    critic_loss,
    discriminator_loss,
    generator_non_saturating,
    generator_wasserstein,
    gradient_penalty,
    least_squares_discriminator,
    least_squares_generator,
)

Contestant = tuple[Iterator, Callable[[], np.ndarray]]
BATCH, SAMPLES = 64, 10_000


@dataclass(eq=False)
class Recipe:
    """A loop: D's step on each batch, G's on every `critic_steps`-th, with `fresh` noise or D's."""

    generator: nn.Module
    discriminator: nn.Module
    loss_d: Callable[[Tensor, Tensor], Tensor] = discriminator_loss
    loss_g: Callable[[Tensor], Tensor] = generator_non_saturating
    penalty: Callable[[nn.Module, Tensor, Tensor], Tensor] | None = None
    critic_steps: int = 1
    fresh: bool = False
    latent: int = 100
    optimiser: Callable[[Iterator], torch.optim.Optimizer] = lambda weights: torch.optim.Adam(
        weights, lr=2e-4, betas=(0.5, 0.999)
    )
    noise: Callable[..., Tensor] = torch.randn

    def contest(self, batches: Iterator[Tensor]) -> Contestant:
        return self._iterations(batches), self._samples

    def _iterations(self, batches: Iterator[Tensor]) -> Iterator:
        g, d = self.generator, self.discriminator
        opt_g, opt_d = self.optimiser(g.parameters()), self.optimiser(d.parameters())
        for i, real in enumerate(batches):
            fake = self._fakes(len(real))
            loss_d = self.loss_d(d(real), d(fake.detach()))
            if self.penalty:
                loss_d = loss_d + self.penalty(d, real, fake.detach())
            _step(opt_d, loss_d)
            if i % self.critic_steps == 0:
                _step(opt_g, self.loss_g(d(self._fakes(len(real)) if self.fresh else fake)))
            yield i

    def _fakes(self, count: int) -> Tensor:
        return self.generator(self.noise(count, self.latent))

    @torch.no_grad()
    def _samples(self) -> np.ndarray:
        self.generator.eval()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            z = self.noise(SAMPLES, self.latent)
        images = np.concatenate([as_images(self.generator(block)) for block in z.split(1000)])
        self.generator.train()
        return images


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _batches(digits: Digits, size: int = BATCH) -> Iterator[Tensor]:
    x = as_tensor(digits.images)
    while True:
        for rows in torch.randperm(len(x)).split(size):
            if len(rows) == size:
                yield x[rows]


class Transformed(Dataset):
    """Images that become tensors in [−1, 1] one at a time, as torchvision's transforms do it."""

    def __init__(self, images: np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> Tensor:
        scaled = torch.from_numpy(self.images[i]).float().div(255)
        return (scaled - 0.5) / 0.5


def _wide_mlps() -> tuple[nn.Module, nn.Module]:
    """Return G 100-128-256-512-1024-784 with batch norm, and D 784-512-256-1."""
    sizes = itertools.pairwise((128, 256, 512, 1024))
    hidden = [(nn.Linear(a, b), nn.BatchNorm1d(b, 0.8), nn.LeakyReLU(0.2)) for a, b in sizes]
    first, last = (nn.Linear(100, 128), nn.LeakyReLU(0.2)), (nn.Linear(1024, 784), nn.Tanh())
    generator = nn.Sequential(*first, *itertools.chain(*hidden), *last)
    sizes = itertools.pairwise((784, 512, 256))
    hidden = [(nn.Linear(a, b), nn.LeakyReLU(0.2)) for a, b in sizes]
    return generator, nn.Sequential(*itertools.chain(*hidden), nn.Linear(256, 1))


def plain(digits: Digits, seed: int) -> Contestant:
    """The recipe that most tutorials share; PyTorch-GAN's `gan.py`."""
    torch.manual_seed(seed)
    loader = DataLoader(Transformed(digits.images), BATCH, shuffle=True, drop_last=True)
    batches = itertools.chain.from_iterable(itertools.repeat(loader))
    return Recipe(*_wide_mlps()).contest(images.flatten(1) for images in batches)


def least_squares(digits: Digits, seed: int) -> Contestant:
    """The same players with the losses of Mao et al. 2017."""
    torch.manual_seed(seed)
    losses = {"loss_d": least_squares_discriminator, "loss_g": least_squares_generator}
    return Recipe(*_wide_mlps(), **losses).contest(_batches(digits))


def wgan_gp(digits: Digits, seed: int) -> Contestant:
    """The same players as critic and generator, two-sided penalty of 10, five critic steps."""
    torch.manual_seed(seed)

    def penalty(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        between = torch.lerp(fake, real, torch.rand(len(real), 1))
        return 10 * gradient_penalty(critic, between, one_sided=False)

    losses = {"loss_d": critic_loss, "loss_g": generator_wasserstein, "penalty": penalty}
    return Recipe(*_wide_mlps(), **losses, critic_steps=5, fresh=True).contest(_batches(digits))


def dcgan(digits: Digits, seed: int) -> Contestant:
    """Radford et al. 2016 for 28 pixels: strided convolutions, batch norm, N(0, 0.02) weights."""
    torch.manual_seed(seed)
    generator = nn.Sequential(
        nn.Linear(100, 128 * 49, bias=False),
        nn.Unflatten(1, (128, 7, 7)),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Tanh(),
        nn.Flatten(),
    )
    discriminator = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(128 * 49, 1),
    )
    for weight in itertools.chain(generator.parameters(), discriminator.parameters()):
        if weight.ndim > 1:
            nn.init.normal_(weight, 0, 0.02)
    return Recipe(generator, discriminator).contest(_batches(digits))


class Maxout(nn.Module):
    """The largest of five linear answers, for each of `outputs` features."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.linear = nn.Linear(inputs, 5 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).unflatten(1, (-1, 5)).amax(2)


def paper_2014(digits: Digits, seed: int) -> Contestant:
    """The first paper's: ReLU G 100-1200-1200-784, maxout D with dropout, momentum; batch 100."""
    torch.manual_seed(seed)
    layers = (nn.Linear(100, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU())
    # The paper's pixels lie in (0, 1), by a sigmoid: tanh(a / 2) is the same one in (−1, 1).
    generator = nn.Sequential(*layers, nn.Linear(1200, 784), Half(), nn.Tanh())
    discriminator = nn.Sequential(
        ZeroToOne(), nn.Dropout(0.2), Maxout(784, 240), nn.Dropout(0.5), Maxout(240, 240),
        nn.Dropout(0.5), nn.Linear(240, 1),
    )  # fmt: skip
    for player, bound in ((generator, 0.05), (discriminator, 0.005)):
        for weight in player.parameters():
            nn.init.uniform_(weight, -bound, bound) if weight.ndim > 1 else nn.init.zeros_(weight)

    def sgd(weights: Iterator) -> torch.optim.Optimizer:
        return torch.optim.SGD(weights, lr=0.1, momentum=0.5)

    def uniform(*size: int) -> Tensor:
        return 3**0.5 * (2 * torch.rand(size) - 1)

    players = {"generator": generator, "discriminator": discriminator}
    return Recipe(**players, fresh=True, optimiser=sgd, noise=uniform).contest(
        _batches(digits, 100)
    )


class Half(nn.Module):
    def forward(self, a: Tensor) -> Tensor:
        return a / 2


class ZeroToOne(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (x + 1) / 2


KNOWN = {f.__name__: f for f in (plain, least_squares, wgan_gp, dcgan, paper_2014)}
