"""The talk: the README's sections, one idea and one picture a slide, notes, all of it offline."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from classroom import pictures, slides, talk
from gan_edu.stage import baked
from tests.helpers.decks import HEIGHT, MEASURE, WIDTH, opened

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("minutes", talk.MINUTES)
LEAST = 600  # pixels of a picture's width: the talk's are as high as the slide lets them be
SLIDE = """() => {
    const slide = Reveal.getCurrentSlide(), one = (what) => slide.querySelector(what);
    return [one("h2").innerText, one("output, .replay span")?.innerText, one("img")?.src];
}"""


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """Return the deck of 45 minutes, with short games and few frames."""
    folder = tmp_path_factory.mktemp("talk")
    with pytest.MonkeyPatch.context() as patch:
        drawn = baked.slider_frames

        def few_drawn(scene, name, values, **held):
            """Draw two frames, and call the second one all the others."""
            (_, first), (_, second) = drawn(scene, name, values[:2], **held)
            return [(f"{value}", second if k else first) for k, value in enumerate(values)]

        patch.setattr(baked, "slider_frames", few_drawn)
        patch.setattr(pictures, "DIGITS", [0, 5, 60])
        patch.setattr(pictures, "RING", [0, 5, 10])
        slides.main([], folder, minutes=45)
    return folder / "talk_45.html"


def in_a_thread(act, *args):
    """Do something in a thread that has no browser of a test yet."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act, *args).result()


@BOTH
@pytest.mark.parametrize("spoken", talk.ENDINGS)
def test_the_readme_s_minutes_add_up_and_its_sections_are_the_notebook_s(minutes, spoken):
    readme = (ROOT / f"README{talk.ENDINGS[spoken]}").read_text("utf-8")
    cells = [row[1 + talk.MINUTES.index(minutes)] for row in talk.ROW.findall(readme)]
    assert sum(int(n) for cell in cells for n in re.findall(r"\d+(?=[:：])", cell)) == minutes
    for chapter, section in talk.route(minutes, spoken):
        (path,) = (ROOT / "notebooks" / slides.build.PLACES[spoken]).glob(f"{chapter}_*.ipynb")
        text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells)
        assert re.search(rf"^##? {re.escape(section)}$", text, re.MULTILINE), section


@BOTH
def test_there_are_as_many_slides_as_fit_the_minutes(minutes):
    assert 1.25 < minutes / len(talk.chosen(minutes)) < 1.75
    chapters = {chapter for chapter, _ in talk.route(minutes)}
    assert {slide.chapter for slide in talk.chosen(minutes)} == {"", *chapters}


@pytest.mark.parametrize("spoken", talk.ENDINGS)
def test_each_slide_has_a_title_one_picture_and_a_note_that_says_something_else(spoken):
    told = talk.slides(spoken)
    assert len({slide.title for slide in told}) == len(told), "a title is of one slide"
    for slide in told:
        assert slide.picture or slide.words, slide.title
        assert not re.search(r"!\[", slide.words), f"{slide.title}: a second picture"
        assert "Note:" not in slide.words
        outside = re.sub(r"(?s)```.*?```", "", slide.words)
        assert slide.picture or outside.strip(), f"{slide.title}: code alone"
        sentences = re.split(r"(?<=[.?!。？！])\s*", slide.note)
        assert len([s for s in sentences if s]) >= 2, f"{slide.title}: what to do, what to ask"
        assert re.search(r"[?？]|[Aa]sk|[Vv]ote|问|举手|投票", slide.note), slide.title
        assert not [s for s in sentences if len(s) > 8 and s in slide.words], slide.title


def test_both_languages_have_the_same_slides():
    english, chinese = talk.slides("en"), talk.slides("zh_CN")
    assert [s.chapter for s in english] == [s.chapter for s in chinese]
    for one, other in zip(english, chinese, strict=True):
        assert (one.picture or "  ")[1] == (other.picture or "  ")[1], one.title
        for pattern in (r"\$\$.+?\$\$|\$[^$]+\$", r"(?s)```.*?```"):
            assert found(pattern, one.words) == found(pattern, other.words), one.title


def found(pattern: str, words: str) -> set[str]:
    """Return formulas or code, without the words that are in formulas."""
    return set(re.findall(pattern, re.sub(r"\\text\{[^}]*\}", "", words)))


def test_each_picture_has_a_name_and_none_is_left_over():
    used = {slide.picture[1] for slide in talk.slides() if slide.picture}
    assert used - pictures.OWN == set(pictures.PICTURES)


