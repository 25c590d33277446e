"""The stage as learners meet it: JupyterLab and Notebook 7 in Chromium."""

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest

from gan_edu import stage
from tests.helpers import lab
from tests.unit import test_grabbing, test_live, test_live_play

pytestmark = pytest.mark.browser

SCENE = f"""
import numpy as np
from gan_edu import stage
X = np.linspace(-4, 4, 200)
GRAB = {test_grabbing.GRAB}
{inspect.getsource(test_live.hill.build)}
"""
GAME = f"""
import threading, time
import numpy as np
{inspect.getsource(test_live_play.Walk)}
{inspect.getsource(test_live_play.walk.build)}
player = stage.play(Walk(), walk, size=(0.0, 5.0), pace=3, alt="A walk.")"""
EVERY_KIND = """
def draw(left, right, mu=1.0, k=3, dots=10, kind="line", steep=False, seed=0, thick=2):
    if k > 5:
        raise ValueError("k is too large")
    left.plot(X, np.exp(-((X - mu) ** 2) * (4 if steep else 1)), {"line": "-", "dots": "."}[kind],
              linewidth=thick)
    left.set(ylim=(0, 1.1), title="a hill")
    right.hist(np.random.default_rng(seed).normal(size=dots), bins=k)
stage.explore(
    draw, mu=(-3.0, 3.0), k=(1, 9), dots=stage.log(1, 1000), kind=["line", "dots"], steep=True,
    seed=stage.button("New sample"), thick=[1, 2, 4], alt="A hill, a histogram.",
    labels={"dots": "number of dots", "thick": "the line's width"},
)"""
CELLS = [
    SCENE,
    "stage.explore(hill, mu=(-2.0, 2.0), height=(0.0, 1.5), alt='Two hills and a top.')",
    EVERY_KIND,
    "guess = stage.predict('Where is the top of $e^{-(x-\\\\mu)^2}$?', ['at 0', 'at μ']); guess",
    "guess.reveal('at μ', 'The exponent is 0 there.')",
    """
shown = []
def count(ax, n=10, yes=0, no=0):
    shown.append((n, yes, no))
    ax.set_title(f"{n:,} dots, {yes} yes, {no} no")
stage.explore(
    count, n=stage.played(stage.log(1, 100_000)), alt="A title that counts.",
    yes=stage.button("yes", key="y"), no=stage.button("no", key="n"),
)""",
    GAME,
    """
import time
@stage.scene
def curve(ax):
    line, = ax.plot([], [])
    ax.set(xlim=(0, 12), ylim=(0, 150), title="squares")
    return lambda seen: line.set_data(range(len(seen)), seen)
def squares():
    for i in range(12):
        time.sleep(0.1)
        yield i * i
_ = stage.watch(squares(), curve, every=2, total=12, alt="A parabola.")""",
    f"""
{inspect.getsource(test_grabbing.dots.build)}
stage.explore(dots, mu=(-3.0, 3.0), height=(0.0, 1.5), n=stage.log(1, 10_000), alt="A dot.")""",
    """
from gan_edu.chapters.ch01_inverse_cdf.drawn import drawn_scene
pad = stage.sketch(x=(-4, 4), y=(0, 1), labels=("sample x", "density"), height=2.2)
drawn = stage.explore(drawn_scene(pad), density=pad, alt="Samples of a drawn density.")
drawn""",
    """
@stage.scene
def dotted(ax):
    dots, = ax.plot([], [], "o")
    ax.set(xlim=(-2, 2), ylim=(-2, 2))
    def update(points=((0, 0),), digit=7):
        dots.set_data([x for x, y in points], [y for x, y in points])
        ax.set_title(f"{digit}")
    return update
penned = stage.explore(dotted, points=stage.pen(2, 0.3), digit=stage.one_of(range(10)), alt="Dots.")
penned""",
]
EXPLORE, KINDS, GUESS, REVEAL, PLAYED, GAME_CELL, WATCH, GRABBED, DRAWN, PENNED = range(1, 11)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    lab.write_notebook(folder / "stage.ipynb", CELLS)
    return folder


@pytest.fixture(scope="module")
def page(folder, browser):
    with lab.server(folder) as url:
        page = lab.open_notebook(browser, f"{url}/doc/tree/stage.ipynb", height=3600)
        page.evaluate(NOTE_HEIGHTS, WATCH)
        lab.run_all(page)
        page.wait_for_timeout(500)
        page.evaluate("window.noting = false")
        yield page


