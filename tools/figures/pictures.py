"""Make every picture in `gan_edu/images/`: `python -m tools.figures`, in two minutes, anywhere.

Those with words are made in each language, too, in its folder of `gan_edu/locale/`.
What had to be trained comes from a file. `python -m tools.figures --train` plays all games anew,
for the pictures and for the generated digits of chapter 00, and stores what came out.
"""

import copy
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import FancyBboxPatch
from PIL import Image
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from gan_edu import language
from gan_edu.chapters.ch00_forger_and_detective import album as duel
from gan_edu.chapters.ch01_inverse_cdf.scenes import drops_scene
from gan_edu.chapters.ch02_histogram_js.values import TWO_MODES
from gan_edu.chapters.ch03_neural_distance.scenes import optimal_scene
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.chapters.line_scenes import short_duel_scene
from gan_edu.datasets import Digits, as_tensor, load_mnist, load_offline_digits, tile
from gan_edu.distributions import normal
from gan_edu.files import written_whole
from gan_edu.language import gettext as _
from gan_edu.networks import PIXELS, linear
from gan_edu.recipes import digit_game, draw, fresh_noise
from gan_edu.stage import artists, palette
from gan_edu.stage.painting import Picture, render
from gan_edu.stage.paper import new_figure, styled
from gan_edu.stage.stills import IMAGES
from gan_edu.training import Game, play_iterations
from tools.figures import article, trained

FRAME, LAST_FRAME = 90, 4000  # milliseconds
MARGIN, CORNER = 0.12, 0.1  # inches
COLOURS = 64  # of a PNG
BLUR = 1.0  # standard deviation, in pixels, of the Gaussian that averages a gradient
BATCH = 64  # of one step of a D that studies


def digits_emerge() -> Image.Image:
    """Return what twelve noise vectors become in the course of one game: a row for each stage."""
    ink_on_paper = Image.fromarray(255 - tile(trained.digits(), columns=12))
    return ink_on_paper.resize([3 * side for side in ink_on_paper.size], Image.BICUBIC)


def in_noise_out_bell() -> Figure:
    """Return chapter 01's samples on their way through Φ⁻¹ to a standard normal."""
    return drops_scene().figure(n=3000, flight=1.0, density=True)


@styled
def two_samples() -> Figure:
    """Return chapter 02's question: real and generated samples, counted in the same bins."""
    figure, (axes,) = new_figure(2.8)
    edges, rng = np.linspace(-4.5, 4.5, 46), np.random.default_rng(0)
    x_real, x_fake = TWO_MODES.sample(4000, rng), normal(0.5, 1.2).sample(4000, rng)
    real = artists.bars(axes, edges, palette.REAL)
    real.set_data(artists.heights(x_real, edges))
    real.set_label(_("real"))
    fake = axes.stairs(artists.heights(x_fake, edges), edges, color=palette.FAKE, linewidth=1.8)
    fake.set_label(_("generated"))
    axes.set(xlim=(-4.5, 4.5), ylim=(0, 0.5), yticks=[], xlabel="x")
    axes.legend(handles=[real, fake])
    return figure


def best_discriminator() -> Figure:
    """Return chapter 03's optimal discriminator for two Gaussians, and its value."""
    return optimal_scene().figure(shift=2.0)


def finished_duel() -> Figure:
    """Return chapter 04's two networks after 2000 iterations: D beside D*, G beside F⁻¹."""
    return short_duel_scene("normal").figure(match=trained.line_at("normal", 2000))


def covered_ring() -> Figure:
    """Return chapter 07's ring of eight modes, after 2000 iterations."""
    return playground_scene().figure(trained.ring())


def game(iterations: tuple[int, ...] = trained.FILM) -> list[Image.Image]:
    """Return chapter 04's game as a film: D beside D*, G beside Φ⁻¹, at these `iterations`."""
    frames = []
    figure, update = short_duel_scene("normal").open()
    _put_on_paper(figure)
    picture = Picture(figure, update)
    for end in iterations:
        picture.update(trained.line_at("normal", end))
        frames.append(Image.fromarray(picture.pixels(scale=2).copy()))
    return frames


@styled
def _put_on_paper(figure: Figure) -> None:
    """Lay a figure on white paper with a margin, to be seen on a dark page as well."""
    width, height = figure.get_size_inches()
    layout = figure.get_layout_engine()
    if isinstance(layout, ConstrainedLayoutEngine):
        inner = (width - 2 * MARGIN) / width, (height - 2 * MARGIN) / height
        layout.set(rect=(MARGIN / width, MARGIN / height, *inner))
    figure.patch.set_visible(False)
    corners = f"round,pad=0,rounding_size={CORNER}"
    look = {"boxstyle": corners, "facecolor": "white", "linewidth": 0, "zorder": -1}
    figure.add_artist(
        FancyBboxPatch((0, 0), width, height, transform=figure.dpi_scale_trans, **look)
    )


def _settle(figure: Figure) -> None:
    """Round where the layout puts the panels: its last digits are other ones now and then."""
    figure.savefig(io.BytesIO(), format="svg")  # measures words as an SVG does
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position([round(side, 9) for side in axes.get_position(original=True).bounds])


