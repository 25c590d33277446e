"""Make a deck of slides, to be shown in any browser, offline: of a talk, or of whole chapters.

python -m classroom.slides --minutes 45   dist/slides/talk_45.html; or 90: see classroom/talk.md
python -m classroom.slides                dist/slides/NN_name.html, every chapter
python -m classroom.slides 04             the chapters whose names start so
    --language zh_CN                      in Chinese, dist/slides/zh
    --pdf                                 beside each deck a PDF with a page for each slide

A deck is one file: reveal.js, formulas, type and pictures are inside. A talk's sliders move by ↑
and ↓, Enter plays them, S shows the notes. In a chapter's deck a slider's picture is the frame that
the notebook was saved with; for live sliders see "For a class" in CONTRIBUTING.md. What a cell is
on the slides, its slide type says, which stands in the cell's first line in `notebooks/source/` and
in JupyterLab's property inspector.
"""

import argparse
import base64
import importlib.metadata
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from traitlets.config import Config

from classroom import talk
from gan_edu import language
from gan_edu.stage.predicting import UNANSWERED
from tools import notebooks as build

HERE = Path(__file__).parent
ROOT = HERE.parent

# Code that a notebook folds, and the stage crew's calls: what they show is shown, the code is not.
FOLDED = {"hide-input", "hide-cell"}
CREW = re.compile(
    r"^(\w+ = )?stage\.(explore|play|watch|picture)\(|\A(\w+ = )?stage\.(predict|show)\("
    r"|\A\w+\.reveal\(",
    re.MULTILINE,
)
LINKS = [
    (r"\[[^]]*\]\(https://colab[^)]*\)", ""),  # what opens the notebook elsewhere
    (r"\]\((\d\d_\w+)\.ipynb(?:#[^)]*)?\)", r"](\1.html)"),  # to another chapter: to its deck
    (r"\[([^]]+)\]\(glossary\.ipynb\)", r"\1"),  # to the glossary: no link
]
NO_CHROMIUM = "install Chromium or Chrome, or: python -m playwright install chromium"
# On paper no slider moves: one that stands at its beginning, as a game's does, goes to its end.
TO_THE_END = """document.querySelectorAll("input[type=range]").forEach((slider) => {
    if (slider.value === slider.min) slider.value = slider.max;
    slider.dispatchEvent(new Event("input"));
})"""
GLIDE = 500  # milliseconds, in which a replay's samples come to rest
LOOKS = {
    "SlidesExporter": {
        "template_file": str(HERE / "slides.html.j2"),
        "embed_images": True,
        "exclude_input_prompt": True,
        "exclude_output_prompt": True,
    },
    "CSSHTMLHeaderPreprocessor": {"style": "default"},
}


def main(
    prefixes: list[str],
    dist: Path = ROOT / "dist" / "slides",
    of: str = "en",
    minutes: int | None = None,
    pdf: bool = False,
) -> None:
    """Write the deck of each notebook, or of a talk, if its minutes are told; and a PDF of each."""
    language.speak(of)
    dist = dist / build.PLACES[of]
    for path in chapters(prefixes, of) if minutes is None else [Path(f"talk_{minutes}.ipynb")]:
        made = talk.notebook(minutes, of) if minutes else nbformat.read(path, as_version=4)
        html = deck(made, path, of)
        dist.mkdir(parents=True, exist_ok=True)
        written = dist / f"{path.stem}.html"
        written.write_text(html, encoding="utf-8")
        print(f"{written.name}: {len(html) // 1000} kB")
        if pdf:
            print_pdf(written)


def chapters(prefixes: list[str], of: str) -> Iterator[Path]:
    """Yield the notebooks of chapters whose names start so, or all."""
    for script in build.scripts(prefixes):
        yield build.folder(of) / f"{script.stem}.ipynb"


def deck(notebook: NotebookNode, path: Path, of: str = "en") -> str:
    """Return a notebook's slides as one page, or say which cell has not run or has no place."""
    for cell in notebook.cells:
        if trouble := trouble_with(cell):
            raise SystemExit(f"{path.name}, {cell.source[:50]!r}: {trouble}")
        prepare(cell)
    title = re.search(r"^#+ (.+)$", notebook.cells[0].source, re.MULTILINE)[1]
    about = {"title": title, "language": of.replace("_", "-")}
    resources = {"metadata": {"path": str(ROOT)}, "deck": parts() | about}
    return SlidesExporter(config=Config(LOOKS)).from_notebook_node(notebook, resources)[0]


