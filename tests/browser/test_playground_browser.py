"""The playground's screen in JupyterLab in Chromium: all in one window, and nothing moves."""

import re

import pytest

from tests.helpers import lab

pytestmark = pytest.mark.browser
GAME = """
import torch
torch.set_num_threads(1)
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.screen import screen
game = Playground()
player = screen(game, alt="The ring of eight.", pace=5)"""
BOXES = """() => Object.fromEntries(['.gan-row', '.gan-networks', '.gan-scene',
    '.gan-seat:not([style*=none])', '.gan-charts', '.gan-tabs'].map(name => {
        const {x, y, width, height} = document.querySelector(name).getBoundingClientRect();
        return [name, [x, y, width, height].map(Math.round)];
    }))"""
LONG = "● vanishing gradient, D too strong · AUC 1.00 · gradient to G 0%"
# What stands out of its own box, or of the page, as words: a cut label, a wrapped button.
CUT = """() => [...document.querySelectorAll('.gan-live .widget-label, .gan-live button')]
    .filter(part => part.offsetWidth && !part.closest('.gan-plane')
        && (part.scrollWidth > part.clientWidth + 1
            || part.getBoundingClientRect().right > innerWidth))
    .map(part => part.innerText)"""
# The menus whose chosen label is wider than the menu.
NARROW = """() => {
    const pen = document.createElement('canvas').getContext('2d');
    return [...document.querySelectorAll('.gan-live select')].filter(part => {
        if (!part.offsetWidth) return false;
        pen.font = getComputedStyle(part).font;
        const widest = Math.max(...[...part.options].map(o => pen.measureText(o.text).width));
        return widest > part.clientWidth - 24;
    }).map(part => part.value);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("playground")
    lab.write_notebook(folder / "game.ipynb", [GAME])
    with lab.server(folder) as url:
        yield f"{url}/doc/tree/game.ipynb"


@pytest.fixture(scope="module")
def page(browser, address):
    page = lab.open_notebook(browser, address, 1280, 800)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    lab.run_all(page)
    page.locator(".gan-tabs").wait_for()
    page.wait_for_timeout(1000)
    yield page
    assert page.wrong == []
    page.close()


@pytest.fixture(autouse=True)
def top(page):
    page.locator(".gan-live").first.evaluate("part => part.scrollIntoView()")


def press(page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()
    page.wait_for_timeout(600)


def drawer(page, words: str) -> None:
    page.locator(".gan-tabs .jupyter-widget-Collapse-header", has_text=words).click()
    page.wait_for_timeout(300)


def boxes(page) -> dict:
    return page.evaluate(BOXES)


def over(one: dict, other: dict) -> bool:
    """Tell whether two boxes of the page share a pixel."""
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "width"), ("y", "height"))
    )


def distance(page) -> dict:
    """Return the box of the lower chart."""
    box = page.locator(".gan-charts img").bounding_box()
    return box | {"y": box["y"] + box["height"] / 2, "height": box["height"] / 2}


BOTTOM = "part => part.getBoundingClientRect().bottom"
QUESTION = 104  # pixels of two lines, and of the folded cell between them and the screen


def check_window(page, question: int = 0) -> None:
    """All of the screen, and a question above it, fit between the tools and the status line."""
    found = boxes(page)
    last = page.locator("#jp-bottom-panel, .jp-StatusBar-Widget, #jp-main-statusbar").last
    end = last.bounding_box()["y"] if last.count() else 800
    row = found[".gan-row"]
    assert row[1] >= 80
    low = max(y + height for _, y, _, height in found.values())
    if page.locator(".gan-mission").is_visible():
        low = max(low, page.locator(".gan-mission").evaluate(BOTTOM))
    assert low - row[1] + question <= end - 88, found
    assert row[3] <= 40, "the buttons stand in one row"
    for name, (x, _, width, _) in found.items():
        assert x + width <= 1280, name
    assert page.evaluate(CUT) == []


def test_one_game_and_each_drawer_fit_the_window_and_nothing_moves(page):
    before = boxes(page)
    check_window(page, QUESTION)
    for title in ("training", "penalties", "display", "share", "game"):
        drawer(page, title)
        assert boxes(page) == before, title
        assert page.evaluate(CUT) == []
        assert page.evaluate(NARROW) == []
    plane, charts = before[".gan-seat:not([style*=none])"], before[".gan-charts"]
    assert plane[2] >= 420
    assert charts[0] >= plane[0] + plane[2]
    page.locator(".gan-diagnosis:visible").click()
    page.wait_for_timeout(500)
    told = page.locator(".gan-over").bounding_box()
    for seen in (".gan-tabs", ".gan-seat:visible", ".gan-networks"):
        assert not over(told, page.locator(seen).bounding_box()), "the controls stay in sight"
    assert not over(told, distance(page)), "the distance stays in sight"
    assert boxes(page) == before
    press(page, "close")
    assert not page.locator(".gan-over").is_visible()


TRACKS = """() => [...document.querySelectorAll('.gan-tabs .noUi-target')]
    .filter(track => track.offsetParent).map(track => track.offsetWidth)"""


def test_each_slider_of_a_drawer_has_a_track_to_drag_on(page):
    for title in ("training", "penalties", "game"):  # the drawer that the next test finds open
        drawer(page, title)
        page.wait_for_function(f"() => ({TRACKS})().length > 0")
        assert min(page.evaluate(TRACKS)) > 60, title


def step(page, words: str) -> None:
    """Press a button of the drawn networks, which says what there is and what comes."""
    page.locator(".gan-diagram").get_by_role("button", name=words, exact=True).click()
    page.wait_for_timeout(300)


def test_a_click_gives_a_network_a_layer_and_the_drawing_moves_nothing(page):
    before = boxes(page)
    layers = page.locator(".gan-diagram .player.d rect")
    assert layers.count() == 2
    add = page.get_by_role("button", name="hidden layers of D: 2. Press for 3.", exact=True)
    place = add.bounding_box()
    add.focus()
    page.keyboard.press("Enter")
    lab.wait_until_kernel_says(page, "game.settings.layers_d", "3")
    again = page.get_by_role("button", name="hidden layers of D: 3. Press for 4.", exact=True)
    again.wait_for()
    assert again.bounding_box() == place, "one may press on"
    assert again.evaluate("part => part === document.activeElement")
    assert layers.count() == 3
    widths = "[m.out_features for m in game.match.game.discriminator if hasattr(m, 'out_features')]"
    assert lab.kernel_says(page, widths) == "[64, 64, 64, 1]"
    high = layers.first.bounding_box()["height"]
    step(page, "width of D: 64. Press for 128.")
    lab.wait_until_kernel_says(page, widths, "[128, 128, 128, 1]")
    assert layers.first.bounding_box()["height"] > high
    step(page, "activation of G: tanh. Press for relu.")
    page.locator(".gan-diagram .g .activation", has_text="relu").wait_for()
    assert "relu" in page.locator(".gan-diagram .player.g").get_attribute("aria-label")
    assert boxes(page) == before
    assert page.evaluate(CUT) == []
    lab.kernel_says(page, "player.set('preset', 'good_run')")
    page.get_by_role("button", name="hidden layers of D: 2. Press for 3.", exact=True).wait_for()


def test_a_click_on_half_a_box_makes_that_layer_wider_or_narrower(page):
    before = boxes(page)
    box = page.locator(".gan-diagram .player.d rect").nth(1).bounding_box()
    middle = box["x"] + box["width"] / 2
    widths = "game.settings.widths('d')"
    for share, wanted in ((0.1, "(64, 128)"), (0.9, "(64, 64)"), (0.9, "(64, 32)")):
        page.mouse.click(middle, box["y"] + share * box["height"])
        lab.wait_until_kernel_says(page, widths, wanted)
    page.wait_for_timeout(500)
    heights = [part.bounding_box()["height"]
               for part in page.locator(".gan-diagram .player.d rect").all()]  # fmt: skip
    assert heights[0] > heights[1]
    step(page, "width of layer 1 of D: 64. Press for 128.")
    lab.wait_until_kernel_says(page, widths, "(128, 32)")
    again = page.get_by_role("button", name="width of layer 1 of D: 128. Press for 64.", exact=True)
    again.focus()
    assert again.evaluate("part => getComputedStyle(part).opacity") == "1"
    page.keyboard.press("Enter")
    lab.wait_until_kernel_says(page, widths, "(64, 32)")
    assert page.locator(".gan-diagram .player.d .layers button:visible").count() == 4
    assert boxes(page) == before
    assert page.evaluate(CUT) == []
    lab.kernel_says(page, "player.set('preset', 'good_run')")
    page.get_by_role("button", name="width of D: 64. Press for 128.", exact=True).wait_for()


# The parts of the drawing that slow motion lights, and whether they are seen better than the rest.
LIT = """() => {
    const seen = part => Number(getComputedStyle(part).opacity);
    const parts = [...document.querySelectorAll('.gan-diagram :is(.end, .player)')];
    return parts.filter(part => seen(part) === 1 && parts.some(other => seen(other) < 0.5))
        .map(part => part.classList.contains('player') ? part.querySelector('b').innerText
            : part.innerText);
}"""


def test_slow_motion_lights_what_is_at_work(page):
    told = page.locator(".gan-diagram .gan-unseen")
    assert told.evaluate("told => Math.max(told.offsetWidth, told.offsetHeight)") <= 1
    expected = [
        ["real"], ["z"], ["z", "G", "generated"], ["real", "generated", "D", "a"], ["a", "loss"],
        ["D", "a", "loss"], ["D"], ["generated", "D", "a"], ["a", "loss"],
        ["generated", "D", "a", "loss"], ["G", "generated"],
    ]  # fmt: skip
    before = boxes(page)
    for number, parts in enumerate(expected, 1):
        page.get_by_role("button", name="Slow motion", exact=True).click()
        told.filter(has_text=re.compile(rf"^{number} ")).wait_for(state="attached")
        assert sorted(page.evaluate(LIT)) == sorted(parts), number
        title = page.locator(".gan-plane .title", has_text=re.compile(rf"^{number} "))
        assert title.evaluate("part => part.scrollWidth <= part.clientWidth"), "it is not cut"
    assert page.locator(".gan-diagram .g .optimiser").inner_text() == "Adam"
    assert boxes(page) == before
    press(page, "Slow motion")
    assert page.evaluate(LIT) == []
    press(page, "Reset")


def test_two_games_play_in_step_on_one_screen(page):
    press(page, "Compare")
    page.locator(".gan-acted-on:nth-child(2)").wait_for()
    page.get_by_label("loss", exact=True).select_option("least squares")
    page.wait_for_timeout(500)
    check_window(page)
    for title in ("training", "penalties", "display", "share", "game"):
        drawer(page, title)
        check_window(page)
    lab.kernel_says(page, f"[setattr(line, 'description', {LONG!r}) for line in player.diagnoses]")
    page.wait_for_timeout(500)
    assert page.evaluate(CUT) == []
    for line in page.locator(".gan-diagnosis").all():
        assert line.bounding_box()["height"] < 24, "one line"
    for key in page.locator(".gan-seat .key").all():
        assert key.bounding_box()["height"] < 24, "one line"
    first, second = (page.locator(".gan-seat canvas").nth(i).bounding_box() for i in range(2))
    charts = page.locator(".gan-charts img").bounding_box()
    assert first["width"] == second["width"] >= 350
    assert first["y"] == second["y"]
    assert second["x"] >= first["x"] + first["width"]
    assert charts["x"] >= second["x"] + second["width"]
    assert charts["width"] >= 320
    press(page, "Play")
    enough = "min(g.iterations for g in player.game.games) > 20"
    lab.wait_until_kernel_says(page, enough, "True")
    press(page, "Pause")
    page.wait_for_timeout(500)
    played = lab.kernel_says(page, "[g.iterations for g in player.game.games]")
    a, b = (int(n) for n in played.strip("[]").split(","))
    assert a == b
    assert lab.kernel_says(page, "[g.settings.loss for g in player.game.games]") == (
        "['minimax', 'least_squares']"
    )
    painted = """() => [...document.querySelectorAll('.gan-seat canvas')].map(c => {
        const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height);
        return data.reduce((a, b) => (a * 31 + b) % 1000003, 7);
    })"""
    one, other = page.evaluate(painted)
    assert one != other
    press(page, "One game")


def test_a_line_is_copied_and_opened(page):
    drawer(page, "share")
    page.locator(".gan-copy").click()
    page.wait_for_timeout(300)
    line = page.evaluate("navigator.clipboard.readText()")
    assert line == lab.kernel_says(page, "player.game.line")
    assert page.locator(".gan-says").inner_text() == "copied"
    lab.kernel_says(page, "player.set('loss', 'least_squares')")
    field = page.get_by_placeholder("paste such a line, press Enter")
    field.fill(line[:-4])
    field.press("Enter")
    page.locator(".gan-tabs", has_text="copied whole").wait_for()
    assert lab.kernel_says(page, "player.game.settings.loss") == "least_squares"
    field.fill(line)
    field.press("Enter")
    page.locator(".gan-tabs:not(:has-text('copied whole'))").wait_for()
    assert lab.kernel_says(page, "player.game.settings.loss") == "minimax"
    assert field.input_value() == ""
    drawer(page, "game")


def test_the_playhead_scrubs_and_play_leaves_the_old_branch(page):
    lab.kernel_says(page, "player.run(300) and None")
    page.wait_for_timeout(800)
    head = page.locator(".gan-charts .noUi-handle")
    head.focus()
    for _ in range(5):
        head.press("PageDown")
        page.wait_for_timeout(500)
    moment = round(float(head.get_attribute("aria-valuenow")))
    assert 0 < moment < 300
    lab.wait_until_kernel_says(page, "game.iterations", str(moment))
    assert int(lab.kernel_says(page, "game.recorded")) == 300
    press(page, "One iteration")
    lab.wait_until_kernel_says(page, "game.recorded", str(moment + 1))
    assert lab.kernel_says(page, "game.ghost[-1].iteration") == "300"


def run(page, code: str) -> None:
    lab.kernel_says(page, f"exec({code!r}, globals())")
    page.wait_for_timeout(600)


def test_a_mission_half_done_is_read_whole_and_its_hints_leave_plane_and_controls(page):
    run(page, "from tests.chapters.test_ch07_failures import record")
    run(page, "player.set('mission', 'collapse'); player.set('loss', 'non_saturating')")
    run(page, "player.run(1); game.match.history = record(reached=1); player.redraw()")
    run(page, "game.match.history = record(spread=0.15, covered=6); player.redraw()")
    line = page.locator(".gan-mission .widget-html-content")
    assert "at least 20%" in line.inner_text()
    for width in (900, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(500)
        assert line.evaluate("part => part.scrollHeight <= part.clientHeight"), width
    press(page, "Hint")
    hints = page.locator(".gan-over").bounding_box()
    for seen in (".gan-tabs", ".gan-seat:visible", ".gan-mission"):
        assert not over(page.locator(seen).bounding_box(), hints), seen
    run(page, "player.set('mission', ''); player.set('preset', 'good_run')")
    assert not page.locator(".gan-over").is_visible()


def check_tools(page, planes: int) -> None:
    sheets = [sheet.bounding_box() for sheet in page.locator(".gan-seat canvas:visible").all()]
    tools = [tool.bounding_box() for tool in page.locator(".gan-seat .tools button:visible").all()]
    titles = page.locator(".gan-seat .title:visible")
    assert (len(sheets), len(tools)) == (planes, 4 * planes)
    for tool in tools:
        assert not any(over(tool, sheet) for sheet in sheets)
        assert not any(over(tool, title.bounding_box()) for title in titles.all())
    assert titles.evaluate_all("all => all.filter(t => t.scrollWidth > t.clientWidth).length") == 0


def test_no_tool_of_the_hand_lies_on_a_plane_or_cuts_its_title(page):
    run(page, "player.set('preset', 'good_run'); player.game.reset(); player.run(50)")
    check_tools(page, 1)
    for words, planes in (("Compare", 2), ("One game", 1)):
        press(page, words)
        check_tools(page, planes)
    for _ in range(6):
        press(page, "Slow motion")
    assert not page.locator(".gan-seat .tools:visible").count()
    page.locator(".gan-seat .title:visible", has_text="ring").wait_for()
    press(page, "Reset")


def test_with_g_s_map_the_legend_has_one_height(page):
    heights = []
    for arrows in (True, False):
        run(page, f"player.set('show_map', True); player.set('show_arrows', {arrows})")
        heights.append(page.locator(".gan-plane:visible .key").bounding_box()["height"])
    run(page, "player.set('show_map', False); player.set('show_arrows', True)")
    assert heights == [36, 36]


def test_it_fits_a_narrow_page_too(page):
    page.set_viewport_size({"width": 900, "height": 900})
    page.wait_for_timeout(500)
    for _, (x, _, width, _) in boxes(page).items():
        assert x + width <= 900
    assert page.evaluate(CUT) == []
    page.locator(".gan-diagnosis:visible").click()
    page.wait_for_timeout(500)
    assert not over(page.locator(".gan-over").bounding_box(), distance(page))
    press(page, "Compare")
    page.wait_for_timeout(1000)
    charts = page.locator(".gan-charts img")
    letters = "player.picture.figure.axes[1].get_legend().get_texts()[0].get_fontsize() / 72 * 100"
    shrunk = charts.bounding_box()["width"] / 360
    assert float(lab.kernel_says(page, letters)) * shrunk >= 10, "a legend can be read"
    press(page, "One game")
    page.set_viewport_size({"width": 1280, "height": 800})