IDLE = """() => [...document.querySelectorAll('.jp-InputPrompt')]
    .every(prompt => !prompt.textContent.includes('*'))"""

# Notes in every animation frame whether a cell shows widgets, and its output's height.
NOTE_HEIGHTS = """number => {
    window.noting = true;
    const heights = window.heights = {live: [], still: []};
    const look = () => {
        const output = [...document.querySelectorAll('.jp-CodeCell')][number]
            ?.querySelector('.jp-OutputArea-output');
        if (output?.querySelector('img'))
            (output.querySelector('.widget-hprogress') ? heights.live : heights.still)
                .push(output.offsetHeight);
        if (window.noting) requestAnimationFrame(look);
    };
    look();
}"""


def cell(page, number: int):
    return page.locator(".jp-CodeCell").nth(number)


def source(page, number: int) -> str:
    return cell(page, number).locator("img").first.get_attribute("src")


def wait_for_new_picture(page, number: int, old: str) -> None:
    image = cell(page, number).locator("img").first.element_handle()
    page.wait_for_function(
        "([image, old]) => image.src !== old && image.naturalWidth > 0", arg=[image, old]
    )


def wait_until_sharp(page, number: int) -> None:
    image = cell(page, number).locator("img").first.element_handle()
    page.wait_for_function("image => image.naturalWidth === 1800", arg=image)


def press(page, number: int, handle: int, key: str) -> None:
    """Press a key on a slider, and wait for the picture to change and come to rest."""
    wait_until_sharp(page, number)
    old = source(page, number)
    cell(page, number).locator(".noUi-handle").nth(handle).press(key)
    wait_for_new_picture(page, number, old)


def picture(page, number: int) -> list[int]:
    """Return the bytes of the picture at rest."""
    page.wait_for_timeout(400)
    wait_until_sharp(page, number)
    return page.evaluate(
        "async url => [...new Uint8Array(await (await fetch(url)).arrayBuffer())]",
        source(page, number),
    )


@pytest.mark.parametrize("handle", [0, 1])
def test_a_key_on_a_slider_moves_the_scene(page, handle):
    press(page, EXPLORE, handle, "ArrowLeft")
    assert cell(page, EXPLORE).locator("img:visible").count() == 1


def test_every_control_moves_the_picture_and_reset_returns_them(page):
    here = cell(page, KINDS)
    first = picture(page, KINDS)
    for handle in (0, 1, 2, 3):
        press(page, KINDS, handle, "ArrowLeft")
    for act in (
        lambda: here.locator("select").select_option("dots"),
        lambda: here.locator("input[type=checkbox]").check(),
        lambda: here.get_by_role("button", name="New sample").click(),
    ):
        wait_until_sharp(page, KINDS)
        old = source(page, KINDS)
        act()
        wait_for_new_picture(page, KINDS, old)
    changed = picture(page, KINDS)
    old = source(page, KINDS)
    here.get_by_role("button", name="Reset").click()
    wait_for_new_picture(page, KINDS, old)
    assert picture(page, KINDS) == first != changed
    assert here.locator("select").input_value() == "line"
    assert not here.locator("input[type=checkbox]").is_checked()


@pytest.mark.parametrize("width", [700, 870, 900, 1200])
def test_no_label_is_cut_off(page, width):
    page.set_viewport_size({"width": width, "height": 3600})
    page.wait_for_timeout(300)
    labels = page.locator(".gan-live .widget-label:visible, .gan-live .jupyter-button:visible")
    assert labels.count() > 20
    for label in labels.all():
        assert label.evaluate("e => e.scrollWidth <= e.clientWidth"), label.inner_text()
        right = label.evaluate("e => e.getBoundingClientRect().right")
        assert right <= width, label.inner_text()
    page.set_viewport_size({"width": 1200, "height": 3600})


NAMED = {"slider", "combobox", "checkbox", "button", "textbox", "image", "spinbutton"}


def accessible(page) -> list[tuple[str, str]]:
    """Return (role, name) of all that a screen reader finds in the figures' live parts."""
    session = page.context.new_cdp_session(page)
    session.send("Accessibility.enable")
    document = session.send("DOM.getDocument")["root"]["nodeId"]
    found = []
    for figure in session.send(
        "DOM.querySelectorAll", {"nodeId": document, "selector": ".gan-live"}
    )["nodeIds"]:
        tree = session.send("Accessibility.queryAXTree", {"nodeId": figure})["nodes"]
        found += [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in tree
            if not node["ignored"]
        ]
    return found