def trouble_with(cell: NotebookNode) -> str | None:
    """Return what keeps a cell from being shown, or None."""
    if "slide_type" not in cell.metadata.get("slideshow", {}):
        return "this cell has no slide type; choose one in JupyterLab's property inspector"
    if cell.cell_type == "code" and cell.execution_count is None:
        return "this cell has not run; run the notebook and save it"
    return None


def prepare(cell: NotebookNode) -> None:
    """Leave of a cell what a class should see, open it, and lead its links to where they work."""
    if cell.cell_type == "markdown":
        for pattern, new in LINKS:
            cell.source = re.sub(pattern, new, cell.source)
        cell.source = cell.source.replace("<details>", "<details open>")
        return
    tags = set(cell.metadata.get("tags", []))
    no_lesson = bool(tags & FOLDED or CREW.search(cell.source))
    cell.metadata.transient = {"remove_source": no_lesson}
    if "exercise" in tags:
        cell.outputs = []  # "not answered yet" is said to whoever sits at the keyboard
    for output in cell.outputs:
        if text := output.get("data", {}).get("text/markdown"):
            before, after = language.gettext(UNANSWERED).split("{hidden}")
            output.data["text/markdown"] = text.removeprefix(before).removesuffix(after)


def parts() -> dict[str, str]:
    """Return what the template puts inside a deck: scripts, styles, and the type in the styles."""
    reveal = installed("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/dist")
    mathjax = installed("sphinx-mathjax-offline", "sphinx-mathjax-offline/static/mathjax")
    type_ = reveal / "theme" / "fonts" / "source-sans-pro"
    return {
        "reveal_css": (reveal / "reveal.css").read_text("utf-8"),
        "reveal_js": script(reveal / "reveal.js"),
        "notes_js": script(reveal.parent / "plugin" / "notes" / "notes.js"),
        "mathjax": script(mathjax / "tex-svg.js"),
        "css": re.sub(
            r'url\("(.+?\.woff)"\)',
            lambda name: f"url(data:font/woff;base64,{base64_of(type_ / name[1])})",
            (HERE / "slides.css").read_text("utf-8"),
        ),
    }


def installed(package: str, folder: str) -> Path:
    """Return a folder of an installed package, or say how to install it."""
    try:
        return Path(importlib.metadata.distribution(package).locate_file(folder))
    except importlib.metadata.PackageNotFoundError:
        raise SystemExit(
            f'the slides need {package}: python -m pip install -r requirements.txt -e ".[test]"'
        ) from None


def script(path: Path) -> str:
    """Return a script that may stand inside a page, where a closing tag would end it."""
    return path.read_text("utf-8").replace("</script", r"<\/script")


def base64_of(path: Path) -> str:
    """Return a file as base64."""
    return base64.b64encode(path.read_bytes()).decode()


def print_pdf(deck: Path) -> Path:
    """Print a deck through Chromium, a page for each slide; say how to get one if there is none."""
    path = deck.with_suffix(".pdf")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError as missing:
        raise SystemExit(f"{missing}; {NO_CHROMIUM}") from None
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium())
        except Error:
            raise SystemExit(f"a PDF needs Chromium; {NO_CHROMIUM}") from None
        page = browser.new_page()
        page.goto(f"{deck.resolve().as_uri()}?print-pdf")
        page.wait_for_function("() => window.Reveal?.isReady()")
        page.wait_for_selector(".pdf-page")
        page.evaluate(TO_THE_END)
        page.wait_for_timeout(GLIDE)
        page.pdf(path=path, prefer_css_page_size=True, print_background=True)
        browser.close()
    print(f"{path.name}: {path.stat().st_size // 1000} kB")
    return path


def chromium() -> str | None:
    """Return where a Chromium of this machine is; without one, Playwright has to have its own."""
    names = "chromium", "chromium-browser", "google-chrome", "chrome", "msedge"
    return next(filter(None, map(shutil.which, names)), None)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = build.options("classroom.slides")
    parser.add_argument("--minutes", type=int, choices=talk.MINUTES, help="of a talk")
    parser.add_argument("--pdf", action="store_true", help="print each deck, through Chromium")
    asked = parser.parse_args(arguments)
    if asked.minutes and asked.chapters:
        parser.error("a talk has the chapters that the README's table says: name none")
    return asked


if __name__ == "__main__":
    asked = options()
    main(asked.chapters, of=asked.language, minutes=asked.minutes, pdf=asked.pdf)
