"""The page's recorded figures and games: what is recorded, how large it is, and how it plays."""

import ast
import io
import re
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from gan_edu import stage
from tools.moving import __main__ as moving
from tools.moving import chapters, games, sheets
from tools.moving.page import MOVING, lead
from tools.notebooks import PLACES, scripts

ROOT = Path(__file__).parents[2]
ALT = "A line that rises."


def line(ax, height=0.5, steep=False, shape="flat"):
    ax.set_ylim(0, 1)
    ax.plot([0, 1], [0 if steep else height, 1 if shape == "up" else height])


def picture(sheet: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(sheet)) as image:
        return np.array(image.convert("RGBA"))


def shown(figure: sheets.Recorded, sheet: np.ndarray, k: int) -> np.ndarray:
    """Return what the page draws for frame k."""
    (w, h), (x, y, width, height) = figure.size, figure.box
    left, top = k % sheets.COLUMNS * w, h + k // sheets.COLUMNS * height
    drawn = sheet[:h, :w].copy()
    over = sheet[top : top + height, left : left + width]
    part = drawn[y : y + height, x : x + width]
    part[over[..., 3] > 0] = over[over[..., 3] > 0]
    return drawn[..., :3]


def test_each_frame_of_a_sheet_looks_as_the_figure_itself():
    made = stage.explore(line, height=(0.0, 1.0), steep=False, alt=ALT)
    figure, code = sheets.record(made)
    slider, box = figure.controls
    assert (slider.kind, slider.label, len(slider.said)) == ("slider", "height", 7)
    assert (slider.said[0], slider.said[slider.start], slider.said[-1]) == ("0", "0.5", "1")
    assert (box.kind, box.said, box.start) == ("check", ["off", "on"], 0)
    sheet = picture(code)
    for place, words in enumerate(slider.said):
        for steep in (False, True):
            made.picture.update(height=float(words), steep=steep)
            wanted = made.picture.pixels()[..., :3].astype(int)
            there = shown(figure, sheet, 2 * place + steep).astype(int)
            assert np.abs(there - wanted).max() < 100, "the same but for a few colours"
            assert np.abs(there - wanted).mean() < 0.5


def test_a_menu_keeps_its_choices_and_a_slider_its_start():
    made = stage.explore(line, height=stage.log(0.1, 1.0), shape=["flat", "up"], alt=ALT)
    figure, _ = sheets.record(made)
    slider, menu = figure.controls
    assert slider.said[slider.start] == "0.5"
    assert len(set(slider.said)) == 7
    assert (menu.kind, menu.said, menu.start) == ("menu", ["flat", "up"], 0)


def test_a_slider_of_many_choices_keeps_its_ends_and_its_start():
    heights = [n / 20 for n in range(21)]
    figure, _ = sheets.record(stage.explore(line, height=heights, steep=False, alt=ALT))
    said = figure.controls[0].said
    assert (len(said), said[0], said[-1]) == (7, "0.0", "1.0")
    assert said[figure.controls[0].start] == "0.5"


def test_a_figure_that_needs_too_many_frames_stays_a_still():
    shapes = ["flat", "up", *"abcdefg"]
    assert sheets.record(stage.explore(line, height=(0.0, 1.0), shape=shapes, alt=ALT)) is None


def test_only_the_cells_that_a_figure_depends_on_are_run():
    codes = [
        "import a",
        "b = a.f()\nc = 1",
        "print(b)",
        "c = 2",
        "for i in a:\n    b[i] = 0",
        "b(a)",
    ]
    cells = [ast.parse(code) for code in codes]
    assert chapters._needed(cells, [5]) == [0, 1, 4, 5]


@pytest.mark.parametrize(
    ("controls", "recorded"),
    [
        ("a=(0, 1), b=[1, 2], labels={}", True),
        ("a=(0, 1), b=stage.button('go')", False),
        ("a=stage.sketch(x=(0, 1), y=(0, 1), labels='xy')", False),
        ("a=(0, 1), b=(0, 1), c=(0, 1)", False),
    ],
)
def test_a_figure_with_a_button_a_pad_or_three_controls_is_not_recorded(controls, recorded):
    assert chapters._explores(ast.parse(f"stage.explore(f, {controls}, alt='x')")) == recorded


def test_another_edition_gives_a_figure_its_words_but_no_names():
    code = "stage.explore(f('{name}'), a=['{name}'], alt='{word}')"
    ours = ast.parse(code.format(name="two", word="word"))
    chapters._put_words(ours, ast.parse(code.format(name="zwei", word="Wort")))
    assert ast.unparse(ours) == code.format(name="two", word="Wort")


