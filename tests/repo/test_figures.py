"""The pictures: each is made by one command, used, described, and shows what was computed."""

import os
import re
import subprocess
import sys
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.colors import same_color
from matplotlib.text import Text
from PIL import Image
from scipy.integrate import quad
from scipy.special import log_expit
from scipy.stats import norm

from gan_edu import language, losses
from gan_edu.recipes import DISTRIBUTIONS, line_match
from gan_edu.stage import palette, paper, stills
from tests.helpers import tongue
from tests.helpers.playing import played
from tools.figures import article, trained
from tools.figures import pictures as figures

ROOT = Path(__file__).parents[2]
TEXTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "notebooks" / "source").glob("*.py")),
    *sorted((ROOT / "site").rglob("*.md")),
]
DRAWN = [name for name in figures.PICTURES if name.endswith(".svg")]


def uses(text: str) -> list[tuple[str, str]]:
    """Return (alternative text, file) of each of our pictures in a text, Markdown or HTML."""
    found = re.findall(r"!\[([^\]]*)\]\([^)]*images/([^)]+)\)", text)
    for tag in re.findall(r"<img\b[^>]*>", text):
        source, alt = re.search(r'src="[^"]*images/([^"]+)"', tag), re.search(r'alt="([^"]*)"', tag)
        if source:
            found.append((alt[1] if alt else "", source[1]))
    return found


USES = [(path.name, *use) for path in TEXTS for use in uses(path.read_text(encoding="utf-8"))]


@cache
def drawn(name: str):
    """Draw once what several tests look at."""
    return figures.PICTURES[f"{name}.svg"]()


def lines(axes) -> dict:
    return {line.get_label(): line for line in axes.lines}


def arrows(axes) -> list:
    return [text for text in axes.texts if getattr(text, "arrow_patch", None)]


def squares(axes) -> list[np.ndarray]:
    return [line.get_ydata() for line in axes.lines if line.get_marker() == "s"]


def number(text: str) -> float:
    return float(re.search(r"[-+]?\d+\.\d+", text.replace("−", "-"))[0])


# All pictures


def test_every_picture_is_used_and_every_use_is_one_of_them():
    assert {name for _, _, name in USES} == set(figures.PICTURES)


@pytest.mark.parametrize(("where", "alt", "name"), USES, ids=[f"{w}-{n}" for w, _, n in USES])
def test_every_use_says_in_words_what_the_picture_shows(where, alt, name):
    assert len(alt.split()) >= 8, f"{name} in {where}"


def test_the_search_for_uses_finds_both_ways_of_writing_them():
    text = '![a b](../images/x.png) <img alt="c" src="images/y.svg" width="4"> <img src="images/z">'
    assert uses(text) == [("a b", "x.png"), ("c", "y.svg"), ("", "z")]


def test_another_process_makes_the_same_bytes(tmp_path):
    code = (
        "import sys, pathlib; from tools.figures import pictures as figures; "
        "figures.write('two_losses.svg', pathlib.Path(sys.argv[1]))"
    )
    there = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there")], check=True, env=there)
    here = figures.write("two_losses.svg", tmp_path)
    assert here.read_bytes() == (tmp_path / "there" / here.name).read_bytes()


# What another processor, or another FreeType, may change: how dark the edge of a letter is.
DARKER, SHARE = 32, 2e-5  # grey levels, and the share of pixels that may differ by more
MOVED = 0.02  # points, in a drawing
LONG = {("game.webp", "zh_CN")}  # a film: half a minute


def unlike(fresh: Path, other: Path) -> str:
    """Say what two files of a picture differ in, if it is more than a processor may change."""
    if fresh.suffix == ".svg":
        return unlike_drawings(*(path.read_text(encoding="utf-8") for path in (fresh, other)))
    with Image.open(fresh) as one, Image.open(other) as two:
        looks = [(image.size, getattr(image, "n_frames", 1)) for image in (one, two)]
        if looks[0] != looks[1]:
            return f"size and frames {looks}"
        for frame in range(looks[0][1]):
            one.seek(frame)
            two.seek(frame)
            pixels = [np.asarray(image.convert("RGBA"), int) for image in (one, two)]
            share = np.mean(np.abs(pixels[0] - pixels[1]).max(-1) > DARKER)
            if share > SHARE:
                return f"{share:.2%} of the pixels of frame {frame}"
    return ""


