"""Every control of the course in JupyterLab in Chromium."""

import json
import shutil

import driver
import lab
import nbformat
import pytest

pytestmark = pytest.mark.browser
NOTEBOOKS = sorted((lab.REPOSITORY / "notebooks").glob("*.ipynb"))
PLAYGROUND = next(path for path in NOTEBOOKS if path.name.startswith("07"))


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    for path in NOTEBOOKS:
        shutil.copy(path, root)
    with lab.server(root) as url:
        yield url


def opened(browser, url, path):
    page = lab.open_notebook(browser, f"{url}/doc/tree/{path.name}", height=2000)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    return page


def code_cells(path) -> dict[int, str]:
    cells = nbformat.read(path, as_version=4).cells
    return {i: cell.source for i, cell in enumerate(cells) if cell.cell_type == "code"}


def driven(page, path, numbers) -> dict[int, list[str]]:
    """Run cells in their order, then move all controls of each; return the troubles by cell."""
    order = list(code_cells(path))
    for number in numbers:
        lab.run_cell(page, number)
    troubles = {}
    for number in numbers:
        cell = page.locator(".jp-CodeCell").nth(order.index(number))
        if cell.locator(".jupyter-widgets").count():
            cell.scroll_into_view_if_needed()
            troubles[number] = driver.drive(page, cell)
    return troubles


def cells_with(path, *beginnings: str) -> list[int]:
    cells = code_cells(path)
    return [i for i, source in cells.items() if source.startswith(beginnings)]


def test_every_control_of_the_playground(browser, url):
    page = opened(browser, url, PLAYGROUND)
    numbers = cells_with(PLAYGROUND, "import", "ground = lab.Playground", "guess_judge =")
    troubles = driven(page, PLAYGROUND, numbers)
    assert len(troubles) == 2, "a player and a question have controls"
    assert not any(troubles.values()), troubles
    assert page.wrong == []
    page.close()


def test_the_pad_is_drawn_on_by_mouse_and_by_keys(browser, url):
    page = opened(browser, url, PLAYGROUND)
    for number in cells_with(PLAYGROUND, "import", "pad =", "sketch ="):
        lab.run_cell(page, number)
    pad = page.locator("canvas[role=application]")
    pad.scroll_into_view_if_needed()
    page.get_by_role("button", name="clear").click()
    page.wait_for_timeout(300)
    assert lab.kernel_says(page, "pad.points") == "[]"
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 75, box["y"] + 75)
    page.mouse.down()
    page.mouse.move(box["x"] + 225, box["y"] + 75, steps=20)
    page.mouse.up()
    page.wait_for_timeout(300)
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
    page.wait_for_timeout(500)
    assert int(lab.kernel_says(page, "len(pad.points)")) == drawn + 1
    assert json.loads(lab.kernel_says(page, "pad.points[-1]")) == pytest.approx([x - 0.2, y + 0.6])
    assert lab.kernel_says(page, "sketch.drawing == pad.points") == "True"
    assert page.wrong == []
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_control_of_the_course(browser, url, path):
    page = opened(browser, url, path)
    troubles = driven(page, path, list(code_cells(path)))
    assert len(troubles) > 1
    assert not any(troubles.values()), troubles
    assert page.wrong == []
    page.close()
