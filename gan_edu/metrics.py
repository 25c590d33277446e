"""How good are the generated digits? A trained classifier, two distances, and a look for copies.

And how good is a discriminator at telling two samples apart? That is `auc`.
"""

import contextlib
import hashlib
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from gan_edu.datasets import Digits, as_tensor, cache_folder
from gan_edu.files import read_torch, write_torch
from gan_edu.networks import PIXELS, linear

# Names the cached classifiers: raise it with every change of `DigitClassifier` or
# `train_classifier`, or learners keep the classifier of the old recipe.
RECIPE = 1
_STEPS = 1400
_BATCH = 128
_PEAK_LR = 8e-3

_ROWS_AT_ONCE = 1000
_DISTANCES_AT_ONCE = 2**20
_ROUNDING = 1e-3  # what a pixel may exceed its range by, as after interpolating

Images = np.ndarray | Tensor


class DigitClassifier(nn.Module):
    """A small convolutional network that tells the ten digits apart.

    Like everything in this module that takes images, it accepts uint8 (N, 28, 28), as a data set
    holds them, or a floating-point tensor (N, 784) in [−1, 1], as a generator draws them.
    Weights come from torch's global random state; `train_classifier` trains them.
    """

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Unflatten(1, (1, 28, 28)),
            nn.Conv2d(1, 12, kernel_size=5, stride=2, dtype=torch.float32),
            nn.ReLU(),
            nn.Conv2d(12, 24, kernel_size=5, stride=2, dtype=torch.float32),
            nn.ReLU(),
            nn.Flatten(),
            linear(384, 64),
            nn.ReLU(),
        )
        self.head = linear(64, 10)

    def features(self, images: Images) -> Tensor:
        """Return what the last layer decides on, (N, 64), none of it negative.

        Raises TypeError or ValueError for images of another kind than the class describes.
        """
        return self.trunk(_as_input(images))

    def forward(self, images: Images) -> Tensor:
        """Return the logits of the ten digits, (N, 10); raise as `features` does."""
        return self.head(self.features(images))


def train_classifier(digits: Digits, seed: int = 0) -> DigitClassifier:
    """Train a classifier on `digits.images`, Adam with a one-cycle schedule; `seed` decides all.

    It runs on one thread, because another number of threads gives other bits; the caller's number
    and the global random state stay as they were. The classifier comes in eval mode and its
    parameters need no gradient. Raises ValueError if there is not one label for each image.
    """
    _check_labels(digits.images, digits.labels)
    with _one_thread(), torch.random.fork_rng(devices=[]), torch.enable_grad():
        # torch.manual_seed would seed the GPUs as well, which the fork does not put back.
        torch.default_generator.manual_seed(seed)
        classifier = DigitClassifier()
        _fit(classifier, digits, np.random.default_rng(seed))
    return classifier.eval().requires_grad_(False)


