"""What every scene must do, wherever its sliders stand: for the tests of each chapter."""

import itertools

import numpy as np

from gan_edu import plots


def check_all_corners(scene: plots.Scene, sliders: dict[str, tuple]) -> None:
    """Draw a scene at all combinations; it must follow its sliders, and never jump."""
    picture, seen = plots.Picture(*scene.open()), set()
    for values in itertools.product(*sliders.values()):
        picture.update(**dict(zip(sliders, values, strict=True)))
        pixels = picture.pixels()
        seen.add((pixels.shape, pixels.tobytes()))
    settings = np.prod([len(values) for values in sliders.values()])
    assert len({shape for shape, _ in seen}) == 1
    assert len(seen) > settings / 2, "the picture must follow the sliders"


def check_painting(scene: plots.Scene, sliders: dict[str, tuple]) -> None:
    """Paint some frames, one over the other; the last must be as if all were drawn anew."""
    picture = plots.Picture(*scene.open())
    for i in (0, 1, -1):
        setting = {name: values[i % len(values)] for name, values in sliders.items()}
        picture.update(**setting)
        last = picture.pixels().copy()
    picture.forget()  # all is drawn again, in the same layout
    picture.update(**setting)
    difference = np.abs(last.astype(int) - picture.pixels().astype(int)).max(-1)
    assert np.mean(difference > 60) < 0.002
