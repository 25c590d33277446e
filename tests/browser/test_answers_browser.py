"""What a learner sees of each notebook as it is committed, before a cell has been run.

No reveal, nothing that one should have found, no output that answers: in JupyterLab, and in one
chapter in Notebook 7. A cell that is run then shows its answer.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat
import pytest

from tests.helpers import chapters, lab

pytestmark = pytest.mark.browser
NOTEBOOKS = sorted(chapters.FOLDER.glob("[0-9]*.ipynb"))
FIRST, *OTHERS = NOTEBOOKS
# Half a minute each: the gate looks at one, and `tests/chapters/test_answers.py` at all tags.
LOOKED_AT = [FIRST, *(pytest.param(path, marks=pytest.mark.slow) for path in OTHERS)]
# The visible words and pictures of each cell: of its code whether it is open (an editor draws only
# what is in the window) and the line that stands for it if not; of all else the text, with the
# words of pictures. A closed <details> has a summary alone.
LOOK = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const shown = part => part.checkVisibility({visibilityProperty: true});
    const words = root => {
        const walk = document.createTreeWalker(root, NodeFilter.SHOW_ALL), found = [];
        for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            if (node.nodeType === Node.TEXT_NODE && shown(node.parentElement))
                found.push(node.data);
            if (node.nodeType === Node.ELEMENT_NODE && shown(node))
                found.push(node.alt || '', node.title || '', node.ariaLabel || '');
        }
        return found.join(' ');
    };
    return notebook.widgets.map(cell => {
        const part = name => cell.node.querySelector(name);
        const editor = part('.jp-InputArea-editor'), outputs = part('.jp-Cell-outputWrapper');
        const collapsed = part('.jp-Cell-inputWrapper .jp-Placeholder');
        const pictures = outputs ? [...outputs.querySelectorAll('img')] : [];
        return {
            code: Boolean(editor && shown(editor)),
            line: collapsed ? words(collapsed) : '',
            text: words(part('.jp-MarkdownOutput') || document.createElement('p')),
            output: outputs ? words(outputs) : '',
            pictures: pictures.filter(shown).length,
        };
    });
}"""
# Have all cells rendered, also those far below the window.
RENDER = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    for (const cell of notebook.widgets) {
        cell.node.scrollIntoView();
        // Notebook 7 promises it of some cells and never keeps it.
        await Promise.race([cell.ready, new Promise(done => setTimeout(done, 500))]);
    }
}"""


@dataclass(frozen=True)
class Seen:
    """What is seen of a cell: its code if that is open, the line in its place, text, output."""

    code: bool
    line: str
    text: str
    output: str
    pictures: int


def look(page) -> list[Seen]:
    page.evaluate(RENDER)
    return [Seen(**cell) for cell in page.evaluate(LOOK)]


def seen_at(browser, url: str) -> list[Seen]:
    """Open a notebook, without waiting for its kernel, and look."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.ready")
    seen = look(page)
    page.close()
    return seen


def essence(words: str) -> str:
    """Return the letters and figures of a text, however it was laid out."""
    return re.sub(r"[\W_]+", "", words)


def plain_part(words: str) -> str:
    """Return the essence of the longest part of a text that is no formula."""
    return essence(max(re.split(r"\$.*?\$", words), key=len))


def are_seen(outputs, now: Seen) -> bool:
    """Tell whether all that a cell was saved with is in sight."""
    texts = [essence(output.get("text", ""))[:40] for output in outputs]
    pictures = sum("<img" in str(output.get("data", {}).get("text/html")) for output in outputs)
    return now.pictures >= pictures and all(text in essence(now.output) for text in texts)


def given_away_by_a_cell(cell, now: Seen) -> Iterator[str]:
    name = repr(cell.source[:50])
    if chapters.hides_output(cell) and (now.pictures or essence(now.output)):
        yield f"{name}: the output is seen"
    if chapters.tags(cell) & {"hide-cell", "hide-input"} and now.code:
        yield f"{name}: the code is seen"
    if cell.cell_type == "markdown":
        for inside in re.findall(r"</summary>\n\n(.*?)</details>", cell.source, re.DOTALL):
            if plain_part(inside) in essence(now.text):
                yield f"{name}: what one should have found is seen"


