"""Make every picture in `images/` again: `python -m gan_edu.figures`."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan_edu.datasets import as_tensor, load_mnist
from gan_edu.files import written_whole
from gan_edu.labs.mnist_gan import digit_game, draw, fresh_noise
from gan_edu.plots import tile
from gan_edu.training import play_rounds

IMAGES = Path(__file__).parents[1] / "images"
STAGES = (20, 200, 1000, 12_000)  # rounds


def digits_emerge() -> Image.Image:
    """Return what twelve noise vectors become in the course of one game: a row for each stage."""
    game, z = digit_game(), fresh_noise(12, seed=4)
    x = as_tensor(load_mnist().images)
    rows = []
    for snapshot in play_rounds(game, x, max(STAGES)):
        if snapshot.round in STAGES:
            rows.append(draw(game, z))
    ink_on_paper = 255 - tile(np.concatenate(rows), columns=12)
    return Image.fromarray(ink_on_paper).resize((12 * 28 * 3, len(rows) * 28 * 3), Image.BICUBIC)


PICTURES = {"digits_emerge.png": digits_emerge}


def main() -> None:
    """Write each picture to `images/`; the same machine makes the same bytes."""
    torch.set_num_threads(1)
    for name, make in PICTURES.items():
        with written_whole(IMAGES / name) as path:
            make().save(path, optimize=True)
        print(f"{name}: {(IMAGES / name).stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())
