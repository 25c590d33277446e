"""Chapters as dashboards, by the command in `classroom/voila/voila.py`: no code, no kernel left."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.helpers import lab

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "classroom" / "voila"
CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
SHORT = CHAPTERS[0]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("voila")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, folder)
    return folder


def serve(folder: Path, idle: int = 600):
    """Serve the chapters as the command does, with the shortest wait for a kernel that is idle."""
    own = f"--Voila.config_file_paths={CONFIG}"
    soon = [f"--MappingKernelManager.cull_idle_timeout={idle}"]
    soon += ["--MappingKernelManager.cull_interval=1"]
    return lab.server(folder, "voila", [sys.executable, "-m", "voila", ".", own, *soon])


def wait_for_kernels(page, folder: Path, wanted: int) -> None:
    """Wait, a minute at most, until this number of kernels lives."""
    for _ in range(120):
        log = (folder / ".home" / "voila.log").read_text("utf-8")
        if log.count("Kernel started") - log.count("Kernel shutdown") == wanted:
            return
        page.wait_for_timeout(500)
    pytest.fail(log[-2000:])


def visit(browser, url: str, chapter: str):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    answer = page.goto(f"{url}/voila/render/{chapter}.ipynb", timeout=600_000)
    assert answer.status == 200
    page.wait_for_selector(".gan-live", timeout=600_000)
    return page


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_shows_its_experiments_and_no_code_and_its_kernel_ends(folder, browser, chapter):
    with serve(folder) as url:
        page = visit(browser, url, chapter)
        wait_for_kernels(page, folder, 1)
        assert page.locator(".gan-live").count()
        assert not page.locator(".jp-CodeCell .jp-InputArea:visible").count()
        assert not page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count()
        page.goto("about:blank")
        wait_for_kernels(page, folder, 0)
        page.close()


def test_the_kernel_of_a_browser_that_crashed_ends_too(folder, browser):
    with serve(folder, idle=5) as url:
        page = visit(browser, url, SHORT)
        page.route("**/api/shutdown/**", lambda route: route.abort())
        page.close()
        page = browser.new_page()
        wait_for_kernels(page, folder, 0)
        page.close()