def test_a_screen_reader_finds_a_name_for_each_control_and_picture(page):
    found = [(role, name) for role, name in accessible(page) if role in NAMED]
    assert not [role for role, name in found if not name.strip()]
    assert ("slider", "number of dots") in found
    assert ("slider", "the line's width") in found, "of three choices"
    assert ("textbox", "the line's width, as a number") not in found, "nothing can be typed there"
    assert ("textbox", "number of dots, as a number") in found
    assert ("combobox", "kind") in found
    assert ("checkbox", "steep") in found
    assert ("button", "Reset") in found, "an icon is no letter"
    assert ("button", "walk the slider to its end, or pause") in found
    assert ("image", "Two hills and a top.") in found


def test_no_tooltip_says_null(page):
    assert page.locator(".gan-live [title=null]").count() == 0


def test_a_logarithmic_slider_tells_its_value_and_not_its_power_of_ten(page):
    handle = cell(page, KINDS).locator("[role=slider][aria-label='number of dots']")
    press(page, KINDS, 2, "ArrowRight")
    value = cell(page, KINDS).locator(".widget-readout").nth(2).inner_text()
    assert handle.get_attribute("aria-valuetext") == value != "1.0"
    press(page, KINDS, 2, "ArrowLeft")


def typed(page, field, text: str) -> tuple[str, str]:
    """Type beside the first slider; return what stands there then, and what is said of it."""
    field.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    says = cell(page, EXPLORE).locator(".gan-says")
    return field.inner_text(), says.inner_text()


MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("0,5", "0.50"),
        ("50 %", "0.50"),
        ("1e-1", "0.10"),
        (".5", "0.50"),
        (f"{MINUS}1,2", f"{MINUS}1.20"),
    ],
)
def test_a_number_is_taken_for_what_it_is(page, text, taken):
    field = cell(page, EXPLORE).locator(".widget-readout").first
    assert typed(page, field, text) == (taken, "")


def test_what_is_no_number_changes_nothing_and_is_told(page):
    field = cell(page, EXPLORE).locator(".widget-readout").first
    typed(page, field, "0.5")
    value, said = typed(page, field, "half")
    assert value == "0.50"
    assert said == (
        "“{typed}” is no number. {name} takes one from {low} to {high}, such as {low}."
    ).format(typed="half", name="mu", low=-2, high=2)
    value, said = typed(page, field, "7")
    assert value == "2.00"
    assert said == "{typed} is out of range: {name} goes from {low} to {high}.".format(
        typed="7", name="mu", low=-2, high=2
    )
    assert typed(page, field, "0") == ("0.00", ""), "a right number wipes what was said"


def test_whole_numbers_may_be_grouped(page):
    field = cell(page, KINDS).locator(".widget-readout").nth(2)
    for text in ("1,000", "1.000", "1 000"):
        typed(page, field, "10")
        assert typed(page, field, text)[0] == "1000"
    typed(page, field, "10")


def test_the_picture_has_an_alternative_text_and_its_box(page):
    image = cell(page, EXPLORE).locator("img").first
    assert image.get_attribute("alt") == "Two hills and a top."
    box = image.bounding_box()
    assert (box["width"], box["height"]) == (900, 300)
    page.set_viewport_size({"width": 700, "height": 3600})
    page.wait_for_function("image => image.clientWidth < 600", arg=image.element_handle())
    box = image.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(3, abs=0.02)
    page.set_viewport_size({"width": 1200, "height": 3600})


def test_an_error_shows_its_traceback_and_the_next_move_works(page):
    errors = cell(page, KINDS).locator(".jp-OutputArea-output pre")
    cell(page, KINDS).locator(".noUi-handle").nth(1).press("End")
    errors.filter(has_text="ValueError: k is too large").wait_for()
    assert "draw(left, right" in errors.inner_text()
    assert "gan_edu/stage" not in errors.inner_text()
    old = source(page, KINDS)
    cell(page, KINDS).locator(".noUi-handle").nth(1).press("Home")
    wait_for_new_picture(page, KINDS, old)
    errors.wait_for(state="detached")


