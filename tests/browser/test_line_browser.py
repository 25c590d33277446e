"""A game on a line in Chromium: its module alone, and a case of chapter 07 in JupyterLab."""

import json
import re

import numpy as np
import pytest

from gan_edu.stage import palette
from gan_edu.stage.plane import Curves, Frame
from tests.browser.test_plane_hands import field, opened, show, tick
from tests.helpers import lab
from tests.helpers.lab import rgb

pytestmark = pytest.mark.browser
BOX = LEFT, RIGHT, LOW, HIGH = -5.0, 5.0, -0.25, 1.25
FOOT = 22  # of the page's pixels, below what has a height
X = np.linspace(LEFT, RIGHT, 101)[:-1] + 0.05
SLOPE = 0.08
BARS = np.where((X > 1) & (X < 2), 0.8, 0.0) + np.where(np.abs(X + 3) < 0.3, 3.0, 0.0)
CURVES = {
    "density": np.where(np.abs(X) < 2, 0.25, 0.0),
    "histogram": BARS,
    "outputs": 2 * X,
    "answers": 0.5 + SLOPE * X,
    "best": np.where(X > 2.5, 0.2, np.nan),
}
# Where in the columns of the canvas, at each x of the line, pixels are nearly of a colour: heights.
COLUMNS = """([xs, colour, [left, right, low, high], foot, alike]) => {
    const canvas = document.querySelector('.gan-plane canvas'), side = canvas.clientWidth;
    const [n, tall] = [canvas.width, (side - foot) * canvas.width / side];
    const {data} = canvas.getContext('2d').getImageData(0, 0, n, n);
    const is = k => colour.every((c, j) => Math.abs(c - data[4 * k + j]) < alike);
    return xs.map(x => {
        const column = Math.floor((x - left) / (right - left) * n), found = [];
        for (let i = 0; i < n; i++)
            if (is(i * n + column)) found.push(high - (i + 0.5) / tall * (high - low));
        return found;
    });
}"""


def framed(**parts) -> Frame:
    boundary = parts.pop("boundary", 0.5)
    more = {
        name: parts.pop(name) for name in ("real", "fake", "arrows", "threads") if name in parts
    }
    return Frame(curves=Curves(BOX, boundary, **{**CURVES, **parts}), **more)


@pytest.fixture
def page(browser):
    page = opened(browser, framed())
    yield page
    assert page.wrong == []
    page.close()


def columns(page, places, colour: str, alike: int = 30) -> list[list[float]]:
    """Return the heights at which a colour is painted, at each x, above the axis's numbers."""
    wanted = [[float(x) for x in places], rgb(colour), list(BOX), FOOT, alike]
    return [[h for h in heights if h > LOW + 0.02] for heights in page.evaluate(COLUMNS, wanted)]


def column(page, x: float, colour: str) -> list[float]:
    return columns(page, [x], colour)[0]


def settle(page) -> None:
    """Let a glide begin and end."""
    tick(page)
    tick(page, 500)


def point_to(page, x: float, height: float = 0.9) -> str:
    box = page.locator(".gan-plane canvas").bounding_box()
    across, up = (x - LEFT) / (RIGHT - LEFT), (HIGH - height) / (HIGH - LOW)
    page.mouse.move(box["x"] + across * box["width"], box["y"] + up * (box["height"] - FOOT))
    tick(page)
    return page.locator(".gan-plane .tip").inner_text()


def told(words: str) -> dict[str, float]:
    """Return the numbers that are read off, by their names."""
    pairs = re.findall(r"(x|p|q|D\*?|a) = (−?[\d.]+)", words)
    return {name: float(number.replace("−", "-")) for name, number in pairs}


# --- pixels follow numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-4.0, -1.0, 0.5, 3.0])
def test_d_is_painted_at_its_height_and_moves_with_its_numbers(page, x):
    assert np.mean(column(page, x, palette.DISCRIMINATOR)) == pytest.approx(
        0.5 + SLOPE * x, abs=0.01
    )
    show(page, framed(answers=0.5 - SLOPE * X))
    settle(page)
    assert np.mean(column(page, x, palette.DISCRIMINATOR)) == pytest.approx(
        0.5 - SLOPE * x, abs=0.01
    )


def test_densities_are_painted_as_high_as_they_are(page):
    assert np.mean(column(page, -1.5, palette.REAL)) == pytest.approx(0.25, abs=0.02)
    show(page, framed(density=np.empty(0), answers=np.empty(0)))
    settle(page)
    pale = "#ecb692"  # 45 % of the colour
    bar = column(page, 1.55, pale)
    assert (min(bar), max(bar)) == pytest.approx((0, 0.8), abs=0.02)
    assert column(page, 2.6, pale) == []