@styled
def _write_svg(figure: Figure, path: Path) -> None:
    _put_on_paper(figure)
    _settle(figure)
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    path.write_text(_dense(stream.getvalue()), encoding="utf-8", newline="\n")


def _dense(svg: str) -> str:
    """Return an SVG as short as it can be, since a notebook may hold it.

    It has no comments, no metadata, no blanks around its lines, short names for its letters, and
    numbers of four digits at most: places to a tenth of a point, widths and opacities to a
    hundredth.
    """
    seen = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    bare = re.sub(r"\s*\n\s*", "\n", seen)
    for number, letter in enumerate(re.findall(r'<path id="([^"]+)"', bare)):
        bare = re.sub(f'"(#?){letter}"', f'"\\g<1>g{number}"', bare)
    places = re.sub(r"\b\d{2,}\.\d{2,}", lambda place: f"{float(place[0]):.1f}", bare)
    return re.sub(r"(?<!scale\()\b\d\.\d{3,}", lambda number: f"{float(number[0]):.2f}", places)


def _write_png(picture: Figure | Image.Image, path: Path) -> None:
    if isinstance(picture, Figure):
        _put_on_paper(picture)
        picture = _in_few_colours(Image.fromarray(render(picture, scale=2)))
    picture.save(path, optimize=True)


def _in_few_colours(drawn: Image.Image) -> Image.Image:
    """Return an RGBA picture in `COLOURS` colours and one more, which is transparent."""
    few = _flat(drawn).quantize(COLOURS)
    few.putpalette(few.getpalette()[: 3 * COLOURS] + [255] * 3)
    few.paste(COLOURS, mask=drawn.getchannel("A").point(lambda alpha: 255 * (alpha < 128)))
    few.info["transparency"] = COLOURS
    return few


def _write_film(frames: list[Image.Image], path: Path) -> None:
    """Write an animation in few colours that ends: it must not keep moving beside a text."""
    palette = _flat(frames[-1]).quantize(32)
    film = [_flat(frame).quantize(palette=palette, dither=0).convert("RGB") for frame in frames]
    for picture, frame in zip(film, frames, strict=True):
        picture.putalpha(frame.getchannel("A"))
    shown = [FRAME] * (len(frames) - 1) + [LAST_FRAME]
    packed = {"save_all": True, "lossless": True, "method": 4}
    film[0].save(path, append_images=film[1:], duration=shown, loop=3, **packed)


def _flat(picture: Image.Image) -> Image.Image:
    """Return a picture on white without transparency; what is nearly white becomes white."""
    flat = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return flat.point(lambda value: 255 if value > 244 else value)


WRITERS = {".svg": _write_svg, ".png": _write_png, ".webp": _write_film}
PICTURES: dict[str, Callable] = {
    # the front page, and a picture for each chapter
    "digits_emerge.png": digits_emerge,
    "game.webp": game,
    "inverse_cdf.png": in_noise_out_bell,
    "histogram_js.png": two_samples,
    "neural_distance.png": best_discriminator,
    "adversarial_game.png": finished_duel,
    "playground.png": covered_ring,
    # what the article refers to
    "forger_and_detective.svg": partial(article.generator_and_discriminator, trained.line_at),
    "three_tops.svg": article.three_tops,
    "stale_discriminator.svg": article.stale_discriminator,
    "two_losses.svg": article.two_losses,
    "one_iteration.svg": lambda: article.one_iteration(trained.line_at("normal", 200)),
    "gan_beside_rl.svg": article.gan_beside_rl,
}


def write(name: str, folder: Path = IMAGES) -> Path:
    """Make one of `PICTURES` and write it into `folder`; the same machine makes the same bytes."""
    path = folder / name
    with written_whole(path) as whole:
        WRITERS[path.suffix](PICTURES[name](), whole)
    return path


def forgeries(digits: Digits, stages: tuple[int, ...] = duel.STAGES) -> duel.Album:
    """Play one game on `digits`; return what G draws at each stage, D's answers and gradients.

    The generated digits come from the EMA of G, always from the same noise. The real pictures are
    held-out ones, chosen by a fixed permutation. All have the same few grey levels, and D is asked
    about exactly the pictures that the learner sees.
    """
    game, x = _lone_discriminator(digit_game(precision=torch.float32)), as_tensor(digits.images)
    z = fresh_noise(duel.FORGERIES, seed=4)
    chosen = np.random.default_rng(0).permutation(len(digits.test_images))[: duel.REALS]
    real, rows = duel.coarse(digits.test_images[chosen]), []
    for snapshot in play_iterations(game, x, max(stages)):
        if snapshot.iteration in stages:
            generated, discriminator = duel.coarse(draw(game, z)), _studied(game, x)
            rows.append(_row(discriminator, real, generated))
    return duel.Album(chosen, real, *map(np.array, zip(*rows, strict=True)))


