"""Sketches, puzzles and warm-ups as hands, fingers and keys meet them."""

import json
import re

import pytest

from tests.helpers import lab

pytestmark = pytest.mark.browser
CELLS = [
    """from gan_edu import practice, stage
guess = stage.predict("Draw.", stage.sketch(x=(0, 10), y=(0, 1), labels=("x", "y")))
guess""",
    "puzzle = practice.puzzle('1.p1')\npuzzle",
    "practice.warm_up(2)",
    "guess.reveal(lambda x: x / 10, 'A line.', stage.Part("
    "over=(0, 10), right='right', above='it is lower', below='it is higher'))",
]
SKETCH, PUZZLE, WARM_UP, REVEAL = range(4)
KEEP_BUSY = """() => {
    const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    kernel.requestExecute({code: "__import__('time').sleep(3)", store_history: false});
}"""
UP_FIVE_TIMES = """pad => {
    for (let i = 0; i < 5; i++) pad.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowUp"}));
}"""
DRAWN = "[(i, round(y, 2)) for i, y in enumerate(guess.heights) if y is not None]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    lab.write_notebook(folder / "practice.ipynb", CELLS)
    return folder


@pytest.fixture(scope="module")
def page(folder, browser):
    with lab.server(folder) as url:
        page = lab.open_notebook(
            browser, f"{url}/doc/tree/practice.ipynb", width=1280, height=2400, has_touch=True
        )
        lab.run_all(page)
        page.wait_for_selector(".gan-lines li")
        yield page


@pytest.fixture(autouse=True)
def _cleared(page):
    cell(page, SKETCH).get_by_role("button", name="clear").click()
    lab.wait_until_kernel_says(page, DRAWN, "[]")
    lab.kernel_says(page, "setattr(puzzle.lines, 'chosen', [])")
    page.wait_for_function("document.querySelectorAll('.gan-lines ol')[1].children.length === 0")


def cell(page, number: int):
    return page.locator(".jp-CodeCell").nth(number)


def place(page, x: float, y: float) -> dict[str, float]:
    """Return where in the page x and y of the sketch's axes are."""
    box = cell(page, SKETCH).locator("canvas").bounding_box()
    left, top, width, height = json.loads(lab.kernel_says(page, "guess.pad.box"))
    return {
        "x": box["x"] + box["width"] * (left + width * x / 10),
        "y": box["y"] + box["height"] * (top + height * (1 - y)),
    }


def test_a_stroke_draws_each_column_that_it_crosses_and_the_reveal_lies_over_it(page):
    start, end = place(page, 1, 0.5), place(page, 6, 1)
    page.mouse.move(**start)
    page.mouse.down()
    page.mouse.move(**end, steps=3)
    page.mouse.up()
    lab.wait_until_kernel_says(page, "sum(y is not None for y in guess.heights)", "41")
    low, high = json.loads(lab.kernel_says(page, "[guess.heights[8], guess.heights[48]]"))
    assert low == pytest.approx(0.5, abs=0.02)
    assert high == pytest.approx(1, abs=0.02)
    because = cell(page, SKETCH).locator("input[type=text]")
    because.fill("it rises")
    because.press("Tab")
    lab.run_cell(page, REVEAL)
    cell(page, REVEAL).get_by_text("It is lower.").wait_for()
    cell(page, REVEAL).get_by_text("Your reason was: it rises").wait_for()
    picture = cell(page, REVEAL).locator("img")
    assert picture.get_attribute("alt") == "Your sketch and the true curve: it is lower."


