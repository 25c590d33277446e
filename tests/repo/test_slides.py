"""The decks: whole on every slide, offline, with each slider's last picture; clear refusals."""

import re
from html import unescape
from pathlib import Path

import nbformat
import pytest

from classroom import slides
from tests.helpers import shown
from tests.helpers.decks import HEIGHT, LEAST, MEASURE, WIDTH, opened

ROOT = Path(__file__).parents[2]

CHAPTERS = [script.stem for script in slides.build.scripts([])]
SHORT = CHAPTERS[0]


def read(chapter: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{chapter}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """Return a function that makes the deck of a chapter, once, and returns its path."""
    folder = tmp_path_factory.mktemp("decks")

    def made(chapter: str) -> Path:
        path = folder / f"{chapter}.html"
        if not path.exists():
            slides.main([chapter], folder)
        return path

    return made


@pytest.mark.browser
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_deck_shows_whole_offline(browser, decks, chapter):
    tab, notes = opened(browser, decks(chapter))
    troubles = tab.evaluate(MEASURE, [WIDTH, HEIGHT, LEAST])
    assert not troubles, "\n".join(f"{chapter}, {trouble}" for trouble in ["", *troubles])
    assert tab.evaluate("Reveal.getSlides().length") > 10
    assert not tab.locator("[data-mml-node=merror]").count(), "a formula with a mistake"
    bare = "Reveal.getSlides().filter((s) => !s.querySelector('h1, h2, h3, .continued')).length"
    assert not tab.evaluate(bare), "a slide that says of which section it is"
    words = tab.evaluate("document.querySelector('.slides').textContent")
    assert "\\frac" not in words, "a formula shown as text"
    assert "$$" not in words, "a formula shown as text"
    assert not notes
    tab.context.close()


@pytest.mark.browser
def test_what_leaves_a_slide_is_found_with_its_cell(browser, tmp_path):
    notebook = read(SHORT)
    code, text = (
        next(c for c in notebook.cells if c.cell_type == kind and is_shown(c))
        for kind in ("code", "markdown")
    )
    code.metadata.slideshow.slide_type = "fragment"  # on the slide of the text
    text.source += "\n\nand so on" * 30
    code.source = f"print({'a' * 120!r})"
    tab, _ = opened(browser, write(tmp_path / "full.html", slides.deck(notebook, Path("full"))))
    troubles = "\n".join(tab.evaluate(MEASURE, [WIDTH, HEIGHT, LEAST]))
    assert re.search(rf"slide 1, cell {text.id}: pixels too low: \d\d\d", troubles)
    assert re.search(rf"slide 1, cell {code.id}: pixels too far right: \d\d\d", troubles)
    assert re.search(rf"slide 1, cell {code.id}: a picture with a width of only: \d", troubles)
    tab.context.close()


def is_shown(cell) -> bool:
    return cell.metadata.slideshow.slide_type != "skip"


def write(path: Path, html: str) -> Path:
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_deck_holds_all_that_it_needs_and_what_the_class_should_see(decks, chapter):
    html = decks(chapter).read_text(encoding="utf-8")
    page = re.sub("(?s)<script>.*?</script>", "", html)  # what a script asks for, the browser tells
    assert not re.findall(r'<(?:script|img|link|iframe)\b[^>]*\s(?:src|href)="(?!data:)', page)
    assert set(re.findall(r"url\((?!%23)(.{5})", page)) == {"data:"}
    cells = [cell for cell in read(chapter).cells if is_shown(cell)]
    assert [f"cell-id={c.id}" for c in cells] == re.findall(r'id="(cell-id=\w+)"', html)
    for link in re.findall(r'<a href="(?!https?:|#)([^"]+)"', page):
        assert link.removesuffix(".html") in CHAPTERS, "a link to another deck"
    assert "You made no prediction yet." not in html
    assert "<details>" not in html, "who turns the slides has asked before"
    assert html.count("<details open") == sum(c.source.count("<details>") for c in cells)
    assert "Open this chapter in Google Colab" not in html


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_slider_is_shown_by_its_last_picture_and_its_words(decks, chapter):
    html = decks(chapter).read_text(encoding="utf-8")
    saved = [
        picture
        for cell in filter(is_shown, read(chapter).cells)
        for output in cell.get("outputs", [])
        for picture in shown.pictures(output.get("data", {}))
    ]
    assert saved
    found = re.findall(r'<img alt="([^"]*)" src="data:image/[\w+]+(?:;base64)?,([^"]+)"', html)
    assert {(p.alt, p.code) for p in saved} <= {(unescape(alt), code) for alt, code in found}
    assert "No description" not in html


def test_a_call_of_the_stage_crew_is_not_shown_and_the_lesson_s_code_is():
    crew = [
        'stage.explore(\n    f, x=(0, 1), alt="A curve.",\n)',
        'guess = stage.predict("?", ["yes", "no"])\nguess',
        'guess.reveal("yes", "For it is so.")',
        "ground = lab.Playground()\nshown = stage.play(ground, scene())",
    ]
    lesson = [
        "def loss(a):\n    return a.mean()\n\n\nguess = stage.predict('?', ['yes'])\nguess",
        "stage.run(1500);",
        "print(backstage.explore(1))",
    ]
    assert all(map(slides.CREW.search, crew))
    assert not any(map(slides.CREW.search, lesson))


def test_an_unknown_chapter_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"no script starts with \['99'\]; there are \['00_"):
        slides.main(["99"], tmp_path / "decks")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda cell: cell.update(execution_count=None), "has not run; run the notebook"),
        (lambda cell: cell.metadata.pop("slideshow"), "has no slide type; choose one"),
    ],
)
def test_a_cell_that_has_not_run_or_has_no_place_is_named(change, told):
    notebook = read(SHORT)
    cell = next(cell for cell in notebook.cells if "settings.reset()" in cell.source)
    change(cell)
    begin = re.escape(cell.source.splitlines()[0][:12])
    with pytest.raises(SystemExit, match=rf"mine.ipynb, '{begin}.*': this cell {told}"):
        slides.deck(notebook, Path("mine.ipynb"))


def test_a_missing_library_is_named_with_the_way_to_get_it():
    with pytest.raises(
        SystemExit, match=r'need no-such-reveal: python -m pip install .*"\.\[test\]"'
    ):
        slides.installed("no-such-reveal", "dist")
