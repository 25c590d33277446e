"""A notebook on the first day and on the next: started as README says, run, saved, reopened."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.browser import test_answers_browser as answers
from tests.browser import test_live_browser as stage
from tests.helpers import chapters, lab, shown

pytestmark = pytest.mark.browser
NOTEBOOKS = sorted((lab.REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
# What a figure is, once the kernel has gone: pictures that are there, and no word of a widget.
BROKEN = """() => [...document.querySelectorAll('.jp-Notebook img')]
    .filter(image => image.getClientRects().length)
    .filter(image => !image.complete || !image.naturalWidth || image.alt.length < 5)
    .map(image => image.src.slice(0, 80) + ' ' + image.alt)"""
DEAD = r"Error displaying widget|Loading widget|model not found"
PAD = "from gan_edu.stage.pad import Pad\nPad(points=[[0.0, 0.0], [1.0, 2.0]])"
CELLS = [*stage.CELLS[:4], PAD, stage.GAME, "stage.picture('one_iteration.svg', 'One iteration.')"]
MOVED, GAME = 1, 5


def readme_s_command() -> list[str]:
    """Return what README's first command starts."""
    readme = (lab.REPOSITORY / "README.md").read_text(encoding="utf-8")
    command = re.search(r"python -m (jupyter lab notebooks/\S+)$", readme, re.MULTILINE)[1]
    return [sys.executable, "-m", *command.split()]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of what a fresh clone has of the notebooks."""
    folder = tmp_path_factory.mktemp("course")
    for name in ("notebooks", "site"):
        shutil.copytree(lab.REPOSITORY / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def first_command(course):
    with lab.server(course, command=readme_s_command()) as url:
        yield url


@pytest.fixture(scope="module")
def whole_repository(course):
    with lab.server(course) as url:
        yield f"{url}/doc/tree/notebooks"


def links(path) -> set[str]:
    """Return a notebook's links that lead to no other server."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    found = re.findall(r"\]\((?!https?:|#)([^)]+)\)", "\n".join(texts))
    return {target.split("#")[0] for target in found}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_leans_on_no_file_but_its_neighbours(path):
    """Then its links work wherever the server's root is, on GitHub, and on Colab from there."""
    assert not [link for link in links(path) if "/" in link or not link.endswith(".ipynb")]
    assert all((path.parent / link).exists() for link in links(path))
    assert "attachment:" not in path.read_text(encoding="utf-8"), "GitHub shows none"
    cells = nbformat.read(path, as_version=4).cells
    assert not [c for c in cells if c.cell_type == "markdown" and "![" in c.source]


@pytest.mark.parametrize("path", answers.LOOKED_AT, ids=lambda path: path.stem)
def test_readme_s_command_shows_every_picture_of_a_chapter(browser, first_command, path):
    page = lab.open_notebook(browser, f"{first_command}/doc/tree/{path.name}", 1280, 800)
    saved = sum(
        len(shown.pictures(output.get("data", {})))
        for cell in nbformat.read(path, as_version=4).cells
        if not chapters.hides_output(cell)
        for output in cell.get("outputs", [])
    )
    page.evaluate(answers.RENDER)
    assert page.locator(".jp-OutputArea img:visible").count() == saved > 0
    assert not page.evaluate(BROKEN)
    page.close()


def test_the_root_may_be_the_repository_as_well(browser, whole_repository):
    page = lab.open_notebook(browser, f"{whole_repository}/{NOTEBOOKS[0].name}", height=12_000)
    page.wait_for_selector(".jp-OutputArea img", state="attached")
    assert not page.evaluate(BROKEN)
    page.locator("a", has_text="glossary").first.click()
    page.locator(".jp-RenderedMarkdown", has_text="its usual name in Chinese").wait_for()
    page.close()


@pytest.fixture(scope="module")
def first_day(browser, tmp_path_factory):
    """A folder with a notebook that was run, played with, and saved; and its pictures then."""
    folder = tmp_path_factory.mktemp("days")
    lab.write_notebook(folder / "day.ipynb", CELLS)
    with lab.server(folder) as url:
        page = lab.open_notebook(browser, f"{url}/doc/tree/day.ipynb", height=4200)
        lab.run_all(page)
        stage.press(page, MOVED, 0, "ArrowLeft")
        stage.picture(page, MOVED)
        stage.cell(page, GAME).get_by_role("button", name="One iteration").click()
        page.wait_for_timeout(1500)
        assert page.locator(".jp-OutputArea img:visible").count() == 4, "nothing is shown twice"
        last = page.evaluate(SHOWN_PIXELS)
        lab.command(page, "docmanager:save")
        page.wait_for_timeout(500)
        page.close()
    return folder, last


# The size and a few pixels of every picture that is to be seen.
SHOWN_PIXELS = """async () => {
    const seen = [];
    for (const image of document.querySelectorAll('.jp-OutputArea img')) {
        if (!image.getClientRects().length) continue;
        await image.decode();
        const canvas = new OffscreenCanvas(90, 36), pen = canvas.getContext('2d');
        pen.drawImage(image, 0, 0, 90, 36);
        seen.push([...pen.getImageData(0, 0, 90, 36).data].join());
    }
    return seen;
}"""


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_what_was_done_on_the_first_day_is_there_on_the_second(browser, first_day, app):
    folder, last = first_day
    place = {"lab": "doc/tree", "notebook": "notebooks"}[app]
    with lab.server(folder, app) as url:
        page = lab.open_notebook(browser, f"{url}/{place}/day.ipynb", height=4200)
        page.wait_for_timeout(2000)
        words = page.locator(".jp-Notebook").inner_text()
        assert not re.search(DEAD, words)
        assert "Where is the top of" in words
        assert not page.evaluate(BROKEN)
        now = page.evaluate(SHOWN_PIXELS)
        assert len(now) == 5, "the pad's points are a picture too"
        assert set(last) <= set(now)
        page.close()


@pytest.mark.parametrize("execute", [[], ["--execute"]])
def test_as_html_it_shows_every_picture_without_a_network(browser, first_day, execute, tmp_path):
    command = ["-m", "nbconvert", "--to", "html", "--output-dir", tmp_path, *execute]
    subprocess.run([sys.executable, *command, first_day[0] / "day.ipynb"], check=True)
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "day.html").as_uri())
    page.wait_for_timeout(2000)
    images = page.locator(".jp-OutputArea img:visible")
    assert images.count() == 5
    for image in images.all():
        assert len(image.get_attribute("alt")) > 5
        assert image.evaluate("image => image.naturalWidth > 0")
    assert not re.search(DEAD, page.locator("body").inner_text())
    context.close()


def test_a_kernel_that_was_restarted_is_told_and_the_cell_may_be_run_again(browser, tmp_path):
    lab.write_notebook(tmp_path / "again.ipynb", CELLS[:2])
    with lab.server(tmp_path) as url:
        page = lab.open_notebook(browser, f"{url}/doc/tree/again.ipynb")
        lab.run_all(page)
        figure = stage.cell(page, MOVED).locator(".gan-live").first
        figure.wait_for()
        says = "root => getComputedStyle(root, '::before').content"
        assert "kernel" not in figure.evaluate(says)
        page.evaluate(
            "window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()"
        )
        page.wait_for_selector(".gan-live.jupyter-widgets-disconnected")
        assert "Run the cell again" in figure.evaluate(says)
        handle = stage.cell(page, MOVED).locator(".noUi-handle").first
        assert handle.evaluate("e => getComputedStyle(e).pointerEvents") == "none"
        lab.run_all(page)
        page.wait_for_selector(".gan-live:not(.jupyter-widgets-disconnected)")
        page.close()