def test_a_finger_draws_and_the_page_does_not_scroll(page):
    hand = page.context.new_cdp_session(page)
    before = page.evaluate("window.scrollY")
    for kind, x in (("touchStart", 2), ("touchMove", 3), ("touchMove", 4)):
        points = [place(page, x, 0.25)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    lab.wait_until_kernel_says(page, "sum(y is not None for y in guess.heights)", "17")
    assert page.evaluate("window.scrollY") == before


def test_a_place_is_told_only_once_there_is_a_cursor_there(page):
    sketch = cell(page, SKETCH)
    says = sketch.locator("span[aria-live=polite]")
    assert says.text_content() == ""
    sketch.locator("canvas").focus()
    assert re.fullmatch(r"x = \d.*, y = 0.5", says.text_content()), "half way up, nothing is drawn"


def test_keys_draw_as_well_and_say_where_they_are(page):
    pad = cell(page, SKETCH).locator("canvas")
    pad.focus()
    for key in ("ArrowUp", "Shift+ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowLeft", " "):
        pad.press(key)
    lab.wait_until_kernel_says(page, "sum(y is not None for y in guess.heights)", "3")
    told = lab.kernel_says(page, DRAWN)
    columns = dict(eval(told))  # noqa: S307 numbers of our own kernel
    (first, middle, last) = sorted(columns)
    assert (middle - first, last - middle) == (8, 1)
    assert columns[last] == pytest.approx(columns[first] - 0.1, abs=0.011)
    says = cell(page, SKETCH).locator("span[aria-live]").inner_text()
    assert says.startswith("x = ")
    assert f"y = {columns[middle]:.3g}".replace("-", "−")[:6] in says
    pad.press("Backspace")
    lab.wait_until_kernel_says(page, "sum(y is not None for y in guess.heights)", "2")
    assert "Backspace takes a point away" in pad.get_attribute("aria-label")


def program(page) -> str:
    rows = cell(page, PUZZLE).locator("ol").nth(1).locator("li b")
    return "".join(rows.all_inner_texts())


def drag(page, letter: str, x: float, y: float) -> None:
    row = cell(page, PUZZLE).locator(f"li[data-letter={letter}]").bounding_box()
    page.mouse.move(row["x"] + 30, row["y"] + row["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, y, steps=5)
    page.mouse.up()


def test_all_code_begins_in_one_column_and_a_broken_line_goes_on_further_right(page):
    code = page.locator(".gan-lines code")
    begins = code.evaluate_all(
        "all => all.map(c => c.getBoundingClientRect().left - c.parentElement.offsetLeft)"
    )
    assert max(begins) - min(begins) < 0.5
    first, *others = code.first.evaluate(
        """c => {
          c.style.maxWidth = "40px";
          const range = document.createRange();
          range.selectNodeContents(c.firstChild);
          const lefts = [...range.getClientRects()].map((box) => box.left);
          c.style.maxWidth = "";
          return lefts;
        }"""
    )
    assert min(others) > first + 20


def test_lines_are_dragged_into_the_program_between_others_and_back(page):
    target = cell(page, PUZZLE).locator("ol").nth(1).bounding_box()
    for letter in "bc":
        drag(page, letter, target["x"] + 60, target["y"] + 60 * (letter == "c") + 5)
    second = cell(page, PUZZLE).locator("li[data-letter=c]").bounding_box()
    drag(page, "a", target["x"] + 60, second["y"] + 2)
    assert program(page) == "bac"
    lab.wait_until_kernel_says(page, "puzzle.lines.chosen", "['b', 'a', 'c']")
    pool = cell(page, PUZZLE).locator("ol").nth(0).bounding_box()
    drag(page, "a", pool["x"] + 60, pool["y"] + 60)
    assert program(page) == "bc"


def test_a_puzzle_is_solved_with_keys_alone(page):
    answer = lab.kernel_says(page, "__import__('gan_edu.exercises').exercises.find('1.p1').answer")
    for letter in reversed(answer):
        row = cell(page, PUZZLE).locator(f"li[data-letter={letter}]")
        row.focus()
        page.keyboard.press("Enter")
        row.focus()
        for _ in answer:
            page.keyboard.press("Shift+ArrowUp")
    assert program(page) == answer
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.letter") == answer[1]
    cell(page, PUZZLE).get_by_role("button", name="check", exact=True).press("Enter")
    said = cell(page, PUZZLE).locator(".widget-html", has_text="1.p1")
    said.nth(1).wait_for(timeout=60_000)
    assert "1.p1 is right" in said.nth(1).inner_text()


def test_a_check_while_the_kernel_is_busy_is_of_the_lines_in_the_page(page):
    answer = lab.kernel_says(page, "__import__('gan_edu.exercises').exercises.find('1.p1').answer")
    page.evaluate(KEEP_BUSY)
    for letter in reversed(answer):
        cell(page, PUZZLE).locator(f"li[data-letter={letter}]").press("Enter")
    cell(page, PUZZLE).get_by_role("button", name="check", exact=True).press("Enter")
    recalled = "__import__('gan_edu.record').record.recall('puzzles', '1.p1')['order']"
    lab.wait_until_kernel_says(page, recalled, answer[::-1])


def test_what_is_drawn_while_the_kernel_is_busy_is_there_at_the_reveal(page):
    pad = cell(page, SKETCH).locator("canvas")
    pad.focus()
    page.evaluate(KEEP_BUSY)
    pad.evaluate(UP_FIVE_TIMES)
    highest = "round(max(y for y in guess.heights if y is not None), 2)"
    assert lab.kernel_says(page, highest) == "0.6"


@pytest.mark.parametrize("width", [900, 1280])
def test_nothing_is_wider_than_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 2400})
    page.wait_for_timeout(300)
    edge = cell(page, SKETCH).locator(".jp-OutputArea").bounding_box()
    parts = page.locator(".gan-lines li, canvas, .gan-live button")
    for i in range(parts.count()):
        box = parts.nth(i).bounding_box()
        assert box is None or box["x"] + box["width"] <= edge["x"] + edge["width"] + 1


def test_a_warm_up_opens_answers_and_folds_with_keys(page):
    line = cell(page, WARM_UP).get_by_role("button", name="Warm-up: three questions")
    line.press("Enter")
    field = cell(page, WARM_UP).locator("input[type=text]").first
    field.fill("1/2")
    field.press("Enter")
    cell(page, WARM_UP).get_by_text("The same probability lies on twice the length.").wait_for()
    line.press("Enter")
    field.wait_for(state="hidden")


def test_all_of_it_draws_in_notebook_7(folder, browser):
    with lab.server(folder, "notebook") as url:
        page = lab.open_notebook(browser, f"{url}/notebooks/practice.ipynb", height=2400)
        lab.run_all(page)
        page.wait_for_selector(".gan-lines li")
        pad = cell(page, SKETCH).locator("canvas")
        pad.press("ArrowUp")
        lab.wait_until_kernel_says(page, "sum(y is not None for y in guess.heights) > 0", "True")
        row = cell(page, PUZZLE).locator("ol").nth(0).locator("li").first
        row.press("Enter")
        lab.wait_until_kernel_says(
            page, "len(puzzle.lines.chosen)", "6"
        )  # five are kept from the other page
        page.close()