def _fit(classifier: DigitClassifier, digits: Digits, rng: np.random.Generator) -> None:
    optimiser = torch.optim.Adam(classifier.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _PEAK_LR, total_steps=_STEPS)
    for rows in _minibatches(len(digits.images), rng):
        logits = classifier(digits.images[rows])
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(digits.labels[rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def _minibatches(count: int, rng: np.random.Generator) -> np.ndarray:
    """Row numbers (steps, batch) in which every image comes once before any comes again."""
    needed = _STEPS * _BATCH
    passes = [rng.permutation(count) for _ in range(math.ceil(needed / count))]
    return np.concatenate(passes)[:needed].reshape(_STEPS, _BATCH)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def load_classifier(digits: Digits, cache: str | os.PathLike | None = None) -> DigitClassifier:
    """Return the classifier of these training digits, trained at most once for each cache folder.

    The file's name holds a digest of images and labels, and the recipe's version; the folder is
    `datasets.cache_folder` unless `cache` names one. A damaged file is trained anew and replaced,
    and a folder that cannot be written to only means that nothing is kept.
    Raises what `train_classifier` raises.
    """
    folder = cache_folder() if cache is None else Path(cache)
    path = folder / f"classifier-{RECIPE}-{_digest(digits)}.pt"
    # Whatever is wrong with the file (pickle, zip, sizes, rights), training anew puts it right.
    with contextlib.suppress(Exception):
        return _read_classifier(path)
    classifier = train_classifier(digits)
    with contextlib.suppress(OSError):
        write_torch(path, classifier.state_dict())
    return classifier


def _digest(digits: Digits) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(digits.images).data)
    digest.update(np.ascontiguousarray(digits.labels).data)
    return digest.hexdigest()[:16]


def _read_classifier(path: Path) -> DigitClassifier:
    weights = read_torch(path)
    with torch.random.fork_rng(devices=[]):
        classifier = DigitClassifier()
    classifier.load_state_dict(weights)
    return classifier.eval().requires_grad_(False)


def accuracy(classifier: DigitClassifier, images: Images, labels: ArrayLike) -> float:
    """Return the share of images, in [0, 1], whose largest logit is that of their label (N,).

    Raises ValueError if there is not one label for each image, or no image at all.
    """
    _check_labels(images, labels)
    return float(np.mean(_in_blocks(classifier, images).argmax(1).numpy() == np.asarray(labels)))


def auc(a_real: ArrayLike, a_fake: ArrayLike) -> float:
    """Return how often D ranks a real and a generated sample right: the share of pairs a(x) > a(y).

    a_real (N,) and a_fake (M,) are D's outputs, logits or probabilities, large on real samples;
    all N · M pairs count, a tie as a half. It is the area under the ROC curve: 1 for a perfect
    ranking, ½ for none, below ½ for one that is upside down. Unlike the loss it depends neither on
    D's threshold nor on its scale. Raises ValueError for other shapes, no rows, or NaN.
    Source: Mann & Whitney 1947, whose U it is, over N · M.
    """
    real, fake = (_outputs(a) for a in (a_real, a_fake))
    ranked = np.sort(fake)
    below, up_to = (np.searchsorted(ranked, real, side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(ranked)))


def _outputs(a: ArrayLike) -> np.ndarray:
    outputs = np.asarray(a.detach().cpu() if isinstance(a, Tensor) else a, dtype=np.float64)
    if outputs.ndim != 1 or len(outputs) == 0 or np.isnan(outputs).any():
        raise ValueError(
            f"D's outputs must be a list of at least one number, without NaN, "
            f"got shape {outputs.shape}"
        )
    return outputs


def frechet_distance(features_a: ArrayLike, features_b: ArrayLike) -> float:
    """Return the squared Fréchet distance of the Gaussians fitted to two sets of features.

    ‖μ_a − μ_b‖² + Tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½), covariances with n − 1, features (N, F) and
    (M, F). It depends on the classifier and falls with N: compare only like with like.
    Raises ValueError for other shapes, fewer than two rows, or values that are not finite.
    Source: Dowson & Landau 1982; Heusel et al. 2017 with the Inception network's features.
    """
    a, b = (_rows(features, 2) for features in (features_a, features_b))
    _check_same_width(a, b)
    # With Σ = RᵀR the trace of the root is the sum of the singular values of R_a R_bᵀ; no
    # covariance is squared or rooted, so singular ones cost no digits.
    root_a, root_b = _covariance_root(a), _covariance_root(b)
    overlap = torch.linalg.svdvals(root_a @ root_b.T).sum()
    shift = (a.mean(0) - b.mean(0)).square().sum()
    distance = shift + root_a.square().sum() + root_b.square().sum() - 2 * overlap
    return max(distance.item(), 0.0)


def _covariance_root(rows: Tensor) -> Tensor:
    return torch.linalg.qr(rows - rows.mean(0), mode="r").R / math.sqrt(len(rows) - 1)


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a classifier says of a set of images.

    frechet: squared Fréchet distance of its features to the reference's; class_counts (10,): how
    many images it reads as each digit; confidence: the mean of each image's highest class
    probability; doubtful: the share of images for which that is below .9.
    """

    frechet: float
    class_counts: np.ndarray
    confidence: float
    doubtful: float


@torch.no_grad()
def grade_images(classifier: DigitClassifier, images: Images, reference_images: Images) -> Verdict:
    """Return the verdict on images, held against reference images, at least two of each.

    Raises TypeError or ValueError for images of another kind than `DigitClassifier` describes, NaN
    included, which a generator draws after its training diverged.
    """
    features, reference = (_in_blocks(classifier.features, x) for x in (images, reference_images))
    highest, digit = classifier.head(features).softmax(1).max(1)
    return Verdict(
        frechet=frechet_distance(features, reference),
        class_counts=np.bincount(digit.numpy(), minlength=10),
        confidence=highest.mean().item(),
        doubtful=(highest < 0.9).double().mean().item(),
    )


def nearest_neighbours(
    images: Images, reference_images: Images, k: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest reference images of each image: row numbers and distances, (N, k) each.

    Euclidean distance over pixels from 0 (black) to 1 (white), nearest first; 0 is a copy.
    Raises TypeError or ValueError for images of another kind than `DigitClassifier` describes, and
    ValueError unless 1 ≤ k ≤ the number of reference images.
    """
    x, reference = ((_as_input(i).detach() + 1) / 2 for i in (images, reference_images))
    if not 1 <= k <= len(reference):
        raise ValueError(f"k must lie between 1 and the {len(reference)} references, got {k}")
    blocks = _distance_blocks(x, reference)
    found = [_nearest(x[rows], squared, reference, k) for rows, squared in blocks]
    indices, distances = (torch.cat(part).numpy() for part in zip(*found, strict=True))
    return indices, distances


def _nearest(x: Tensor, squared: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    indices = squared.topk(k, largest=False).indices
    # The fast squares are off by rounding, and a copy must have the distance 0.
    distances, order = (x[:, None] - reference[indices]).norm(dim=2).sort(dim=1)
    return indices.gather(1, order), distances


def parzen_log_likelihood(points: ArrayLike, samples: ArrayLike, bandwidth: float) -> np.ndarray:
    """Return log (1/M) Σ_j N(x; s_j, σ² I_d) in nats for each point x: the Parzen window, (n,).

    Points (n, d), samples (M, d) and the bandwidth σ share one unit. uint8 images (N, 28, 28) are
    divided by 255 and so lie in [0, 1]; floats stay as they are, but beside uint8 images they
    must lie in [0, 1] too: a generator's x in [−1, 1] is passed as (x + 1) / 2.
    Raises ValueError for other shapes or values, no rows, or a bandwidth that is not positive.
    """
    points, samples = _in_one_unit(points, samples)
    if not 0 < bandwidth < math.inf:
        raise ValueError(f"bandwidth must be a positive number, got {bandwidth!r}")
    widths = torch.tensor([bandwidth], dtype=torch.float64)
    return _log_likelihoods(points, samples, widths)[0].numpy()


@dataclass(frozen=True)
class ParzenScore:
    """The bandwidth chosen, and the test set's mean log-likelihood in nats, ± standard error."""

    bandwidth: float
    mean: float
    standard_error: float


BANDWIDTHS = np.logspace(-1, 0, 10)


def parzen_score(samples: ArrayLike, validation: ArrayLike, test: ArrayLike) -> ParzenScore:
    """Return the test set's Parzen log-likelihood with the bandwidth that suits validation best.

    It is one of `BANDWIDTHS`. Arguments and errors are those of `parzen_log_likelihood`; test needs
    at least two rows for the standard error, std / √n.
    Source: Breuleux et al. 2011; the evaluation and its bandwidths as in Goodfellow et al. 2014.
    """
    samples, validation, test = _in_one_unit(samples, validation, test)
    if len(test) < 2:
        raise ValueError(f"test must have at least 2 rows for a standard error, got {len(test)}")
    widths = torch.from_numpy(BANDWIDTHS)
    best = int(_log_likelihoods(validation, samples, widths).mean(1).argmax())
    values = _log_likelihoods(test, samples, widths[best : best + 1])[0]
    error = values.std() / math.sqrt(len(values))
    return ParzenScore(widths[best].item(), values.mean().item(), error.item())


def _log_likelihoods(points: Tensor, samples: Tensor, bandwidths: Tensor) -> Tensor:
    """Log-likelihoods of shape (bandwidths, points); the distances are computed only once."""
    centre = samples.mean(0)  # far from the origin the squares would drown the differences
    # Filled in place: small results kept between the large blocks would fragment the heap.
    log_sums = torch.empty(len(bandwidths), len(points), dtype=torch.float64)
    for rows, squared in _distance_blocks(points - centre, samples - centre):
        for row, h in zip(log_sums, bandwidths, strict=True):
            row[rows] = torch.logsumexp(squared / (-2 * h * h), 1)
    log_volume = samples.shape[1] * (bandwidths.log() + math.log(2 * math.pi) / 2)
    return log_sums - log_volume[:, None] - math.log(len(samples))


def _distance_blocks(x: Tensor, others: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield, for some rows of x at a time, which they are and their squared distances to all."""
    norms = others.square().sum(1)
    size = max(1, _DISTANCES_AT_ONCE // len(others))
    for start in range(0, max(len(x), 1), size):
        rows = slice(start, start + size)
        squared = torch.addmm(norms, x[rows], others.T, alpha=-2)
        yield rows, squared.add_(x[rows].square().sum(1, keepdim=True)).clamp_(min=0)


@torch.no_grad()
def _in_blocks(function: Callable[[Images], Tensor], images: Images) -> Tensor:
    starts = range(0, max(len(images), 1), _ROWS_AT_ONCE)
    return torch.cat([function(images[start : start + _ROWS_AT_ONCE]) for start in starts])


def _as_input(images: Images) -> Tensor:
    if isinstance(images, np.ndarray):
        return as_tensor(images)
    if not isinstance(images, Tensor) or images.shape[1:] != (PIXELS,):
        raise ValueError(
            f"images must be uint8 of shape (N, 28, 28) or a tensor of shape (N, {PIXELS}) in "
            f"[−1, 1], got {type(images).__name__} of shape {tuple(np.shape(images))}"
        )
    if not images.is_floating_point() or not (images.abs() <= 1 + _ROUNDING).all():
        raise ValueError("a tensor of images must hold floats in [−1, 1], without NaN")
    return images.float().cpu()


def _rows(values: ArrayLike, at_least: int = 1) -> Tensor:
    """Check a table of shape (rows, columns), and return it in float64; uint8 images in [0, 1]."""
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    table = np.array(values, dtype=np.float64)
    if _is_uint8(values):
        table = table.reshape(len(table), math.prod(table.shape[1:]))
        table /= 255
    if table.ndim != 2 or len(table) < at_least or table.shape[1] == 0:
        raise ValueError(
            f"expected {at_least} or more rows of numbers, (rows, columns), got {table.shape}"
        )
    if not np.isfinite(table).all():
        raise ValueError("expected finite numbers, got NaN or infinity")
    return torch.from_numpy(table)


def _is_uint8(values: ArrayLike) -> bool:
    return getattr(values, "dtype", None) in (np.uint8, torch.uint8)


def _in_one_unit(*sets: ArrayLike) -> list[Tensor]:
    tables = [_rows(values) for values in sets]
    _check_same_width(*tables)
    lowest, highest = min(t.min() for t in tables), max(t.max() for t in tables)
    if any(map(_is_uint8, sets)) and (lowest < -_ROUNDING or highest > 1 + _ROUNDING):
        raise ValueError("uint8 images count as [0, 1], so floats beside them must lie there too")
    return tables


def _check_same_width(*tables: Tensor) -> None:
    widths = [table.shape[1] for table in tables]
    if len(set(widths)) > 1:
        raise ValueError(f"all sets must have the same number of columns, got {widths}")


def _check_labels(images: Images, labels: ArrayLike) -> None:
    if len(images) == 0 or np.shape(labels) != (len(images),):
        raise ValueError(
            f"expected one label for each image and at least one image, got images: {len(images)}, "
            f"and labels of shape {np.shape(labels)}"
        )
