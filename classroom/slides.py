"""Make a deck of slides from each executed notebook, to be shown in any browser, offline.

python -m classroom.slides        dist/slides/NN_name.html, every chapter
python -m classroom.slides 04     the chapters whose names start so

A deck is one file: reveal.js, formulas, type and pictures are inside. A slider's picture is the
frame that the notebook was saved with; for live sliders see "Slides" in CONTRIBUTING.md. What a
cell is on the slides, its slide type says, which stands in the cell's first line in
`notebooks/source/` and in JupyterLab's property inspector.
"""

import base64
import importlib.metadata
import re
import sys
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from traitlets.config import Config

from gan_edu.language import gettext
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
LOOKS = {
    "SlidesExporter": {
        "template_file": str(HERE / "slides.html.j2"),
        "embed_images": True,
        "exclude_input_prompt": True,
        "exclude_output_prompt": True,
    },
    "CSSHTMLHeaderPreprocessor": {"style": "default"},
}


def main(prefixes: list[str], dist: Path = ROOT / "dist" / "slides") -> None:
    """Write the deck of each notebook."""
    for script in build.scripts(prefixes):
        path = ROOT / "notebooks" / f"{script.stem}.ipynb"
        html = deck(nbformat.read(path, as_version=4), path)
        dist.mkdir(parents=True, exist_ok=True)
        (dist / f"{path.stem}.html").write_text(html, encoding="utf-8")
        print(f"{path.stem}.html: {len(html) // 1000} kB")


def deck(notebook: NotebookNode, path: Path) -> str:
    """Return a notebook's slides as one page, or say which cell has not run or has no place."""
    for cell in notebook.cells:
        if trouble := trouble_with(cell):
            raise SystemExit(f"{path.name}, {cell.source[:50]!r}: {trouble}")
        prepare(cell)
    title = re.search(r"^# (.+)$", notebook.cells[0].source, re.MULTILINE)[1]
    resources = {"metadata": {"path": str(ROOT)}, "deck": parts() | {"title": title}}
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
            before, after = gettext(UNANSWERED).split("{hidden}")
            output.data["text/markdown"] = text.removeprefix(before).removesuffix(after)


def parts() -> dict[str, str]:
    """Return what the template puts inside a deck: scripts, styles, and the type in the styles."""
    reveal = installed("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/dist")
    mathjax = installed("sphinx-mathjax-offline", "sphinx-mathjax-offline/static/mathjax")
    type_ = reveal / "theme" / "fonts" / "source-sans-pro"
    return {
        "reveal_css": (reveal / "reveal.css").read_text("utf-8"),
        "reveal_js": script(reveal / "reveal.js"),
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


if __name__ == "__main__":
    main(sys.argv[1:])