def test_a_bar_that_is_cut_off_has_a_head(page):
    heads = column(page, -2.95, palette.FAKE)
    assert heads
    assert min(heads) > 1.04
    assert not column(page, 1.55, palette.FAKE)


def test_best_is_painted_where_there_is_one_and_not_where_there_is_none(page):
    assert any(columns(page, np.arange(3, 3.2, 0.02), palette.EXACT))
    assert not any(columns(page, np.arange(-1.9, -1.5, 0.02), palette.EXACT)), "a gap"


def test_samples_are_painted_below_and_those_outside_as_heads_at_the_side(page):
    show(page, framed(real=np.array([[0.5, -0.08]]), fake=np.array([[-1.0, -0.17], [5.6, -0.17]])))
    settle(page)
    assert np.mean(column(page, 0.5, palette.REAL)[-3:]) == pytest.approx(-0.08, abs=0.02)
    assert np.mean(column(page, -1.0, palette.FAKE)) == pytest.approx(-0.17, abs=0.02)
    assert np.mean(column(page, 4.95, palette.FAKE)) == pytest.approx(-0.17, abs=0.03)
    assert page.locator(".key .outside").is_visible()


def test_an_arrow_is_as_long_as_it_is(page):
    show(page, framed(arrows=np.array([[1.0, -0.125, 0.8, 0.0]])))
    tick(page)
    places = np.arange(0.7, 2.2, 0.02)
    dark = columns(page, places, palette.EXACT, 130)  # a thin line is pale
    rows = [[h for h in heights if abs(h + 0.125) < 0.02] for heights in dark]
    seen = [x for x, heights in zip(places, rows, strict=True) if heights]
    assert (min(seen), max(seen)) == pytest.approx((1.0, 1.8), abs=0.05)


def test_the_map_is_a_line_through_its_points(page):
    threads = np.array([[(-4.0, 0.1), (4.0, 0.9)]])
    show(page, framed(histogram=np.empty(0), threads=threads))
    tick(page)
    places = np.arange(-3.5, 3.5, 0.1)
    rows = zip(places, columns(page, places, palette.FAKE), strict=True)
    found = {x: np.mean(heights) for x, heights in rows if heights}
    assert len(found) > 20, "it is dashed"
    assert list(found.values()) == pytest.approx([0.5 + 0.1 * x for x in found], abs=0.03)


def test_a_dark_page_has_a_dark_sheet(browser):
    page = opened(browser, framed(), color_scheme="dark")
    assert len(column(page, 4.0, palette.DARK["paper"])) > 300
    heights = column(page, 3.0, palette.DARK["discriminator"])
    assert np.mean(heights) == pytest.approx(0.5 + SLOPE * 3, abs=0.01)
    page.close()


def test_it_is_sharp_where_the_screen_is(browser):
    page = opened(browser, framed(), device_scale_factor=2)
    assert page.locator("canvas").evaluate("c => c.width === 2 * c.clientWidth")
    heights = column(page, 3.0, palette.DISCRIMINATOR)
    assert np.mean(heights) == pytest.approx(0.5 + SLOPE * 3, abs=0.005)
    page.close()


# --- what is read off it --------------------------------------------------------------------------


def test_a_pointer_reads_all_curves(page):
    arrows = np.array([[1.0, -0.125, 0.8, 0.0], [1.4, -0.125, -0.3, 0.0]])
    show(page, framed(arrows=arrows))
    words = point_to(page, 1.55)
    found = told(words)
    assert found == pytest.approx(
        {"x": 1.55, "p": 0.25, "q": 0.8, "D": 0.5 + SLOPE * 1.55, "a": 3.1}, abs=0.011
    )
    assert words.endswith("nearest arrow: −0.300")
    assert told(point_to(page, 3.05))["D*"] == pytest.approx(0.2, abs=0.006)
    page.mouse.move(690, 790)
    tick(page)
    assert not page.locator(".tip").is_visible()


def test_a_bar_that_is_cut_off_is_read_as_high_as_it_is(page):
    assert told(point_to(page, -2.95))["q"] == pytest.approx(3.0, abs=0.006)


def test_of_a_critic_only_its_output_is_read_and_its_scale_is_the_outputs(page):
    show(page, framed(boundary=None, best=np.empty(0)))
    words = point_to(page, 1.0)
    assert "D =" not in words
    assert told(words)["a"] == pytest.approx(2, abs=0.02)


def test_what_is_off_is_neither_in_the_legend_nor_read(page):
    names = ("density", "histogram", "outputs", "answers", "best")
    show(page, framed(**dict.fromkeys(names, np.empty(0))))
    assert point_to(page, 1.0) == "x = 1.00"
    assert not page.locator(".key span:visible").count()
    show(page, framed())
    tick(page)
    signs = page.locator(".key span:visible").all_inner_texts()
    assert signs == ["p", "q", "D", "D*"]


