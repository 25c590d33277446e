"""Every control of both editions in Chromium: of a chapter in Notebook 7, of all in JupyterLab.

The gate drives the first chapter, in Notebook 7: it plays few iterations, types little, and drives
no two experiments with the same controls. (`test_playground_browser` presses what the playground
has.) All chapters, in both languages, and in full:
`python -m pytest -m slow -n 0 tests/browser/test_notebooks_browser.py`.
"""

import contextlib
import json

import nbformat
import pytest

from tests.helpers import driver, lab

pytestmark = pytest.mark.browser
FOLDER = lab.REPOSITORY / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9]*.ipynb"))
EDITIONS = NOTEBOOKS + sorted(FOLDER.glob("zh/[0-9]*.ipynb"))
FIRST, PLAYGROUND, OF_FAULTS = NOTEBOOKS[0], NOTEBOOKS[-1], "faults.ipynb"
EXPLORING = "__import__('importlib').import_module('gan_edu.stage.exploring')"
REST_LONG = f"setattr({EXPLORING}, 'REST', 1e6)"  # no picture changes by itself


@contextlib.contextmanager
def course(root, app="lab", few=False):
    """Serve all notebooks, of which a cell with an error stops none of the next."""
    (root / "zh").mkdir()
    for path in EDITIONS:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
            if few:
                cell.source = lab.with_few_iterations(cell.source)
        nbformat.write(notebook, root / path.relative_to(FOLDER))
    with lab.server(root, app) as url:
        yield url


@pytest.fixture(scope="module")
def few_iterations(tmp_path_factory):
    folder = tmp_path_factory.mktemp("few")
    lab.write_notebook(folder / OF_FAULTS, ["from gan_edu import stage", *FAULTS.values()])
    with course(folder, few=True) as url:
        yield url


@pytest.fixture(scope="module")
def all_iterations(tmp_path_factory):
    with course(tmp_path_factory.mktemp("all")) as url:
        yield url


def opened(browser, address):
    page = lab.open_notebook(browser, address, height=2000)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    return page


def troubles_of(browser, address, thorough: bool) -> dict[int, list[str]]:
    """Run all cells of a notebook and move all controls; return what is wrong, by code cell."""
    page, troubles, known = opened(browser, address), {}, set()
    lab.run_all(page)
    lab.kernel_says(page, REST_LONG)
    for number, cell in enumerate(page.locator(".jp-CodeCell").all()):
        found = cell.locator(driver.ERRORS).all_text_contents()  # also of a cell out of sight
        # What a cell asserts of a training need not hold after a part of it: nbval runs it whole.
        troubles[number] = [e for e in found if thorough or "AssertionError" not in e]
        words = driver.labels(cell)
        if cell.locator(".jupyter-widgets").count() and (thorough or words not in known):
            known.add(words)
            cell.scroll_into_view_if_needed()
            texts = driver.NO_NUMBERS if thorough else driver.NO_NUMBERS[-1:]
            troubles[number] += driver.drive(page, cell, texts)
    assert len(known) > 1, "a chapter has controls"
    troubles[-1] = page.wrong
    page.close()
    return {number: found for number, found in troubles.items() if found}


@pytest.mark.slow
@pytest.mark.parametrize("path", EDITIONS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_control_of_the_course(browser, all_iterations, path):
    address = f"{all_iterations}/doc/tree/{path.relative_to(FOLDER)}"
    assert troubles_of(browser, address, thorough=True) == {}


def test_a_chapter_in_notebook_7(browser, tmp_path):
    with course(tmp_path, "notebook", few=True) as url:
        assert troubles_of(browser, f"{url}/notebooks/{FIRST.name}", thorough=False) == {}


def cells_with(path, *beginnings: str) -> list[int]:
    cells = nbformat.read(path, as_version=4).cells
    return [i for i, cell in enumerate(cells) if cell.source.startswith(beginnings)]


def test_the_pad_is_drawn_on_by_mouse_and_by_keys(browser, few_iterations):
    page = opened(browser, f"{few_iterations}/doc/tree/{PLAYGROUND.name}")
    for number in cells_with(PLAYGROUND, "import", "from", "pad =", "drawn ="):
        lab.run_cell(page, number)
    pad = page.locator("canvas[aria-label^=Draw]")
    pad.scroll_into_view_if_needed()
    pad.locator("..").get_by_role("button", name="clear").click()
    lab.wait_until_kernel_says(page, "pad.points", "[]")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 75, box["y"] + 75)
    page.mouse.down()
    page.mouse.move(box["x"] + 225, box["y"] + 75, steps=20)
    page.mouse.up()
    lab.wait_until_kernel_says(page, "pad.points[-1:] > [[1.2]]", "True")  # it ends at 1.5
    drawn = int(lab.kernel_says(page, "len(pad.points)"))
    assert 5 < drawn < 20
    assert lab.kernel_says(page, "all(abs(y - 1.5) < 0.05 for _, y in pad.points)") == "True"
    places = [x for x, _ in json.loads(lab.kernel_says(page, "pad.points"))]
    assert places[-1] - places[0] > 2
    x, y = json.loads(lab.kernel_says(page, "pad.points[-1]"))
    for key in [
        "ArrowLeft",
        "ArrowLeft",
        "ArrowUp",
        "Shift+ArrowUp",
        "Space",
        "Backspace",
        "Space",
    ]:
        page.keyboard.press(key)
    lab.wait_until_kernel_says(page, "len(pad.points)", str(drawn + 1))
    assert json.loads(lab.kernel_says(page, "pad.points[-1]")) == pytest.approx([x - 0.2, y + 0.6])
    drawn = "list(map(list, drawn.settings.drawing)) == pad.points"
    lab.wait_until_kernel_says(page, drawn, "True")
    assert page.wrong == []
    page.close()


FAULTS = {  # what a trouble must say: a cell that has it
    "ZeroDivisionError": (
        "def f(ax, x=1): ax.set_title(1 / x)\nstage.explore(f, x=(0, 9), alt='1/x')"
    ),
    "nothing changes the picture": "stage.explore(lambda ax, x=1: None, x=(0, 9), alt='none')",
    "a control has no label": (
        "def f(ax, x=1): ax.set_title(x)\nstage.explore(f, x=(0, 9), labels={'x': ''}, alt='x')"
    ),
    "the picture jumps": (
        "from ipywidgets import HTML, VBox\nnote = HTML('')\n"
        "def f(ax, x=1):\n    ax.set_title(x)\n    note.value = '<br>' * x\n"
        "VBox([note, stage.explore(f, x=(0, 9), alt='x')])"
    ),
}


def test_the_driver_sees_each_kind_of_trouble(browser, few_iterations):
    page = opened(browser, f"{few_iterations}/doc/tree/{OF_FAULTS}")
    lab.run_all(page)
    lab.kernel_says(page, REST_LONG)
    for number, fault in enumerate(FAULTS, 1):
        cell = page.locator(".jp-CodeCell").nth(number)
        troubles = driver.drive(page, cell, [])
        assert any(fault in trouble for trouble in troubles), (fault, troubles)
    page.close()