def test_a_slide_whose_picture_does_not_exist_is_named(monkeypatch):
    slide = talk.Slide("", "", "My own slide", "", "", ("A bar.", "bar", ""))
    monkeypatch.setattr(talk, "chosen", lambda minutes, language: [slide])
    with pytest.raises(SystemExit, match=r"'My own slide': no picture is called 'bar'; there are"):
        talk.notebook(45)


def test_a_section_without_slides_is_named(monkeypatch):
    monkeypatch.setattr(talk, "route", lambda minutes, language: [("03", "No such section")])
    with pytest.raises(SystemExit, match=r"talk\.md has no slides for '03 No such section'"):
        talk.chosen(45)


@pytest.mark.browser
def test_every_slide_of_a_talk_is_whole_with_one_picture_and_a_note_offline(browser, deck):
    tab, notes = opened(browser, deck)
    count = tab.evaluate("Reveal.getTotalSlides()")
    assert count == len(talk.chosen(45))
    troubles = tab.evaluate(MEASURE, [WIDTH, HEIGHT, LEAST])
    assert not troubles, "\n".join(troubles)
    for i in range(count):
        tab.evaluate(f"Reveal.slide({i})")
        slide = tab.locator("section.present")
        assert slide.locator("h2:visible").count() == 1
        assert slide.locator("img, canvas").count() <= 1
        assert len(slide.locator("aside.notes").text_content()) > 60
        assert not slide.locator("aside.notes").is_visible()
    assert not tab.locator("[data-mml-node=merror]").count(), "a formula with a mistake"
    assert not notes
    tab.context.close()


@pytest.mark.browser
def test_a_talk_moves_by_keys_and_a_pointer_does_not_take_them(browser, deck):
    tab, _ = opened(browser, deck)
    tab.keyboard.press("ArrowRight")
    title, words, picture = tab.evaluate(SLIDE)
    assert words == "0"
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate(SLIDE)[:2] == [title, "1"]
    assert tab.evaluate(SLIDE)[2] != picture
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate(SLIDE) == [title, "0", picture]
    tab.keyboard.press("Enter")
    tab.wait_for_function(f"({SLIDE})()[1] === '10'")
    tab.locator("section.present input").click()
    tab.wait_for_function("document.activeElement === document.body")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(SLIDE)[0] != title
    tab.evaluate("Reveal.slide(Reveal.getTotalSlides() - 2)")
    tab.wait_for_selector("section.present canvas")
    before = tab.evaluate(SLIDE)[1]
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate(SLIDE)[1] != before, "a replay too"
    tab.context.close()


@pytest.mark.browser
def test_s_opens_the_notes_for_the_speaker(browser, deck):
    tab, _ = opened(browser, deck)
    with tab.context.expect_page() as opening:
        tab.keyboard.press("s")
    notes = opening.value.locator(".speaker-controls-notes")
    first, second = (slide.note for slide in talk.chosen(45)[:2])
    opening.value.wait_for_function(
        "(end) => document.querySelector('.speaker-controls-notes').innerText.includes(end)",
        arg=first[-30:],
    )
    tab.keyboard.press("ArrowRight")
    opening.value.wait_for_function(
        "(end) => document.querySelector('.speaker-controls-notes').innerText.includes(end)",
        arg=second[-30:],
    )
    assert notes.is_visible()
    tab.context.close()


@pytest.mark.browser
def test_a_pdf_has_a_page_for_each_slide(browser, deck):
    pdf = in_a_thread(slides.print_pdf, deck).read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(talk.chosen(45))


@pytest.mark.browser
def test_on_paper_what_stands_at_its_beginning_goes_to_its_end(browser, deck):
    tab, _ = opened(browser, deck)
    said = "[...document.querySelectorAll('output')].map((one) => one.innerText || one.textContent)"
    before = tab.evaluate(said)
    tab.evaluate(slides.TO_THE_END)
    after = tab.evaluate(said)
    assert (before[0], after[0]) == ("0", "10"), "all ten pictures are told"
    assert "4.0" in before
    assert "4.0" in after, "a threshold that a slide opens with stays"
    tab.context.close()


def test_without_chromium_a_pdf_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setattr(slides, "chromium", lambda: str(tmp_path / "no_chromium"))
    with pytest.raises(SystemExit, match=r"needs Chromium; install .*playwright install chromium"):
        in_a_thread(slides.print_pdf, tmp_path / "talk.html")


@pytest.mark.parametrize(
    ("asked", "told"),
    [(["--minutes", "45", "03"], "name none"), (["--minutes", "50"], "invalid choice: 50")],
)
def test_what_no_talk_can_be_is_refused(asked, told, capsys):
    with pytest.raises(SystemExit):
        slides.options(asked)
    assert told in capsys.readouterr().err
