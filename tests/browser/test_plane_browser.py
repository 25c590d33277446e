"""The plane in JupyterLab in Chromium: what is painted where, what hands read off it, its end."""

import json
import math
import re

import pytest

from gan_edu.stage import palette
from tests.helpers import lab
from tests.helpers.lab import memory, rgb

pytestmark = pytest.mark.browser
EDGE = 0.7  # where D = ½
SLOPE = 1.5  # of a, along x
REAL, FAKE, PUSHED = (-1.0, 2.0), (1.5, -2.0), (-2.0, -1.0)
SETUP = f"""
import time
import numpy as np
from gan_edu.stage.plane import Field, Frame, LEVELS, Plane, nearest_levels
outputs = np.linspace(-8, 8, LEVELS)
x = np.linspace(-3, 3, 40)
a = np.tile({SLOPE} * (x - {EDGE}), (40, 1))
field = Field(nearest_levels(a, outputs), outputs, 1 / (1 + np.exp(-outputs)), (LEVELS - 1) / 2)
def frame(fake, **parts):
    return Frame(title="A title.", field=field, real=np.array([{REAL}]), fake=np.array(fake),
                 arrows=np.array([[*{PUSHED}, 1.0, 0.5]]), **parts)
first = frame([{FAKE}, {PUSHED}, (9.0, 0.0)])
plane = Plane(3.0, "A plane.")
plane.layout.width = "500px"
plane.show(first)"""
GAME = """
import torch
torch.set_num_threads(1)
from gan_edu import stage
from gan_edu.chapters.ch07_playground import frames, playground
from gan_edu.chapters.ch07_playground.scenes import playground_scene
game = playground.Playground()
player = stage.play(
    game, playground_scene(), pace=5, alt="The ring of eight.", **playground.controls()
)"""
RING = [[2 * math.cos(k * math.pi / 4), 2 * math.sin(k * math.pi / 4)] for k in range(8)]
PLANE, PLAYER = 0, 1  # the first and the second plane of the page
# The colour of the pixel at (x, y) of the plane.
PIXEL = """([number, x, y]) => {
    const canvas = document.querySelectorAll('.gan-plane canvas')[number];
    const at = [(x / 3 + 1) / 2, (1 - y / 3) / 2].map(c => Math.round(c * canvas.width));
    return [...canvas.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3);
}"""
# The pixels of the row at y whose colour is nearly this one, as x of the plane.
ROW = """([number, y, colour]) => {
    const canvas = document.querySelectorAll('.gan-plane canvas')[number], side = canvas.width;
    const row = Math.round((1 - y / 3) / 2 * side);
    const {data} = canvas.getContext('2d').getImageData(0, row, side, 1), found = [];
    for (let i = 0; i < side; i++)
        if (colour.every((c, k) => Math.abs(c - data[4 * i + k]) < 30))
            found.push(((i + 0.5) / side * 2 - 1) * 3);
    return found;
}"""
PAINTED = """number => new Promise(done => requestAnimationFrame(() => setTimeout(done, 60)))"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plane")
    lab.write_notebook(folder / "plane.ipynb", [SETUP, "plane", GAME])
    with lab.server(folder) as url:
        yield f"{url}/doc/tree/plane.ipynb"


@pytest.fixture(scope="module")
def page(browser, address):
    page = lab.open_notebook(browser, address, 1280, 2400)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    lab.run_all(page)
    page.wait_for_function("document.querySelectorAll('.gan-plane canvas').length === 2")
    page.evaluate(PAINTED)
    yield page
    assert page.wrong == []
    page.close()


def tell(page, code: str) -> None:
    """Let the kernel show something, and wait until it is painted."""
    lab.kernel_says(page, code)
    page.evaluate(PAINTED)


def canvas(page, number: int = PLANE):
    return page.locator(".gan-plane canvas").nth(number)


def near(page, place: tuple, colour: str) -> bool:
    """Tell whether this colour is painted at a place, or in a pixel beside it."""
    x, y = place
    around = [(x, y), (x - 0.012, y), (x + 0.012, y), (x, y - 0.012), (x, y + 0.012)]
    pixels = [page.evaluate(PIXEL, [PLANE, *there]) for there in around]
    apart = [max(abs(a - b) for a, b in zip(p, rgb(colour), strict=True)) for p in pixels]
    return min(apart) < 40


def point_to(page, x: float, y: float, number: int = PLANE) -> str:
    """Put the mouse on a place of the plane; return what is said there."""
    part = canvas(page, number)
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    page.mouse.move(
        box["x"] + (x / 3 + 1) / 2 * box["width"], box["y"] + (1 - y / 3) / 2 * box["height"]
    )
    page.evaluate(PAINTED)
    return page.locator(".gan-plane .tip").nth(number).inner_text()


def said(words: str) -> dict[str, float]:
    found = re.search(r"D = (\S+), a = (\S+)\s+at \((\S+), (\S+)\)", words)
    return dict(zip("dAxy", (float(n.replace("−", "-")) for n in found.groups()), strict=True))


# --- pixels follow numbers ------------------------------------------------------------------------


def test_samples_are_painted_where_they_are_and_move_with_their_numbers(page):
    assert near(page, FAKE, palette.FAKE)
    assert near(page, REAL, palette.REAL)
    assert near(page, (2.97, 0.0), palette.FAKE), "an arrowhead at the border"
    tell(page, "plane.show(frame([(2.0, 2.5)]))")
    assert near(page, (2.0, 2.5), palette.FAKE)
    assert not near(page, FAKE, palette.FAKE)
    tell(page, "plane.show(first)")
    assert near(page, FAKE, palette.FAKE)


@pytest.mark.parametrize("y", [-2.6, 0.3, 2.6])
def test_the_line_lies_where_d_is_one_half_and_each_side_has_its_colour(page, y):
    line = page.evaluate(ROW, [PLANE, y, rgb(palette.DISCRIMINATOR)])
    assert line
    assert all(abs(x - EDGE) < 0.03 for x in line)
    red, _, blue = page.evaluate(PIXEL, [PLANE, -2.8, y])
    assert red > blue + 40, "fake"
    red, _, blue = page.evaluate(PIXEL, [PLANE, 2.8, y])
    assert blue > red + 40, "real"


def test_a_ring_is_painted_at_its_radius(page):
    x, y, radius = 0.2, -1.0, 0.6
    tell(page, f"plane.show(frame([(2, 2)], real_rings=np.array([({x}, {y}, {radius})])))")
    for turn in range(8):
        way = math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)
        assert near(page, (x + radius * way[0], y + radius * way[1]), palette.REAL)
        assert not near(page, (x + radius * way[0] / 2, y + radius * way[1] / 2), palette.REAL)
    tell(page, "plane.show(first)")


def test_an_arrow_and_the_map_are_painted(page):
    start, tip = PUSHED, (PUSHED[0] + 1.0, PUSHED[1] + 0.5)
    middle = tuple((a + b) / 2 for a, b in zip(start, tip, strict=True))
    assert near(page, middle, palette.EXACT)
    threads = "np.array([[(-2.5, 1.5), (0.0, 1.5)], [(-2.5, -2.5), (0.0, -2.5)]])"
    tell(page, f"plane.show(frame([(2, 2)], threads={threads}, shades=np.ones(1)))")
    assert near(page, (-0.5, 1.5), palette.NOISE)
    dark = page.evaluate(PIXEL, [PLANE, -0.5, -1.8])
    assert max(dark) - min(dark) < 60, "the mesh is grey"
    tell(page, "plane.show(first)")


def test_it_is_sharp_where_the_screen_is(browser, address):
    page = lab.open_notebook(browser, address, device_scale_factor=2)
    lab.run_cell(page, 0)
    lab.run_cell(page, 1)
    canvas(page).wait_for()
    page.evaluate(PAINTED)
    assert canvas(page).evaluate("c => c.width === Math.round(2 * c.clientWidth)")
    page.close()


# --- hands ----------------------------------------------------------------------------------------


def test_a_pointer_reads_d_its_output_and_the_nearest_arrow(page):
    words = point_to(page, -0.3, 0.5)
    found = said(words)
    assert found["A"] == pytest.approx(SLOPE * (-0.3 - EDGE), abs=0.06)
    assert found["d"] == pytest.approx(0.18, abs=0.02)
    assert (found["x"], found["y"]) == pytest.approx((-0.3, 0.5), abs=0.02)
    assert "nearest arrow: (1.000, 0.500)" in words
    page.mouse.move(0, 0)
    page.evaluate(PAINTED)
    assert not page.locator(".gan-plane .tip").first.is_visible()


def test_keys_move_a_cross_which_a_screen_reader_follows(page):
    part = canvas(page)
    assert part.get_attribute("aria-label").startswith("A plane. ")
    part.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.evaluate(PAINTED)
    words = page.locator(".gan-plane .gan-unseen").first.inner_text()
    found = said(words)
    assert (found["x"], found["y"]) == pytest.approx((0.6, 0.6), abs=0.01)
    assert found["A"] == pytest.approx(SLOPE * (0.6 - EDGE), abs=0.06)
    page.keyboard.press("Escape")
    page.evaluate(PAINTED)
    assert not page.locator(".gan-plane .tip").first.is_visible()
    assert page.locator(".jp-CodeCell").count() == 3, "no key is a shortcut of the notebook's"


def test_a_finger_reads_too_and_what_it_asked_for_stays(browser, address):
    page = lab.open_notebook(browser, address, has_touch=True)
    lab.run_cell(page, 0)
    lab.run_cell(page, 1)
    canvas(page).wait_for()
    box = canvas(page).bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate(PAINTED)
    found = said(page.locator(".gan-plane .tip").first.inner_text())
    assert (found["x"], found["y"]) == pytest.approx((0, 0), abs=0.02)
    page.close()


# --- a game ---------------------------------------------------------------------------------------


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_game_plays_in_the_plane_and_what_is_read_is_what_d_says(page):
    press(page, "Play")
    page.wait_for_function(
        "parseInt(document.querySelectorAll('.widget-html-content')[0].innerText) > 60"
    )
    press(page, "Pause")
    page.wait_for_timeout(800)
    x, y = json.loads(lab.kernel_says(page, "game.match.x[0].tolist()"))
    found = said(point_to(page, x, y, PLAYER))
    d = "game.match.game.discriminator(game.match.x[:1]).sigmoid().item()"
    d = float(lab.kernel_says(page, d))
    assert found["d"] == pytest.approx(d, abs=0.03)
    wait_until_heard(page)


def wait_until_heard(page) -> None:
    """Wait until the kernel knows that the page has painted its last frame."""
    lab.wait_until_kernel_says(page, "player._is_heard", "True")


HOLD = """() => {
    window.held = [], window.plain = window.requestAnimationFrame;
    window.requestAnimationFrame = act => held.push(act);
}"""
LET_GO = """() => {
    window.requestAnimationFrame = window.plain;
    for (const act of window.held) requestAnimationFrame(act);
}"""


def test_the_kernel_waits_until_a_frame_is_painted(page):
    lab.kernel_says(page, "globals().update(sent=[]) or player.plane.observe(sent.append, 'fake')")
    press(page, "Play")
    page.wait_for_timeout(700)
    page.evaluate(HOLD)
    page.wait_for_timeout(1000)
    before = int(lab.kernel_says(page, "len(sent)"))
    page.wait_for_timeout(1000)
    after = int(lab.kernel_says(page, "len(sent)"))
    page.evaluate(LET_GO)
    assert before > 3, "it did play"
    assert after == before, "no more frames than may be under way"
    page.wait_for_timeout(1000)
    assert int(lab.kernel_says(page, "len(sent)")) > after, "it goes on"
    press(page, "Pause")
    page.wait_for_timeout(400)


def test_all_of_it_fits_a_laptop_s_window(page):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(500)
    scene = page.locator(".gan-scene")
    scene.evaluate("part => part.scrollIntoView()")
    plane, charts = canvas(page, PLAYER).bounding_box(), scene.locator("img").bounding_box()
    assert plane["width"] == pytest.approx(plane["height"])
    assert plane["width"] >= 480
    assert charts["x"] >= plane["x"] + plane["width"]
    drawers = page.locator(".gan-drawers").bounding_box()
    assert drawers["y"] > plane["y"] + plane["height"]
    assert drawers["y"] + drawers["height"] <= 800
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.wait_for_timeout(500)


FRAMES = """[(plane.show(frame(rng.uniform(-3, 3, (256, 2)))), time.sleep(0.004))
    for rng in [np.random.default_rng(i) for i in range(1000)]][:0]"""


def test_thousands_of_frames_leave_the_page_s_memory_alone(page):
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    found = []
    for _ in range(4):
        lab.kernel_says(page, FRAMES)
        page.wait_for_timeout(500)
        found.append(memory(session))
    assert max(found[1:]) < found[0] + 2, found
    tell(page, "plane.show(first)")
    assert near(page, FAKE, palette.FAKE)


def where(page, x: float, y: float, number: int = PLAYER) -> tuple[float, float]:
    box = canvas(page, number).bounding_box()
    across, up = (x / 3 + 1) / 2 * box["width"], (1 - y / 3) / 2 * box["height"]
    return box["x"] + across, box["y"] + up


def test_a_mode_that_is_dragged_while_the_game_plays_is_the_game_s_own(page):
    canvas(page, PLAYER).scroll_into_view_if_needed()
    press(page, "Play")
    page.wait_for_timeout(500)
    page.mouse.move(*where(page, 2, 0))
    page.mouse.down()
    page.mouse.move(*where(page, 1, 0.6), steps=5)
    page.wait_for_timeout(500)
    page.mouse.move(*where(page, 0.5, 0.5), steps=5)
    page.mouse.up()
    page.wait_for_timeout(1000)
    before = int(lab.kernel_says(page, "game.iterations"))
    page.wait_for_timeout(500)
    press(page, "Pause")
    page.wait_for_timeout(800)
    modes = json.loads(lab.kernel_says(page, "game.target.centres.tolist()"))
    assert modes[0] == pytest.approx([0.5, 0.5], abs=0.02)
    assert modes[1:] == [pytest.approx(m, abs=0.006) for m in RING[1:]]
    assert int(lab.kernel_says(page, "game.iterations")) > before > 0, "it played on"
    assert json.loads(lab.kernel_says(page, "player.errors.outputs or []")) == []
    real = "min((abs(game.match.x - torch.tensor([0.5, 0.5]))).sum(1)).item()"
    assert float(lab.kernel_says(page, real)) < 0.1
    wait_until_heard(page)


def test_a_sample_in_the_hand_gets_its_arrow_from_the_kernel_while_the_game_plays(page):
    x, y = json.loads(lab.kernel_says(page, "frames.frame(game).fake[0].tolist()"))
    lab.kernel_says(page, "game.move_modes([[-2.9, -2.9]]) or player.redraw()")
    page.evaluate(PAINTED)
    page.mouse.move(*where(page, x, y))
    page.mouse.down()
    page.mouse.move(*where(page, 0.3, -0.3), steps=4)
    press_by_key = (
        "[...document.querySelectorAll('.jupyter-button')].find(b => b.innerText.trim() === "
    )
    page.evaluate(press_by_key + "'Play').click()")
    page.wait_for_timeout(700)
    page.evaluate(press_by_key + "'Pause').click()")
    page.wait_for_timeout(800)
    words = page.locator(".gan-plane .tip").nth(PLAYER).inner_text()
    said_way = [
        float(n.replace("−", "-")) for n in re.findall(r"arrow here: \((.+), (.+)\)", words)[0]
    ]
    way = json.loads(
        lab.kernel_says(page, "frames.push_at(game, player.plane.probed)[0, 2:].tolist()")
    )
    assert said_way == pytest.approx(way, abs=0.002)
    page.mouse.up()
    lab.wait_until_kernel_says(page, "player.plane.probed", "[]")
    lab.kernel_says(page, "game.move_modes([]) or player.redraw()")


def test_two_planes_on_one_game_show_the_same_and_both_may_move_it(page):
    code = "other = stage.play(game, playground_scene(), alt='The same ring.')"
    write = """async code => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        window.toLast = () => { notebook.activeCellIndex = notebook.widgets.length - 1; };
        toLast();
        await window.jupyterapp.commands.execute('notebook:insert-cell-below');
        notebook.activeCell.model.sharedModel.setSource(code);
        await window.jupyterapp.commands.execute('notebook:run-cell');
    }"""
    page.evaluate(write, code)
    page.wait_for_function("document.querySelectorAll('.gan-plane canvas').length === 3")
    canvas(page, 2).scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    page.mouse.move(*where(page, 0, 2, 2))
    page.mouse.down()
    page.mouse.move(*where(page, 0.5, 2.5, 2), steps=5)
    page.mouse.up()
    page.wait_for_timeout(800)
    modes = "game.target.centres[2].tolist()"
    assert json.loads(lab.kernel_says(page, modes)) == pytest.approx([0.5, 2.5], abs=0.02)
    lab.kernel_says(page, "player.redraw()")
    same = "player.plane.modes == other.plane.modes and player.plane.real == other.plane.real"
    assert lab.kernel_says(page, same) == "True"
    canvas(page, PLAYER).scroll_into_view_if_needed()
    page.evaluate(PAINTED)
    page.mouse.move(*where(page, 0.5, 2.5))
    page.mouse.down()
    page.mouse.move(*where(page, 0, 1.5), steps=5)
    page.mouse.up()
    page.wait_for_timeout(800)
    assert json.loads(lab.kernel_says(page, modes)) == pytest.approx([0, 1.5], abs=0.02)
    lab.kernel_says(page, "other.close() or game.move_modes([]) or player.redraw()")
    page.evaluate("toLast()")
    lab.command(page, "notebook:delete-cell")
    page.wait_for_function("document.querySelectorAll('.gan-plane canvas').length === 2")


# --- its end --------------------------------------------------------------------------------------


def test_after_a_reload_the_plane_is_there_and_without_a_kernel_the_still(page):
    lab.command(page, "docmanager:save")
    page.wait_for_timeout(500)
    page.reload()
    page.wait_for_function("document.querySelectorAll('.gan-plane canvas').length === 2")
    page.wait_for_timeout(1500)
    assert near(page, FAKE, palette.FAKE)
    assert page.locator(".gan-still:visible").count() == 0
    press(page, "One iteration")
    page.wait_for_timeout(1000)
    wait_until_heard(page)
    lab.command(page, "docmanager:save")
    page.evaluate("window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    page.wait_for_timeout(1000)
    page.reload()
    still = page.locator(".gan-still img[alt='The ring of eight.']")
    still.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    assert still.evaluate("image => image.naturalWidth") == 1800
    assert page.locator(".gan-plane canvas").count() == 0
