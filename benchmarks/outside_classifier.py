"""A digit classifier from outside the course, with which no recipe of the first edition was tuned.

    GAN_EDU_MNIST=… python -m benchmarks.outside_classifier [--train] [samples.npz …]

It is trained once and kept in the cache folder; `--train` trains it anew. It grades the images of
each file: uint8 (N, 28, 28) under the key `images`, as `gan_edu.train` writes them. Its recipe is
part of the record's protocol (RECORD.md): seed 0, one thread, float32, some CPU minutes.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gan_edu.datasets import Digits, cache_folder, load_mnist
from gan_edu.files import print_in_any_encoding, read_torch, write_torch
from gan_edu.metrics import frechet_distance

EPOCHS, BATCH, PEAK_LR = 8, 128, 8e-3
FEATURES = 256
MEAN, DEVIATION = 0.1307, 0.3081  # of MNIST's pixels, from 0 to 1
ENOUGH = 0.995  # the share of MNIST's test digits that a classifier has to read


def network() -> nn.Sequential:
    """Return it untrained; its last two layers decide on the features of those before."""
    layers, sizes = [], [(1, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]
    for before, after, stride in sizes:
        convolution = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(after), nn.ReLU()]
    layers += [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(576, FEATURES), nn.ReLU()]
    classifier = nn.Sequential(*layers, nn.Dropout(0.3), nn.Linear(FEATURES, 10))
    return classifier.to(memory_format=torch.channels_last)


def train(digits: Digits, seed: int = 0) -> nn.Sequential:
    """Return it trained on digits that are moved by up to two pixels; the seed decides it."""
    torch.manual_seed(seed)
    rng, classifier = np.random.default_rng(seed), network()
    steps = len(digits.images) // BATCH
    optimiser = torch.optim.AdamW(classifier.parameters(), weight_decay=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_LR, total_steps=EPOCHS * steps)
    padded = nn.functional.pad(scaled(digits.images), (2, 2, 2, 2), value=-MEAN / DEVIATION)
    for _ in range(EPOCHS):
        order = rng.permutation(len(padded))[: steps * BATCH].reshape(steps, BATCH)
        for rows in torch.from_numpy(order):
            top, left = rng.integers(0, 5, 2)
            logits = classifier(_laid_out(padded[rows, :, top : top + 28, left : left + 28]))
            labels = torch.from_numpy(digits.labels[rows.numpy()])
            optimiser.zero_grad()
            nn.functional.cross_entropy(logits, labels).backward()
            optimiser.step()
            schedule.step()
    return classifier.eval().requires_grad_(False)


def scaled(images: np.ndarray) -> torch.Tensor:
    """Return uint8 images (N, 28, 28) as (N, 1, 28, 28), with MNIST's mean at 0."""
    return torch.from_numpy(images).float().div_(255).sub_(MEAN).div_(DEVIATION)[:, None]


def _laid_out(images: torch.Tensor) -> torch.Tensor:
    return images.contiguous(memory_format=torch.channels_last)


def load(digits: Digits, anew: bool = False) -> nn.Sequential:
    """Return it for these digits, trained at most once; it has to read MNIST well enough."""
    path = cache_folder() / f"outside-classifier-1-{digits.name.replace(' ', '-')}.pt"
    if path.exists() and not anew:
        classifier = network()
        classifier.load_state_dict(read_torch(path))
        return classifier.eval().requires_grad_(False)
    classifier = train(digits)
    if digits.is_mnist and accuracy(classifier, digits) < ENOUGH:
        raise SystemExit("the classifier reads too few digits; its recipe has been changed?")
    write_torch(path, classifier.state_dict())
    return classifier


def accuracy(classifier: nn.Sequential, digits: Digits) -> float:
    logits = classifier[-1](features(classifier, digits.test_images))
    return (logits.argmax(1).numpy() == digits.test_labels).mean().item()


def features(classifier: nn.Sequential, images: np.ndarray) -> torch.Tensor:
    """Return the penultimate layer's answers (N, 256) to uint8 images (N, 28, 28)."""
    with torch.no_grad():
        return torch.cat([classifier[:-2](_laid_out(block)) for block in scaled(images).split(500)])


def grade(classifier: nn.Sequential, images: np.ndarray, digits: Digits) -> dict[str, float]:
    """Return Fréchet distance to the test digits, share of doubtful images, and of the digits
    that an image is read as with 90 % or more, the rarest's share of all images."""
    found, real = features(classifier, images), features(classifier, digits.test_images)
    sure, digit = classifier[-1](found).softmax(1).max(1)
    counts = torch.bincount(digit[sure >= 0.9], minlength=10)
    return {
        "frechet": frechet_distance(found, real),
        "doubtful": (sure < 0.9).double().mean().item(),
        "rarest": counts.min().item() / len(images),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", action="store_true", help="train the classifier anew")
    parser.add_argument("samples", nargs="*", type=Path, help="files with uint8 `images`")
    options = parser.parse_args()
    print_in_any_encoding()
    torch.set_num_threads(1)
    digits = load_mnist()
    classifier = load(digits, options.train)
    print(
        f"{digits.name}: the classifier reads {accuracy(classifier, digits):.2%} of the test digits"
    )
    first, second = digits.images[:10_000], digits.images[10_000:20_000]
    pairs = {"training digits": first, "other training digits": second}
    pairs |= {str(path): np.load(path)["images"] for path in options.samples}
    for name, images in pairs.items():
        found = grade(classifier, images, digits)
        print(f"{name}: {', '.join(f'{key} {value:.4g}' for key, value in found.items())}")


if __name__ == "__main__":
    main()