def test_running_the_cell_again_leaves_one_figure_that_moves(page):
    before = lab.kernel_says(page, "len(live.widgets.widget._instances)")
    lab.run_cell(page, EXPLORE)
    wait_until_sharp(page, EXPLORE)
    assert cell(page, EXPLORE).locator("img:visible").count() == 1
    assert lab.kernel_says(page, "len(live.widgets.widget._instances)") == before
    press(page, EXPLORE, 0, "ArrowRight")


def test_play_walks_the_slider_to_its_end(page):
    play = cell(page, PLAYED).locator(".widget-play button").first
    wait_until_sharp(page, PLAYED)
    play.click()
    page.wait_for_timeout(1500)
    play.click()  # pause
    page.wait_for_timeout(500)
    paused = int(lab.kernel_says(page, "shown[-1][0]"))
    page.wait_for_timeout(500)
    assert int(lab.kernel_says(page, "shown[-1][0]")) == paused
    assert 10 < paused < 100_000
    play.click()
    page.wait_for_function(
        "cell => cell.querySelector('.widget-readout').innerText === '100000'",
        arg=cell(page, PLAYED).element_handle(),
    )
    lab.wait_until_kernel_says(page, "shown[-1][0]", "100000")
    assert lab.kernel_says(page, "sorted(shown) == shown") == "True"


def test_letters_press_buttons_after_a_click_on_one(page):
    cell(page, PLAYED).get_by_role("button", name="yes (Y)").click()
    page.wait_for_function("() => document.activeElement.placeholder === 'or type here'")
    page.keyboard.type("ynnyn", delay=60)
    lab.wait_until_kernel_says(page, "shown[-1][1:]", "(3, 3)")


def test_a_prediction_is_marked_and_the_reveal_speaks_to_it(page):
    cell(page, GUESS).get_by_role("button", name="at 0").click()
    cell(page, GUESS).locator(".fa-circle").wait_for()
    lab.run_cell(page, REVEAL)
    cell(page, REVEAL).get_by_text("Your prediction was “at 0”. In fact: “at μ”.").wait_for()


def iterations_played(page) -> int:
    words = (
        cell(page, GAME_CELL)
        .locator(".widget-html-content", has_text=re.compile("iterations? played"))
        .inner_text()
    )
    return int(words.split()[0].replace(",", ""))


def press_button(page, name: str) -> None:
    cell(page, GAME_CELL).get_by_role("button", name=name).click()
    page.wait_for_timeout(400)


def test_a_game_plays_pauses_steps_and_begins_anew(page):
    assert iterations_played(page) == 0
    press_button(page, "One iteration")
    assert iterations_played(page) == 1
    press_button(page, "Play")
    page.wait_for_timeout(1500)
    seen = len(set(page.evaluate(PICTURES, cell(page, GAME_CELL).element_handle())))
    assert seen > 5, "the picture follows"
    assert lab.kernel_says(page, "player.playing") == "True", "other cells run meanwhile"
    press_button(page, "Pause")
    paused = iterations_played(page)
    page.wait_for_timeout(400)
    assert iterations_played(page) == paused > 15
    press_button(page, "Step G")
    assert lab.kernel_says(page, "player.game.path[-1]") == "100.0"
    press_button(page, "Reset")
    assert iterations_played(page) == 0
    assert lab.kernel_says(page, "len(player.game.path)") == "1"


# Notes the pictures that a cell shows within a second.
PICTURES = """async cell => {
    const seen = [], image = cell.querySelector('.jp-OutputArea-output img');
    for (let t = 0; t < 50; t++) {
        seen.push(image.src);
        await new Promise(done => setTimeout(done, 20));
    }
    return seen;
}"""


def test_a_watched_training_ends_as_a_picture_of_the_same_size(page):
    image = cell(page, WATCH).locator("img")
    assert image.get_attribute("src").startswith("data:image/png")
    assert cell(page, WATCH).locator("[role=progressbar], .progress").count() == 0
    heights = page.evaluate("window.heights")
    assert len(heights["live"]) > 5
    # A still image stands in a line of text, and how much that leaves below it is up to the fonts.
    all_heights = heights["live"] + heights["still"]
    assert max(all_heights) - min(all_heights) <= 2, "the page jumps"