def _row(discriminator: nn.Module, real: np.ndarray, generated: np.ndarray) -> tuple:
    """Return what an album has of one stage: pictures, and what D says of them."""
    advised = generated[: duel.ADVISED]
    gradient = _gradient(discriminator, advised)
    steps = [duel.moved(advised, gradient, step) for step in range(duel.STEPS + 1)]
    along = np.array([_answers(discriminator, images) for images in steps]).T
    on_real, on_fake = _answers(discriminator, real), _answers(discriminator, generated)
    return on_real, generated, on_fake, gradient, along


def _gradient(discriminator: nn.Module, images: np.ndarray) -> np.ndarray:
    """Return the gradient of D's logit for each pixel, int8 from −LEVELS to LEVELS.

    Neighbouring pixels are averaged by a Gaussian: the bare gradient is speckled.
    """
    x = as_tensor(images).requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(x).sum(), x)
    smooth = gaussian_filter(slope.numpy().reshape(-1, 28, 28), (0, BLUR, BLUR))
    largest = np.abs(smooth).max((1, 2), keepdims=True)
    return (duel.LEVELS * smooth / largest).round().astype(np.int8)


def _lone_discriminator(game: Game) -> Game:
    """Return the game with a D that sees each picture alone: chapter 05's, without BatchSpread.

    In the learner's game pictures come one at a time, so D must not see them side by side.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        layers = linear(PIXELS, 256), linear(256, 128), linear(128, 1)
    bend = nn.LeakyReLU(0.2)
    player = nn.Sequential(layers[0], bend, layers[1], bend, layers[2])
    settings = {"lr": 1e-3, "betas": (0.0, 0.99), "fused": True}
    return replace(
        game, discriminator=player, opt_d=torch.optim.Adam(player.parameters(), **settings)
    )


def _studied(game: Game, x: Tensor, steps: int = 300) -> nn.Module:
    """Return a copy of D after some small steps against the present G.

    In the middle of a game D's threshold swings from "all real" to "all fake" and back within a
    few iterations: its ranking of the pictures says more than its answers. Small steps against a
    G that stands still bring the threshold back to ½. The game itself is left as it is.
    """
    study = copy.deepcopy(game)
    for group in study.opt_d.param_groups:
        group["lr"] = 1e-4
    for _step in range(steps):
        rows = torch.randint(len(x), (BATCH,), generator=study.rng)
        with torch.no_grad():
            x_fake = study.average(study.noise(BATCH))
        study.step_discriminator(x[rows], x_fake)
    return study.discriminator


@torch.no_grad()
def _answers(discriminator: nn.Module, images: np.ndarray) -> list[float]:
    answers = discriminator(as_tensor(images)).sigmoid().flatten()
    return [round(answer, 3) for answer in answers.tolist()]


def write_album(digits: Digits, album: duel.Album, folder: Path = duel.FOLDER) -> None:
    """Write forgeries and gradients as PNGs, a row for each stage, and D's answers as JSON."""
    answers = {
        "real": album.chosen.tolist(),
        "on_real": album.on_real.tolist(),
        "on_forged": album.on_fake.tolist(),
        "along": album.along.tolist(),
    }
    _write_sheet(album.generated // duel.GREY_STEP, duel.album_file(digits, ".png", folder))
    levels = (album.gradient + duel.LEVELS).astype(np.uint8)
    _write_sheet(levels, duel.album_file(digits, "_gradient.png", folder))
    with written_whole(duel.album_file(digits, ".json", folder)) as path:
        path.write_text(json.dumps(answers, separators=(",", ":")), encoding="utf-8")


def _write_sheet(levels: np.ndarray, path: Path) -> None:
    """Write pictures (stages, columns, 28, 28) of 16 levels, 0 to 15, as one PNG."""
    sheet = Image.fromarray(tile(levels.reshape(-1, 28, 28), columns=levels.shape[1]))
    sheet.putpalette([step * duel.GREY_STEP for step in range(16) for _ in range(3)])
    with written_whole(path) as whole:
        sheet.save(whole, optimize=True, bits=4)


def main() -> None:
    """Write all pictures; with `--train` play all games first, and write the forgeries too."""
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--train"]:
        _train()
    for spoken in language.languages():
        language.speak(spoken)
        for name in PICTURES:
            if path := write_in_the_language_of_now(name):
                print(f"{name}, {spoken}: {path.stat().st_size // 1000} kB")


def write_in_the_language_of_now(name: str) -> Path | None:
    """Write a picture for the language that is spoken; none if it is the same as in English."""
    if language.spoken() == language.SOURCE:
        return write(name)
    folder = language.LOCALE / language.spoken() / "images"
    folder.mkdir(exist_ok=True)
    path = write(name, folder)
    if path.read_bytes() == (IMAGES / name).read_bytes():
        path.unlink()
        return None
    return path


def _train() -> None:
    trained.play()
    for digits in {d.name: d for d in (load_offline_digits(), load_mnist())}.values():
        write_album(digits, forgeries(digits))
        print(f"forgeries of {digits.name}")


if __name__ == "__main__":
    sys.exit(main())
