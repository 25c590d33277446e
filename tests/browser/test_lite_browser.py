"""The course in a browser, built by `python -m tools.lite`: no server but for files, no network.

Needs the builder's requirements (tools/lite/requirements.txt), and GAN_EDU_PYODIDE, which names a
folder with the files of Pyodide that `tools/lite/files.py` asks for.
"""

import functools
import http.server
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.helpers import lab

FILES = os.environ.get("GAN_EDU_PYODIDE")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not FILES, reason="GAN_EDU_PYODIDE names no folder with Pyodide's files"),
    pytest.mark.skipif(
        not importlib.util.find_spec("jupyterlite_core"),
        reason="python -m pip install -r tools/lite/requirements.txt",
    ),
]
WRONG = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"
# Of all cells, also of those that are not in sight: the outputs that are errors, or warnings.
ERRORS = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    const outputs = cells.flatMap(cell => cell.model.outputs?.toJSON() || []);
    return outputs.filter(o => o.output_type === 'error' || o.name === 'stderr');
}"""
MINUTES = 60_000  # milliseconds


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and keeps no log."""

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lite") / "site"
    command = [sys.executable, "-m", "tools.lite", f"--pyodide={FILES}", f"--output={folder}"]
    subprocess.run(command, cwd=lab.REPOSITORY, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def url(site):
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(browser, url):
    """Yield a page that reaches this machine alone, and asks no other."""
    page, asked = browser.new_page(viewport={"width": 1280, "height": 1000}), []
    page.set_default_timeout(5 * MINUTES)

    def allow(route):
        if route.request.url.startswith((url, "data:", "blob:")):
            return route.continue_()
        asked.append(route.request.url)
        return route.abort()

    page.context.route("**/*", allow)
    yield page
    page.close()
    assert asked == []


def open_chapter(page, url: str, number: int) -> None:
    (path,) = (lab.REPOSITORY / "notebooks").glob(f"{number:02}_*.ipynb")
    lab.visit(page, f"{url}/lab/index.html?path={path.name}")


def run_until(page, selector: str):
    """Run one code cell after the other until something is there; return it."""
    found = page.locator(f".jp-OutputArea {selector}")
    for number in range(20):
        lab.run_cell(page, number)
        if found.count():
            return found.first
    raise AssertionError(f"no {selector} in the first cells")


def test_the_game_of_chapter_00_is_played(page, url):
    open_chapter(page, url, 0)
    run_until(page, ".gan-live img")
    cell = page.locator(".jp-CodeCell", has_text="lab.detective_game()")
    picture = cell.locator("img").first
    for _ in range(3):
        before = picture.get_attribute("src")
        cell.get_by_role("button", name="real").first.click()
        page.wait_for_function(
            "([picture, before]) => picture.src !== before", arg=[picture.element_handle(), before]
        )
    assert not cell.locator(WRONG).count()


@pytest.mark.parametrize("number", [1, 2])
def test_a_slider_moves_its_picture(page, url, number):
    open_chapter(page, url, number)
    handle = run_until(page, ".noUi-handle")
    picture = page.locator(".jp-OutputArea:has(.noUi-handle) img").first
    before = picture.get_attribute("src")
    handle.press("End")
    page.wait_for_function(
        "([picture, before]) => picture.src !== before", arg=[picture.element_handle(), before]
    )
    assert not page.locator(WRONG).count()


@pytest.mark.parametrize("number", range(4))
def test_a_whole_chapter_runs_and_says_what_needs_pytorch(page, url, number):
    open_chapter(page, url, number)
    lab.run_all(page)
    wrong = page.evaluate(ERRORS)
    assert wrong == []
    assert page.get_by_text("This cell needs").count()
