"""Train the digit game outside a notebook: `python -m gan_edu.train --out DIR`."""

import argparse
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from gan_edu.datasets import Digits, as_tensor, load_mnist, tile
from gan_edu.files import print_in_any_encoding, sweep, written_whole
from gan_edu.language import gettext as _
from gan_edu.language import ngettext
from gan_edu.metrics import grade_images, load_classifier, parzen_score
from gan_edu.recipes import (
    draw_digits,
    labelled_digit_game,
    labelled_digits,
    tuned_digit_game,
    write_generator,
)
from gan_edu.training import Game, load_checkpoint, play_iterations, save_checkpoint

SAVE_EVERY = 1000  # iterations: a few seconds of work are the most that a power cut can take
SAMPLES = 10_000
INTERRUPTED = 130  # the exit code that shells give a program ended by Ctrl-C


def main(argv: list[str] | None = None) -> int:
    """Train, save and draw as the command line asks; return the exit code, 130 after Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(argv)
    print_in_any_encoding()
    torch.set_num_threads(1)  # networks this small only lose time between threads
    try:
        return _run(options)
    except (ValueError, OSError, FloatingPointError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def _run(options: argparse.Namespace) -> int:
    checkpoint = _checkpoint_path(options)
    digits = load_mnist()
    print(digits)
    game, x = _game_and_data(options, digits)
    notes = {"seconds": 0.0, "seed": options.seed, "data": digits.name}
    if options.resume:
        notes = _resume(checkpoint, game, notes)
    interrupted = False
    try:
        _train(game, x, checkpoint, notes, options)
    except KeyboardInterrupt:
        interrupted = True
    save_checkpoint(checkpoint, game, **notes)
    images = draw_digits(game, SAMPLES)
    _write_samples(images, options.out)
    write_generator(options.out / "generator.pt", game)
    _say_how_long(game, notes["seconds"], options.out)
    if interrupted:
        print(_("stopped early; the same command with --resume goes on"))
    elif options.grade:
        _grade(images, digits)
    return INTERRUPTED if interrupted else 0


def _game_and_data(options: argparse.Namespace, digits: Digits) -> tuple[Game, torch.Tensor]:
    if options.without_labels:
        game, x = tuned_digit_game(options.seed, options.device), as_tensor(digits.images)
    else:
        game, x = labelled_digit_game(options.seed, options.device), labelled_digits(digits)
    return game, x.to(options.device)


def _say_how_long(game: Game, seconds: float, out: Path) -> None:
    words = ngettext(
        "{n:,} iteration in {seconds:.1f} CPU seconds; see {out}",
        "{n:,} iterations in {seconds:.1f} CPU seconds; see {out}",
        game.iterations,
    )
    print(words.format(n=game.iterations, seconds=seconds, out=out))


def _train(
    game: Game, x: torch.Tensor, checkpoint: Path, notes: dict, options: argparse.Namespace
) -> None:
    """Play until the budget is spent, and keep the CPU seconds of training in `notes`."""
    iterations = (options.iterations or sys.maxsize) - game.iterations
    if iterations <= 0 or (options.seconds and notes["seconds"] >= options.seconds):
        return
    start = time.process_time() - notes["seconds"]
    with _progress_bar(game, notes, options) as bar:
        for snapshot in play_iterations(game, x, iterations):
            notes["seconds"] = time.process_time() - start
            done = notes["seconds"] if options.seconds else snapshot.iteration
            bar.update(min(done, bar.total) - bar.n)  # a budget of seconds ends within an iteration
            if options.seconds and notes["seconds"] >= options.seconds:
                return
            if snapshot.iteration % SAVE_EVERY == 0:
                bar.set_postfix_str(f"D {snapshot.loss_d:.2f}, G {snapshot.loss_g:.2f}")
                save_checkpoint(checkpoint, game, **notes)


def _progress_bar(game: Game, notes: dict, options: argparse.Namespace) -> tqdm:
    by_time = options.seconds is not None
    return tqdm(
        total=options.seconds if by_time else options.iterations,
        initial=notes["seconds"] if by_time else game.iterations,
        unit=_("CPU s") if by_time else _("iterations"),
        bar_format="{l_bar}{bar}| " + _("{n:.0f} of {total:.0f} {unit}, {remaining} left{postfix}"),
    )


def _write_samples(images: np.ndarray, folder: Path) -> None:
    """Write `samples.npz` (key `images`: uint8 (10000, 28, 28)) and a grid of 100 as PNG."""
    packed = io.BytesIO()  # early NumPy 2 leaves a file open that there is no room for
    np.savez_compressed(packed, images=images)
    with written_whole(folder / "samples.npz") as path:
        path.write_bytes(packed.getvalue())
    with written_whole(folder / "samples.png") as path:
        Image.fromarray(255 - tile(images[:100], columns=10)).save(path)  # ink on paper


def _grade(images: np.ndarray, digits: Digits) -> None:
    verdict = grade_images(load_classifier(digits), images, digits.test_images)
    score = parzen_score(images, digits.images[-1000:], digits.test_images)
    words = _(
        "Fréchet distance to the test images: {frechet:.1f}\n"
        "doubtful images: {doubtful:.1%}; of each digit: {counts}\n"
        "Parzen: {mean:.1f} ± {error:.1f} nats, σ = {bandwidth:.3f}"
    )
    graded = {"frechet": verdict.frechet, "doubtful": verdict.doubtful}
    parzen = {"mean": score.mean, "error": score.standard_error, "bandwidth": score.bandwidth}
    print(words.format(counts=verdict.class_counts, **graded, **parzen))


def _checkpoint_path(options: argparse.Namespace) -> Path:
    checkpoint = options.out / "checkpoint.pt"
    if options.resume and not checkpoint.exists():
        raise ValueError(f"{options.out} holds no checkpoint: leave --resume out to start one")
    if checkpoint.exists() and not options.resume:
        raise ValueError(f"{options.out} holds a run: add --resume, or name another folder")
    return checkpoint


def _resume(checkpoint: Path, game: Game, expected: dict) -> dict:
    sweep(checkpoint)
    try:
        notes = load_checkpoint(checkpoint, game)
    except ValueError as error:
        raise ValueError(
            f"{error}. (A run without labels goes on without them: add --without-labels, or, if "
            f"it began with them, leave that out)"
        ) from error
    for name in ("seed", "data"):
        if notes[name] != expected[name]:
            raise ValueError(
                f"{checkpoint} was made with {name} {notes[name]!r}, and here it is "
                f"{expected[name]!r}: the run would not go on as it began"
            )
    return notes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gan_edu.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help=_("folder for all that is made"))
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--seconds", type=_positive(float), help=_("CPU seconds of training"))
    budget.add_argument("--iterations", type=_positive(int), help=_("iterations of the game"))
    parser.add_argument("--seed", type=int, default=0, help=_("decides the whole run (default 0)"))
    parser.add_argument(
        "--without-labels", action="store_true", help=_("let neither network see which digit it is")
    )
    parser.add_argument(
        "--device", type=_device, default="cpu", help=_("a PyTorch device (default cpu)")
    )
    parser.add_argument("--resume", action="store_true", help=_("go on with the run in --out"))
    parser.add_argument("--grade", action="store_true", help=_("say how good the samples are"))
    return parser


def _device(name: str) -> str:
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # the latter where PyTorch was built without it
        why = str(error).partition("\n")[0]
        raise argparse.ArgumentTypeError(f"no such device here: {why}") from error
    return name


def _positive(kind: type[float]) -> Callable[[str], float]:
    def convert(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"must be a positive number, got {text}")
        return value

    convert.__name__ = kind.__name__  # argparse names the type in its own message
    return convert


if __name__ == "__main__":
    sys.exit(main())
