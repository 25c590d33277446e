"""The shipped pictures of chapter 00: forgeries of six stages, D's answers, and its gradients."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gan_edu.datasets import Digits, load_mnist

FOLDER = Path(__file__).parent / "forgeries"
STAGES = (100, 200, 600, 1500, 6000, 12_000)  # iterations played before each of six rounds
FORGERIES = 50  # forged pictures for each stage
REALS = 100  # pictures
ADVISED = 10  # forgeries of each stage whose gradient is stored
GREY_STEP = 17  # 16 levels, 0, 17, …, 255
STEPS = 8  # along a gradient
INK = 16  # grey levels that a step moves at most
LEVELS = 7  # of a gradient, on each side of 0


@dataclass(frozen=True, eq=False)
class Album:
    """Pictures, uint8 (…, 28, 28), and D's answers to them: the probability "real".

    `chosen` are the indices of the real pictures (REALS,) among the held-out ones; `generated` is
    (stages, FORGERIES, 28, 28). D grows with G: `on_real` is (stages, REALS) and `on_fake` is
    (stages, FORGERIES). For the first ADVISED forgeries of each stage `gradient` is D's smoothed
    gradient, int8 (stages, ADVISED, 28, 28) from −LEVELS to LEVELS, and `along` are D's answers
    after 0 to STEPS steps in its direction, (stages, ADVISED, STEPS + 1).
    """

    chosen: np.ndarray
    real: np.ndarray
    on_real: np.ndarray
    generated: np.ndarray
    on_fake: np.ndarray
    gradient: np.ndarray
    along: np.ndarray


def coarse(images: np.ndarray) -> np.ndarray:
    """Return uint8 images with 16 levels of grey, each value moved to the nearest."""
    return ((images.astype(np.uint16) + GREY_STEP // 2) // GREY_STEP * GREY_STEP).astype(np.uint8)


def moved(images: np.ndarray, gradient: np.ndarray, step: int) -> np.ndarray:
    """Return uint8 images after some steps in the direction of a gradient from −LEVELS to LEVELS.

    The pixel with the largest gradient gets INK levels of grey more, or less, with each step.
    """
    ink = images + step * INK * (gradient / LEVELS)
    return np.clip(ink, 0, 255).round().astype(np.uint8)


def album_file(digits: Digits, suffix: str, folder: Path = FOLDER) -> Path:
    """Return where the pictures that belong to `digits` are kept: forgeries, gradients, answers."""
    return folder / f"{digits.name.lower().replace(' ', '_')}{suffix}"


def open_album(digits: Digits | None = None, folder: Path = FOLDER) -> Album:
    """Return real pictures from `digits`, and forgeries by a generator that was trained on them.

    Without `digits` it is MNIST if it is on this machine, else the offline digits.
    """
    digits = digits or load_mnist(download=False)
    stored = json.loads(album_file(digits, ".json", folder).read_text(encoding="utf-8"))
    chosen, *answers = (np.array(stored[k]) for k in ("real", "on_real", "on_forged", "along"))
    generated = _pictures(album_file(digits, ".png", folder), FORGERIES)
    levels = _pictures(album_file(digits, "_gradient.png", folder), ADVISED) // GREY_STEP
    real = coarse(digits.test_images[chosen])
    gradient = levels.astype(np.int8) - LEVELS
    on_real, on_fake, along = answers
    return Album(chosen, real, on_real, generated, on_fake, gradient, along)


def _pictures(path: Path, columns: int) -> np.ndarray:
    """Return the pictures of a sheet, a row for each stage: uint8 (stages, columns, 28, 28)."""
    with Image.open(path) as sheet:
        rows = np.array(sheet.convert("L")).reshape(len(STAGES), 28, columns, 28)
    return rows.swapaxes(1, 2)