LONG = "\n".join(["# a cell that fills a screen"] * 45)
FOLLOWED = [SCENE, "shown = stage.explore(hill, mu=(-2.0, 2.0), alt='Two hills.'); shown", LONG]
FOLLOWED += [GAME, LONG, "player.run(3)"]


def lies_in_view(page, number: int) -> bool:
    box = cell(page, number).locator(".gan-live").bounding_box()
    return box["y"] >= 50 and box["y"] + box["height"] <= 780


def wait_for_view(page, number: int, wanted: bool) -> None:
    """Wait until a cell's figure is in view, or is no more: JupyterLab scrolls when it has time."""
    for _ in range(50):
        if lies_in_view(page, number) == wanted:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"cell {number}: in view is not {wanted}")


def test_what_was_run_is_in_view_though_the_next_cell_is_long(tmp_path, browser):
    lab.write_notebook(tmp_path / "long.ipynb", FOLLOWED)
    with lab.server(tmp_path) as url:
        page = lab.open_notebook(browser, f"{url}/doc/tree/long.ipynb", height=800)
        page.locator(".jp-CodeCell").first.click()
        page.keyboard.press("Escape")
        for number in range(6):
            page.keyboard.press("Shift+Enter")
            page.wait_for_timeout(100)
            page.wait_for_function(IDLE)
            if number in (1, 3):
                wait_until_sharp(page, number)
                wait_for_view(page, number, True)
        wait_for_view(page, 3, True)  # `run` shows the game that it plays
        page.keyboard.press("Control+Home")
        page.locator(".jp-CodeCell").first.click()
        page.keyboard.press("Escape")
        wait_for_view(page, 3, False)


def readouts(page, number: int) -> list[float]:
    return [float(text) for text in cell(page, number).locator(".widget-readout").all_inner_texts()]


def readouts_at_rest(page, number: int) -> list[float]:
    """Return the numbers beside the sliders once they move no more."""
    before, now = [], readouts(page, number)
    while now != before:
        page.wait_for_timeout(500)
        before, now = now, readouts(page, number)
    return now


@pytest.mark.parametrize("width", [1280, 700])
def test_a_hand_in_the_picture_moves_what_it_takes(page, width):
    page.set_viewport_size({"width": width, "height": 3600})
    wait_until_sharp(page, GRABBED)
    image = cell(page, GRABBED).locator("img").first
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    left, top = box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"]
    page.mouse.move(left, top)
    assert image.evaluate("image => getComputedStyle(image).cursor") == "move"
    old = source(page, GRABBED)
    page.mouse.down()
    wait_for_new_picture(page, GRABBED, old)
    mu, height, n = readouts_at_rest(page, GRABBED)
    old = source(page, GRABBED)
    page.mouse.move(left + 0.05 * box["width"], top - 0.1 * box["height"], steps=5)
    page.mouse.up()
    wait_for_new_picture(page, GRABBED, old)
    moved = readouts_at_rest(page, GRABBED)
    assert moved[0] > mu + 0.3
    assert moved[1] > height + 0.1
    assert moved[2] == n
    page.mouse.move(left, top)  # it has let go
    page.wait_for_timeout(300)
    assert readouts(page, GRABBED) == moved
    page.set_viewport_size({"width": 1280, "height": 3600})


def test_a_density_is_drawn_with_the_pointer_and_the_picture_follows_the_stroke(page):
    image = cell(page, DRAWN).locator("img.widget-image")
    old, heights = image.get_attribute("src"), "round(drawn.values['density'][{}], 2)"
    pad = cell(page, DRAWN).locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    left, top, width, height = json.loads(lab.kernel_says(page, "drawn.controls['density'].box"))

    def place(column: int, y: float) -> tuple[float, float]:
        x = left + width * column / 80
        return box["x"] + x * box["width"], box["y"] + (top + height * (1 - y)) * box["height"]

    page.mouse.move(*place(20, 0.75))
    page.mouse.down()
    page.mouse.move(*place(30, 0.75), steps=5)
    new = "([image, old]) => image.src !== old"
    page.wait_for_function(new, arg=[image.element_handle(), old])  # the hand is still down
    page.mouse.move(*place(40, 0.75), steps=5)
    page.mouse.up()
    lab.wait_until_kernel_says(page, heights.format(40), "0.75")
    assert lab.kernel_says(page, heights.format(30)) == "0.75"
    assert lab.kernel_says(page, heights.format(60)) != "0.75"
    cell(page, DRAWN).get_by_role("button", name="Reset").click()
    lab.wait_until_kernel_says(page, heights.format(40), "0.4")


