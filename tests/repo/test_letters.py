"""The package's catalogue and the letters of its figures: nothing stale, no box for a letter."""

import logging
from collections.abc import Iterator

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from gan_edu import language
from gan_edu.stage import painting, paper, stills
from tests.helpers.tongue import speaking
from tools import font
from tools.figures import pictures

CHINESE = "zh_CN"
SIGNS = "−1.5 ₁ √2 ∥ θ η ∂ ≤ abc ½ “x” ×"


@pytest.fixture
def chinese() -> Iterator[None]:
    with speaking(CHINESE):
        yield


def drawn(text: str, **looks) -> np.ndarray:
    figure, (axes,) = paper.new_figure()
    with paper.course_style():
        axes.set_axis_off()
        axes.text(0, 0.5, text, **looks)
    return painting.render(figure)


def lines(letters: set[str]) -> str:
    text = "".join(sorted(letters))
    return "\n".join(text[i : i + 60] for i in range(0, len(text), 60))


def test_the_font_has_each_letter_of_the_translations_and_is_small():
    own = TTFont(font.MADE).getBestCmap()
    lacking = {letter for letter in font.letters() if ord(letter) not in own}
    assert not lacking, "run `python -m tools.font`"
    assert font.MADE.stat().st_size <= font.LARGEST


def test_all_letters_are_drawn_and_one_that_no_text_has_would_be_missed(chinese):
    drawn(lines(font.letters()))
    assert "鼯" not in font.letters()
    with pytest.raises(UserWarning, match="Glyph 40751"):
        drawn("鼯")


def test_signs_and_numbers_look_as_in_english(chinese):
    there = drawn(SIGNS)
    language.speak("en")
    np.testing.assert_array_equal(drawn(SIGNS), there)


def test_english_figures_know_nothing_of_the_other_letters():
    with pytest.raises(UserWarning, match="missing"):
        drawn("判别器")
    assert paper.families("en") == ["DejaVu Sans"]
    assert paper.families(CHINESE) == ["DejaVu Sans", font.FAMILY]


def test_a_user_s_settings_do_not_learn_the_letters(chinese):
    import matplotlib

    before = list(matplotlib.rcParams["font.family"])
    drawn("判别器")
    assert matplotlib.rcParams["font.family"] == before


def test_a_picture_is_that_of_the_language_of_now(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(stills, "display_in_notebook", lambda data, **_: shown.append(str(data)))
    monkeypatch.setattr(stills, "LOCALE", tmp_path)
    (tmp_path / CHINESE / "images").mkdir(parents=True)
    (tmp_path / CHINESE / "images" / "three_tops.svg").write_bytes(b"<svg>Chinese</svg>")
    for name in ("en", CHINESE):
        with speaking(name):
            stills.picture("three_tops.svg", "three tops")
            stills.picture("two_losses.svg", "two losses")
    assert ["Chinese" in data for data in shown] == [False, False, True, False]


def test_a_picture_without_words_is_not_written_twice(tmp_path, monkeypatch):
    (tmp_path / CHINESE).mkdir()
    monkeypatch.setattr(language, "_spoken", CHINESE)
    monkeypatch.setattr(language, "LOCALE", tmp_path)
    monkeypatch.setattr(pictures, "IMAGES", tmp_path)
    for before, written in ((b"", True), (None, False)):
        name = "three_tops.svg"
        (tmp_path / name).write_bytes(pictures.write(name, tmp_path).read_bytes())
        if before is not None:
            (tmp_path / name).write_bytes(before)
        assert bool(pictures.write_in_the_language_of_now(name)) is written
        assert (tmp_path / CHINESE / "images" / name).exists() is written


def test_words_beside_a_formula_have_a_font_with_all_letters(chinese, caplog):
    drawn("判别器 D, step 2: $L_x$", family=paper.families_of_formulas())
    assert not caplog.records


def test_a_formula_among_chinese_words_would_be_missed(chinese, caplog):
    """Matplotlib's formulas have letters of one font: such a text must be split in two lines."""
    with caplog.at_level(logging.WARNING, "matplotlib.mathtext"):
        drawn("判别器\n$x^2$")
        assert not caplog.records
        drawn("判别器 $x^2$")
    assert caplog.records