def given_away(cells, seen: list[Seen]) -> list[str]:
    """Return what is seen and should not be: a sentence for each."""
    pairs = zip(cells, seen, strict=True)
    troubles = [trouble for cell, now in pairs for trouble in given_away_by_a_cell(cell, now)]
    everything = essence(" ".join(f"{s.line} {s.text} {s.output}" for s in seen))
    for question in chapters.questions(cells):
        if plain_part(question.explanation) in everything:
            troubles.append(f"{question.name}: its explanation is seen")
    return troubles


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    for path in NOTEBOOKS:
        nbformat.write(nbformat.read(path, as_version=4), root / path.name)
    return root


@pytest.fixture(scope="module")
def address(course):
    with lab.server(course) as url:
        yield f"{url}/doc/tree"


@pytest.mark.parametrize("path", LOOKED_AT, ids=lambda path: path.stem)
def test_no_answer_is_seen_before_a_cell_has_run(browser, address, path):
    cells, seen = (
        nbformat.read(path, as_version=4).cells,
        seen_at(browser, f"{address}/{path.name}"),
    )
    assert given_away(cells, seen) == []
    for cell, now in zip(cells, seen, strict=True):
        folded = chapters.tags(cell) & {"hide-cell", "hide-input", "remove-cell"}
        assert now.code == (cell.cell_type == "code" and not folded), "the other code is in sight"
        outputs = cell.get("outputs", [])
        assert chapters.hides_output(cell) or are_seen(outputs, now), (
            "the other outputs are in sight"
        )
        assert essence(now.text) or cell.cell_type == "code", "the text is rendered"


def setup_of(cells) -> int:
    return next(n for n, cell in enumerate(cells) if "settings.reset()" in cell.source)


def answer_appears(page, path) -> None:
    """Open, choose and run, in this order; each time the words that were folded are there."""
    cells = nbformat.read(path, as_version=4).cells
    question = chapters.questions(cells)[0]
    for number in (setup_of(cells), question.asked):
        lab.run_cell(page, number)
    reveal = page.locator(".jp-Cell").nth(question.told)
    lab.run_cell(page, question.told)
    reveal.get_by_text("You made no prediction yet.").wait_for()
    told = reveal.get_by_text(question.explanation)
    assert not told.is_visible(), "without a prediction it takes a click"
    reveal.get_by_text("Show the answer").click()
    told.wait_for(timeout=5000)
    page.locator(".jp-Cell").nth(question.asked).get_by_role("button", name=question.right).click()
    lab.run_cell(page, question.told)
    reveal.get_by_text("You were right").wait_for()
    assert reveal.get_by_text(question.explanation).is_visible()
    page.close()


def test_an_answer_appears_when_its_cell_is_run(browser, address):
    page = lab.open_notebook(browser, f"{address}/{FIRST.name}")
    answer_appears(page, FIRST)


def test_in_notebook_7_nothing_is_seen_and_an_answer_appears(browser, tmp_path):
    shutil.copy(FIRST, tmp_path)  # into a folder that keeps no answer of another test's
    with lab.server(tmp_path, "notebook") as url:
        page = lab.open_notebook(browser, f"{url}/notebooks/{FIRST.name}")
        assert given_away(nbformat.read(FIRST, as_version=4).cells, look(page)) == []
        answer_appears(page, FIRST)


FOUND = (
    "Text before.\n\n<details><summary>What you should have found</summary>\n\n"
    "It is *large*, $x>1$, and grows without end.\n\n</details>\n\nText after."
)


def test_what_one_should_have_found_opens_with_a_click(browser, course, address):
    lab.write_notebook(course / "found.ipynb", [])  # with a kernel, or JupyterLab asks for one
    notebook = nbformat.read(course / "found.ipynb", as_version=4)
    notebook.cells = [nbformat.v4.new_markdown_cell(FOUND)]
    nbformat.write(notebook, course / "found.ipynb")
    page = lab.open_notebook(browser, f"{address}/found.ipynb")
    assert given_away(notebook.cells, look(page)) == []
    page.locator("summary").click()
    (seen,) = look(page)
    assert len(given_away(notebook.cells, [seen])) == 1
    assert "large" in seen.text
    assert page.locator("details em, details mjx-container").count() == 2, "as in other text"
    page.close()


def test_the_test_sees_each_kind_of_answer(browser, course, address):
    cells = nbformat.read(FIRST, as_version=4).cells
    for cell in cells:
        cell.metadata.pop("jupyter", None)
        cell.metadata.pop("collapsed", None)
        cell.source = cell.source.replace("<details>", "<details open>")
    open_notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(open_notebook, course / "open.ipynb")
    troubles = " ".join(given_away(cells, seen_at(browser, f"{address}/open.ipynb")))
    for kind in ("the output is seen", "the code is seen"):
        assert kind in troubles