def test_a_line_is_drawn_by_pointer_and_by_keys_is_told_whole_and_is_undone_whole(page):
    pad, points = cell(page, PENNED).locator("canvas"), "penned.values['points']"
    old = source(page, PENNED)
    cell(page, PENNED).get_by_role("button", name="clear").click()
    lab.wait_until_kernel_says(page, points, "[]")
    pad.scroll_into_view_if_needed()
    for moved in ("down", "up"):
        pad.dispatch_event(f"pointer{moved}", {"button": 2, "pointerId": 1, "bubbles": True})
    page.wait_for_timeout(300)
    assert lab.kernel_says(page, points) == "[]", "a menu was asked for, not a dot"
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"], steps=2)
    page.wait_for_timeout(300)
    assert lab.kernel_says(page, points) == "[]", "the pen is still down"
    page.mouse.up()
    lab.wait_until_kernel_says(page, f"len({points}) > 20", "True")
    line = np.array(json.loads(lab.kernel_says(page, points)))
    np.testing.assert_allclose(line[:, 1], 1, atol=0.03)
    np.testing.assert_allclose(line[[0, -1], 0], [-1, 1], atol=0.03)
    assert np.abs(np.diff(line[:, 0])).max() < 0.2, "however fast the hand is, it has no gap"
    wait_for_new_picture(page, PENNED, old)
    count = len(line)
    for key in ("Shift+ArrowDown", "Shift+ArrowDown", "Enter"):  # from where the pointer left
        page.keyboard.press(key)
    lab.wait_until_kernel_says(page, f"len({points}) > {count + 5}", "True")
    end = json.loads(lab.kernel_says(page, f"{points}[-1]"))
    assert end == pytest.approx([line[-1, 0], line[-1, 1] - 2 / 3], abs=0.03)
    page.keyboard.press("Backspace")
    lab.wait_until_kernel_says(page, f"len({points})", str(count))
    cell(page, PENNED).get_by_role("button", name="undo").click()
    lab.wait_until_kernel_says(page, points, "[]")


def test_a_row_of_buttons_says_which_is_down_and_is_pressed_with_keys(page):
    row = cell(page, PENNED).get_by_role("group", name="digit")
    assert row.get_by_role("button").all_inner_texts() == [str(digit) for digit in range(10)]
    row.get_by_role("button", name="3").focus()
    page.keyboard.press("Space")
    lab.wait_until_kernel_says(page, "penned.values['digit']", "3")
    page.wait_for_timeout(200)
    pressed = row.get_by_role("button", pressed=True)
    assert pressed.all_inner_texts() == ["3"]
    tops = {button.bounding_box()["y"] for button in row.get_by_role("button").all()}
    assert len(tops) == 1, "one row"


def test_a_view_that_is_closed_before_it_lies_in_the_page_looks_no_further(browser):
    page = browser.new_page()
    code = (Path(stage.__file__).parent / "page.js").read_text("utf-8")
    page.add_script_tag(type="module", content=f"{code}\nwindow.render = render;")
    page.wait_for_function("() => window.render")
    looks = page.evaluate("""async () => {
        let looks = 0;
        const ask = window.requestAnimationFrame;
        window.requestAnimationFrame = (act) => { looks += 1; return ask(act); };
        const close = render({ el: document.createElement("div"), model: { get: () => "" } });
        await new Promise((done) => setTimeout(done, 100));
        close();
        const before = looks;
        await new Promise((done) => setTimeout(done, 200));
        return [before, looks - before];
    }""")
    page.close()
    assert looks[0] > 0
    assert looks[1] <= 1


def test_the_stage_works_in_voila(folder, browser):
    lab.write_notebook(folder / "app.ipynb", CELLS[:2])
    with lab.server(folder, "voila") as url:
        page = browser.new_page()
        page.goto(f"{url}/voila/render/app.ipynb")
        image = page.locator("img.widget-image")
        image.wait_for(timeout=60_000)
        before = image.get_attribute("src")
        page.locator(".noUi-handle").first.press("ArrowLeft")
        page.wait_for_function("([i, old]) => i.src !== old", arg=[image.element_handle(), before])
        page.close()