def test_a_page_is_led_to_a_script_once(tmp_path):
    html = tmp_path / "notebooks" / "zh" / "a.html"
    html.parent.mkdir(parents=True)
    html.write_text("<head></head>", "utf-8")
    for _ in range(2):
        lead(html, tmp_path, ["moving.css", "moving.js"])
    text = html.read_text("utf-8")
    assert text.count(f'<script defer src="../../{MOVING}/moving.js">') == 1
    assert text.index("moving.css") < text.index("moving.js") < text.index("</head>")


def test_every_failure_has_its_remedy_beside_it():
    pairs = games.pairs()
    assert pairs.keys() == games.FAILURES.keys()
    for name, (left, right) in pairs.items():
        assert left == games.Side(name)
        assert right != left
        assert right.remedy == games.FAILURES[name].remedies
    for place in PLACES.values():
        text = (ROOT / "site" / place / "games.md").read_text("utf-8")
        assert re.findall(r'class="gan-replay" id="(\w+)"', text) == [*pairs]


# In a browser

CHAPTER = scripts(["00"])[0]  # the quickest


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return pages of one chapter, with its figures, and of the games, one of them recorded."""
    folder = tmp_path_factory.mktemp("site")
    for place in PLACES.values():
        write_page(folder / "notebooks" / place / f"{CHAPTER.stem}.html", stills(place), place)
        text = (ROOT / "site" / place / "games.md").read_text("utf-8")
        write_page(folder / "site" / place / "games.html", text, place)
    moving.begin(folder)
    moving.chapter(CHAPTER, folder)
    games.write(folder, ["good_run"])
    return folder


def stills(place: str) -> str:
    """Return the HTML that the chapter's notebook keeps of its figures."""
    notebook = nbformat.read(ROOT / "notebooks" / place / f"{CHAPTER.stem}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("data", {}).get("text/html", "") for output in outputs)


def write_page(path: Path, content: str, place: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    language = "zh-CN" if place == "zh" else "en"
    head = f'<html lang="{language}"><head><meta charset="utf-8"></head>'
    path.write_text(f"<!doctype html>{head}<article>{content}</article></html>", "utf-8")


@pytest.fixture
def visit(browser, site):
    """Return what opens a page of the site; in the end nothing was asked of another host."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    asked, wrong = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: wrong.append(str(error)))

    def visit(path: str):
        tab.goto((site / path).as_uri())
        return tab

    yield visit
    tab.close()
    assert not wrong
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def until(changed) -> None:
    """Wait until something is so; AssertionError if it is not after ten seconds."""
    end = time.monotonic() + 10
    while not changed():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.browser
@pytest.mark.parametrize("place", PLACES.values())
def test_a_key_moves_the_slider_and_the_picture_follows(visit, place):
    tab = visit(f"notebooks/{place}/{CHAPTER.stem}.html")
    figure = tab.locator(".moving")
    assert figure.count() == 1
    slider, picture = figure.get_by_role("slider"), figure.locator(".picture")
    assert figure.get_by_role("img").get_attribute("alt"), "the still keeps its words"
    assert slider.get_attribute("aria-label") == {".": "D's answer", "zh": "D的回答"}[place]
    before, said = picture.screenshot(), slider.get_attribute("aria-valuetext")
    slider.press("ArrowRight")
    until(lambda: picture.screenshot() != before)
    assert float(slider.get_attribute("aria-valuetext")) > float(said)
    assert figure.locator("output").inner_text() == slider.get_attribute("aria-valuetext")
    there = picture.screenshot()
    slider.press("End")
    until(lambda: picture.screenshot() not in (before, there))


@pytest.mark.browser
def test_a_chapter_grows_by_no_more_than_it_may(site):
    for place in PLACES.values():
        added = site / MOVING / "notebooks" / place / CHAPTER.stem
        assert 0 < sum(file.stat().st_size for file in added.iterdir()) < moving.LIMIT


@pytest.mark.browser
@pytest.mark.parametrize("place", PLACES.values())
def test_a_recorded_game_plays_without_a_kernel(visit, place):
    took = []
    for _ in range(3):  # an idle moment of a busy computer
        start = time.monotonic()
        tab = visit(f"site/{place}/games.html")
        game = tab.locator("#good_run")
        game.locator("canvas").first.wait_for()
        took.append(time.monotonic() - start)
    assert min(took) < 2
    assert game.locator("canvas").count() == 2, "the game, and G's map"
    slider, before = game.get_by_role("slider"), game.locator(".planes").screenshot()
    game.locator(".replay button").click()
    until(lambda: slider.input_value() == slider.get_attribute("max"))
    assert "600" in slider.get_attribute("aria-valuetext")
    assert game.locator(".planes").screenshot() != before