def unlike_drawings(one: str, two: str) -> str:
    """Compare the words of two SVG files, names of parts by where they first stand, and numbers."""
    numbers, words = [], []
    for svg in (one, two):
        names = dict.fromkeys(re.findall(r'id="([^"]+)"', svg))
        for place, name in enumerate(names):
            svg = re.sub(rf'(id="|#){re.escape(name)}(?=["\)])', rf"\1part{place}", svg)
        found = r"(?<![\w#.])-?\d+(?:\.\d+)?(?:e-?\d+)?"
        numbers.append(np.array(re.findall(found, svg), float))
        words.append(re.sub(found, "0", svg))
    if words[0] != words[1]:
        return "its parts"
    moved = np.abs(numbers[0] - numbers[1]).max()
    return f"a number, by {moved}" if moved > MOVED else ""


MADE = [
    pytest.param(name, spoken, marks=[pytest.mark.slow] if (name, spoken) in LONG else [])
    for spoken in language.languages() for name in figures.PICTURES
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoken"), MADE)
def test_every_picture_made_anew_is_the_one_in_the_repository(name, spoken, tmp_path):
    with tongue.speaking(spoken):
        assert not unlike(figures.write(name, tmp_path), stills.file_of(name)), (
            "run `python -m tools.figures`"
        )


def test_the_command_makes_the_pictures_in_every_language(monkeypatch):
    made = []
    monkeypatch.setattr(figures, "PICTURES", {"two_losses.svg": None})
    monkeypatch.setattr(sys, "argv", ["figures"])
    monkeypatch.setattr(
        figures, "write_in_the_language_of_now", lambda name: made.append((name, language.spoken()))
    )
    with tongue.speaking("en"):
        figures.main()
    assert made == [("two_losses.svg", spoken) for spoken in language.languages()]


def test_a_stale_picture_is_told_from_a_fresh_one(tmp_path, monkeypatch):
    for name, colour in (("neural_distance.png", "DISCRIMINATOR"), ("two_losses.svg", "FAKE")):
        fresh = figures.write(name, tmp_path / "fresh")
        with monkeypatch.context() as patch:
            patch.setattr(palette, colour, "#555555")
            assert unlike(fresh, figures.write(name, tmp_path / "grey")), colour
        with monkeypatch.context() as patch:
            patch.setitem(paper.STYLE, "legend.loc", "lower right")
            patch.setitem(paper.STYLE, "axes.titlesize", 10.9)
            assert unlike(fresh, figures.write(name, tmp_path / "moved")), "sizes"
        assert not unlike(fresh, figures.write(name, tmp_path / "again"))


def test_stored_games_are_those_that_are_played(tmp_path, monkeypatch):
    match = line_match("normal")
    stored = trained._played(match, "normal", (0, 4, 52))
    monkeypatch.setattr(trained, "_stored", lambda: stored)
    back = trained.line_at("normal", 52)
    assert (back.iterations, back.history) == (52, match.history)
    for here, there in zip(trained._players(back.game), trained._players(match.game), strict=True):
        for weight, other in zip(here.parameters(), there.parameters(), strict=True):
            torch.testing.assert_close(weight, other, rtol=1e-3, atol=1e-4)
    assert trained.line_at("normal", 4).history == []
    with pytest.raises(KeyError):
        trained.line_at("normal", 3)


def test_stored_games_are_of_today_s_rules():
    """What was stored is what is played now, as long as processors have not grown apart."""
    match = line_match("normal")
    for iterations in (0, 20, 38):
        while match.iterations < iterations:
            match.play_iteration()
        stored = trained.line_at("normal", iterations).game
        for here, there in zip(trained._players(stored), trained._players(match.game), strict=True):
            for weight, other in zip(here.parameters(), there.parameters(), strict=True):
                torch.testing.assert_close(weight, other, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_needs_no_font_and_tells_no_date(name):
    svg = (ROOT / "gan_edu" / "images" / name).read_text(encoding="utf-8")
    assert "<text" not in svg
    assert "<dc:date>" not in svg


@pytest.mark.parametrize("name", [n for n in figures.PICTURES if n != "digits_emerge.png"])
def test_a_picture_is_white_paper_with_round_corners(name):
    if name.endswith(".svg"):
        white = re.search(r'<path d="([^"]+)"[^>]*style="fill: #ffffff"', svg_of(name))[1]
        assert "Q" in white or "C" in white, "corners are bends"
        return
    with Image.open(ROOT / "gan_edu" / "images" / name) as image:
        corner, edge = (image.convert("RGBA").getpixel(at) for at in ((0, 0), (900, 4)))
    assert corner[3] == 0
    assert edge == (255, 255, 255, 255)


def svg_of(name: str) -> str:
    return (ROOT / "gan_edu" / "images" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name.removesuffix(".svg") for name in DRAWN])
def test_no_words_are_cut_or_lie_on_others(name):
    figure = drawn(name)
    figure.draw_without_rendering()
    ticks = {text for ax in figure.axes for text in ax.get_xticklabels() + ax.get_yticklabels()}
    words = [t for t in figure.findobj(Text) if t.get_text() and t.get_visible() and t not in ticks]
    boxes = [(text.get_text(), text.get_window_extent()) for text in words]
    for text, box in boxes:
        assert box.x0 > 0, text
        assert box.y0 > 0, text
        assert box.x1 < figure.bbox.x1, text
        assert box.y1 < figure.bbox.y1, text
    assert not [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


# What the article's pictures show


def exact_v(theta: float, psi: float) -> float:
    """Return V(θ, ψ) of the solvable game, by adaptive quadrature."""

    def density(x):
        a = psi**2 / 2 - psi * x
        return norm.pdf(x) * log_expit(a) + norm.pdf(x, theta) * log_expit(-a)

    return quad(density, -12, 14)[0]


def test_three_curves_have_their_tops_at_theta():
    axes = drawn("three_tops").axes[0]
    said = [number(text.get_text()) for text in axes.texts if text.get_text()]
    for theta, top, words in zip((3, 2, 1), (-0.3327, -0.7126, -1.1635), said, strict=True):
        psi, v = lines(axes)[f"θ = {theta}"].get_data()
        assert psi[v.argmax()] == pytest.approx(theta)
        assert v.max() == pytest.approx(top, abs=5e-5)
        assert words == pytest.approx(top, abs=1e-9)
        assert np.interp(0.6, psi, v) == pytest.approx(exact_v(theta, 0.6), abs=2e-3)
    (floor,) = (line for line in axes.lines if line.get_linestyle() == ":")
    assert floor.get_ydata()[0] == pytest.approx(-1.3863, abs=5e-5)


def test_the_generator_goes_down_from_top_to_top():
    axes = drawn("three_tops").axes[0]
    steps = arrows(axes)
    assert [(step.xyann[0], step.xy[0]) for step in steps] == [(3, 2), (2, 1)]
    assert all(step.xy[1] < step.xyann[1] for step in steps)
    assert all(same_color(step.arrow_patch.get_edgecolor(), palette.FAKE) for step in steps)


def test_the_stale_discriminator_promises_what_is_not_so():
    over_psi, over_theta = drawn("stale_discriminator").axes
    stale, true = squares(over_theta)
    assert stale[1] - stale[0] == pytest.approx(-1.73, abs=5e-3)
    assert true[1] - true[0] == pytest.approx(0.223, abs=5e-4)
    assert [number(t.get_text()) for t in over_theta.texts] == [-1.73, 0.223]
    dot = next(line for line in over_psi.lines if line.get_marker() == "o")
    assert dot.get_xdata() == [2]
    assert dot.get_ydata() == pytest.approx([exact_v(-1, 2)], abs=1e-4)
    tops = lines(over_psi)["maximum"]
    assert list(tops.get_xdata()) == [2, -1]
    assert tops.get_ydata() == pytest.approx([-0.7126, -1.1635], abs=5e-5)


def test_both_curves_over_theta_touch_at_2_and_only_there():
    axes = drawn("stale_discriminator").axes[1]
    top, fixed = lines(axes)["optimal D"], lines(axes)["old D"]
    theta, v = fixed.get_data()
    best = np.interp(theta, *top.get_data())
    assert theta[(best - v).argmin()] == pytest.approx(2)
    assert np.all(best - v > -1e-6)
    assert np.all((best - v)[np.abs(theta - 2) > 0.3] > 1e-3)
    at = np.abs(theta - 2).argmin()
    assert np.gradient(v, theta)[at] == pytest.approx(np.gradient(best, theta)[at], abs=5e-3)


def test_the_generator_s_two_losses_and_their_slopes():
    left, right = drawn("two_losses").axes
    a, minimax = lines(left)["log(1 − D)"].get_data()
    a = torch.from_numpy(a).requires_grad_()
    for label, loss in (
        ("log(1 − D)", losses.generator_minimax),
        ("−log D", losses.generator_non_saturating),
    ):
        (slope,) = torch.autograd.grad(loss(a) * len(a), a)
        np.testing.assert_allclose(lines(right)[label].get_ydata(), slope, atol=1e-9)
        value = [loss(logit).item() for logit in a.detach()]
        np.testing.assert_allclose(lines(left)[label].get_ydata(), value, atol=1e-9)
    assert np.all(minimax <= 0)


def test_the_generator_improves_and_the_discriminator_first_knows_nothing():
    figure = drawn("forger_and_detective")
    right = np.array(
        [re.findall(r"\d+(?=%)", ax.get_title(loc="left")) for ax in figure.axes[3:]], int
    )
    d, best = right.T
    assert d[0] <= 55
    assert best[0] >= 95, "it need not have been so bad"
    assert best[0] > best[1] > best[2]
    assert best[2] <= 60
    assert np.all(d <= best)
    assert [ax.get_title(loc="left").split()[0] for ax in figure.axes[:3]] == ["0", "200", "2,000"]


def test_its_real_samples_are_the_smooth_line_of_the_game_beside_it():
    for axes in drawn("forger_and_detective").axes[:3]:
        x, p = lines(axes)["real"].get_data()
        np.testing.assert_allclose(p, DISTRIBUTIONS[article.DISTRIBUTION].pdf(x))


def test_its_best_discriminator_has_no_gap_and_no_sampling_noise():
    for axes in drawn("forger_and_detective").axes[3:]:
        best = lines(axes)["D*"].get_ydata()
        turns = np.diff(np.sign(np.diff(best)[np.abs(np.diff(best)) > 1e-3]))
        assert np.isfinite(best).all()
        assert np.count_nonzero(turns) < 12


def test_the_losses_of_the_iteration_are_those_of_the_game():
    board = drawn("one_iteration").axes[0]
    said = {
        re.search("mathrm{(.*?)}", t.get_text())[1]: number(t.get_text())
        for t in board.texts
        if "mathrm" in t.get_text()
    }
    match = played(line_match("normal"), 200)
    game = match.game
    with torch.no_grad():
        fake = game.discriminator(game.generator(torch.rand(20_000, 1) * 2 - 1))
        real = game.discriminator(match.x)
    assert said["G"] == pytest.approx(game.settings.loss_fn_g(fake).item(), abs=0.03)
    both = losses.discriminator_loss(real, fake).item()
    assert said["fake"] + said["real"] == pytest.approx(both, abs=0.04)


def test_step_1_ends_at_d_and_step_2_goes_on_to_g():
    board = drawn("one_iteration").axes[0]
    ends = {"-": [], palette.DISCRIMINATOR: [], palette.FAKE: []}
    for arrow in arrows(board):
        colour, dashed = arrow.arrow_patch.get_edgecolor(), arrow.arrow_patch.get_linestyle() != "-"
        kind = (
            next(c for c in (palette.DISCRIMINATOR, palette.FAKE) if same_color(colour, c))
            if dashed
            else "-"
        )
        ends[kind].append(arrow.xy[0])
    assert len(ends["-"]) == 7, "noise, G, two kinds of samples, and a loss three times"
    assert len(ends[palette.DISCRIMINATOR]) == 1
    assert len(ends[palette.FAKE]) == 3
    d, g = 6.25, 3.65  # left edge of D, right edge of G, in inches
    assert min(ends[palette.DISCRIMINATOR]) > d
    assert min(ends[palette.FAKE]) == g


def test_d_pushes_each_sample_and_a_rule_only_counts():
    says, rule = (drawn("gan_beside_rl").axes[0].child_axes[i] for i in (1, 4))
    curve, *parts = says.lines
    x, log_d = curve.get_data()
    assert says.get_title(loc="left") == "log D", "the text calls it G's reward"
    assert np.interp(0.75, x, log_d) == pytest.approx(np.log(0.5), abs=1e-3), "D* is ½ halfway"
    slope = np.gradient(log_d, x)
    assert says.get_ylim()[0] < log_d.min()
    pushes = [part.get_xdata() for part in parts if len(part.get_xdata()) == 2]
    assert len(pushes) == 5
    for start, end in pushes:
        assert end - start == pytest.approx(0.8 * np.interp(start, x, slope), abs=1e-2)
    actions = np.concatenate([line.get_xydata() for line in rule.lines])
    np.testing.assert_array_equal(actions[:, 1], np.abs(actions[:, 0]) < 1)
    assert sorted(actions[:, 0]) == pytest.approx([start for start, _ in pushes])


# The film


def test_the_film_is_the_same_each_time_and_ends(tmp_path):
    for turn in "12":
        figures.WRITERS[".webp"](figures.game(iterations=(0, 2, 8)), tmp_path / f"{turn}.webp")
    first, second = ((tmp_path / f"{turn}.webp").read_bytes() for turn in "12")
    assert first == second
    with Image.open(tmp_path / "1.webp") as film:
        assert film.n_frames == 3
        assert film.info["loop"] > 0, "0 stays 0"


def test_the_film_on_the_front_page_is_small_and_not_hectic():
    path = ROOT / "gan_edu" / "images" / "game.webp"
    assert path.stat().st_size < 700_000
    with Image.open(path) as film:
        assert film.n_frames == len(trained.FILM)
        durations = []
        for frame in range(film.n_frames):
            film.seek(frame)
            film.load()
            durations.append(film.info["duration"])
    assert set(durations[:-1]) == {figures.FRAME}
    assert durations[-1] >= 3000, "time to look at the end"
    assert list(trained.FILM) == sorted(set(trained.FILM))
