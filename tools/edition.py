"""A notebook in Chinese: the same cells with the words of its chapter's catalogue.

A text that has no translation, or one of an older English sentence, stays English.
"""

import re
from functools import cache

import jupytext
from nbformat import NotebookNode

from tools import translations

LANGUAGE = translations.LANGUAGE
SPEAK = f"""from gan_edu import language

language.speak("{LANGUAGE}")

"""
OURS = re.compile(r"^(?:from|import) gan_edu\b", re.MULTILINE)
SETUP, EXERCISES = "settings.reset()", "from gan_edu.exercises import check"
LEAD = re.compile(r"(?:#.*\n)*")  # the comments that a folded cell shows
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def translate(cells: list[NotebookNode], name: str) -> None:
    """Put a chapter's cells into Chinese; `name` is its script's."""
    put(cells, name)
    speak(cells)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = led(cell.source, name)


def put(cells: list[NotebookNode], name: str) -> None:
    """Put the words of a chapter's catalogue into cells."""
    translations.translated(cells, lambda text, kind: words(name).get(text, text))


def translate_glossary(cell: NotebookNode) -> None:
    """Put what stands above the glossary's table, which is in both languages, into Chinese."""
    known = words(translations.FIRST)
    cell.source = translations.above_table(cell.source, lambda text: known.get(text, text))


@cache
def words(name: str) -> dict[str, str]:
    """Return the translated texts of a chapter."""
    catalogue = translations.read(translations.FOLDER / f"ch{name}.po")
    return {entry.id: text for entry in catalogue if (text := translations.told(entry))}


def speak(cells: list[NotebookNode]) -> None:
    """Have the cells at which one may begin choose the language, before all other imports.

    That is the first one that uses the package (a warm-up, which one may leave out), the setup, and
    the one with which the exercises begin.
    """
    ours = [cell for cell in cells if cell.cell_type == "code" and OURS.search(cell.source)]
    entries = (c for c in ours[1:] if SETUP in c.source or EXERCISES in c.source)
    for cell in [ours[0], *entries]:
        start = LEAD.match(cell.source).end()
        cell.source = cell.source[:start] + SPEAK + cell.source[start:]


def headings(cells: list[NotebookNode]) -> list[str]:
    """Return a notebook's headings, as Jupyter makes anchors of them."""
    prose = (cell.source for cell in cells if cell.cell_type == "markdown")
    return [text.replace(" ", "-") for source in prose for text in HEADING.findall(source)]


def led(source: str, name: str) -> str:
    """Return Markdown of a chapter whose links lead to Chinese ones, on Colab as well."""
    source = source.replace("/blob/main/notebooks/", "/blob/main/notebooks/zh/")

    def chinese(link: re.Match) -> str:
        file, anchor = link.groups(default="")
        return f"]({file}#{anchors(file.removesuffix('.ipynb') or name)[anchor]})"

    return re.sub(r"\]\((\d\d_\w+\.ipynb)?#([^)\s]+)\)", chinese, source)


@cache
def anchors(name: str) -> dict[str, str]:
    """Return the Chinese anchor of each English one of a chapter."""
    cells = jupytext.read(translations.SOURCE / f"{name}.py").cells
    english = headings(cells)
    put(cells, name)
    return dict(zip(english, headings(cells), strict=True))