def test_keys_move_a_line_which_a_screen_reader_follows(page):
    label = page.locator("canvas").get_attribute("aria-label")
    assert label.startswith("A plane. ")
    assert "a line that reads p, q and D" in label
    page.locator("canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    tick(page)
    said = told(page.locator(".gan-unseen").inner_text())
    assert (said["x"], said["a"]) == pytest.approx((1.4, 2.8), abs=0.02)
    page.keyboard.press("Escape")
    tick(page)
    assert not page.locator(".tip").is_visible()


def test_a_press_takes_no_sample(page):
    show(page, framed(fake=np.array([[0.0, -0.17]])))
    point_to(page, 0.0, -0.17)
    page.mouse.down()
    point_to(page, 2.0, 0.3)
    page.mouse.up()
    assert page.evaluate("said") == []


def test_a_game_comes_from_the_line_to_the_plane_and_back(page):
    show(page, Frame(fake=np.array([[1.0, 1.0]]), field=field()))
    settle(page)
    assert page.locator(".key .boundary").is_visible()
    assert not page.locator(".key .answers").is_visible()
    assert "reads p, q" not in page.locator("canvas").get_attribute("aria-label")
    show(page, framed())
    settle(page)
    assert not page.locator(".key .boundary").is_visible()
    heights = column(page, 3.0, palette.DISCRIMINATOR)
    assert np.mean(heights) == pytest.approx(0.5 + SLOPE * 3, abs=0.01)


def test_what_comes_while_the_page_has_no_room_is_painted_once_it_has(page):
    width = "Object.defineProperty(document.querySelector('canvas'), 'clientWidth', {s})"
    page.evaluate(width.format(s="{ value: 0, configurable: true }") + "; 0")
    show(page, framed(answers=0.5 - SLOPE * X))
    settle(page)
    page.evaluate("delete document.querySelector('canvas').clientWidth")
    page.wait_for_timeout(600)
    tick(page)
    heights = column(page, 3.0, palette.DISCRIMINATOR)
    assert np.mean(heights) == pytest.approx(0.5 - SLOPE * 3, abs=0.01)


# --- a game of chapter 07 -------------------------------------------------------------------------

GAME = """
import numpy as np
import torch
torch.set_num_threads(1)
from gan_edu.chapters.ch07_playground.case import case
player = case("cycling", alt="A game on a line.")"""
SETTLED = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 400)))"


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def reads(page, x: float) -> dict[str, float]:
    """Return what is read off the line of a page in JupyterLab at a place."""
    canvas = page.locator(".gan-plane canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + (x + 5) / 10 * box["width"], box["y"] + 60)
    page.evaluate(SETTLED)
    return told(page.locator(".gan-plane .tip").inner_text())


TRUTH = """[player.game.target.distribution.pdf(np.array([{x}])).item(),
    10 * float(np.mean(
        np.abs(player.game.generated(player.game.match.game.generator) - {x}) < 0.05)),
    player.game.match.game.discriminator(torch.tensor([[{x}]])).item()]"""


def test_a_case_plays_on_the_line_is_read_as_the_kernel_says_and_outlives_a_reload(
    browser, tmp_path
):
    lab.write_notebook(tmp_path / "line.ipynb", [GAME])
    with lab.server(tmp_path) as url:
        page = lab.open_notebook(browser, f"{url}/doc/tree/line.ipynb", 1280, 1200)
        lab.run_all(page)
        page.locator(".gan-plane canvas").wait_for()
        press(page, "Play")
        lab.wait_until_kernel_says(page, "player.game.iterations > 40", "True")
        press(page, "Pause")
        lab.wait_until_kernel_says(page, "player._is_heard", "True")
        page.evaluate(SETTLED)
        for x in (-1.05, 0.35):
            p, q, a = json.loads(lab.kernel_says(page, TRUTH.format(x=x)))
            found = reads(page, x)
            assert found["x"] == pytest.approx(x, abs=0.02)
            assert found["p"] == pytest.approx(p, abs=0.01)
            assert found["q"] == pytest.approx(q, abs=0.01)
            assert found["a"] == pytest.approx(a, abs=0.02 + 0.05 * abs(a))
        page.mouse.move(0, 0)
        lab.command(page, "docmanager:save")
        page.wait_for_timeout(500)
        page.reload()
        page.locator(".gan-plane canvas").wait_for()
        page.wait_for_timeout(1500)
        assert reads(page, 0.35)["a"] == found["a"]
        assert page.locator(".gan-still:visible").count() == 0
        lab.command(page, "docmanager:save")
        page.evaluate("window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
        page.wait_for_timeout(1000)
        page.reload()
        page.locator(".gan-still img[alt='A game on a line.']").wait_for(timeout=60_000)
        assert page.locator(".gan-plane canvas").count() == 0
        page.close()
