"""The language that a learner reads: English, or what a catalogue has."""

import textwrap

import ipywidgets
import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from gan_edu import exercises, language, settings
from gan_edu.language import gettext, later, ngettext
from gan_edu.stage import artists, controls
from gan_edu.stage.pad import Pad
from tests.helpers.programs import printed

PLAYED = "{n:,} iteration played", "{n:,} iterations played"


@pytest.fixture
def chinese(tmp_path, monkeypatch):
    """A catalogue with a few texts, and English again afterwards."""
    catalogue = Catalog(locale="zh_CN")
    catalogue.add("undo", "撤销")
    catalogue.add(language.CLAUSES, "{clause}，{next}")
    catalogue.add("{name}: {told}", "{name}：{told}")
    catalogue.add(PLAYED, ["已玩 {n:,} 轮"])
    path = tmp_path / "zh_CN" / "LC_MESSAGES" / f"{language.DOMAIN}.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "LOCALE", tmp_path)
    yield "zh_CN"
    language.speak("en")


def test_english_is_spoken_from_the_start_and_needs_no_catalogue():
    language.speak("en")
    assert gettext("undo") == later("undo") == "undo"
    assert [ngettext(*PLAYED, n).format(n=n) for n in (0, 1, 2000)] == [
        "0 iterations played",
        "1 iteration played",
        "2,000 iterations played",
    ]


def test_a_catalogue_has_the_word_until_english_is_spoken_again(chinese):
    language.speak(chinese)
    assert gettext("undo") == "撤销"
    assert [ngettext(*PLAYED, n).format(n=n) for n in (1, 2000)] == ["已玩 1 轮", "已玩 2,000 轮"]
    assert gettext("a text that nobody has translated") == "a text that nobody has translated"
    language.speak("en")
    assert (gettext("undo"), ngettext(*PLAYED, 1)) == ("undo", PLAYED[0])


def test_texts_are_joined_as_the_language_writes_it_and_empty_ones_left_out(chinese):
    texts = ["one", "", "two", "three"]
    assert language.joined(texts, language.CLAUSES) == "one, two, three"
    assert language.joined(["", ""], language.CLAUSES) == ""
    language.speak(chinese)
    assert language.joined(texts, language.CLAUSES) == "one，two，three"
    assert language.named("G", "0.5") == "G：0.5"


def test_a_choice_is_called_what_the_catalogue_says_be_it_a_list_or_a_dictionary(chinese):
    language.speak(chinese)
    for spec, start in (["undo", "other"], "undo"), ({"undo": 0, "other": 1}, 0):
        control = controls.make_control("act", spec, start, "label")
        assert list(control.options) == ["撤销", "other"]
        assert controls.spoken(control) == "label = 撤销"


def test_words_are_looked_up_when_they_are_drawn(chinese):
    assert Pad().words["pad_undo"] == "undo"
    language.speak(chinese)
    assert Pad().words["pad_undo"] == "撤销"


def test_an_unknown_language_is_refused_and_the_one_of_now_stays(chinese):
    language.speak(chinese)
    with pytest.raises(ValueError, match="for the language 'xx'; there are: en, zh_CN"):
        language.speak("xx")
    assert gettext("undo") == "撤销"


@pytest.mark.parametrize("name", ["zh_CN", "zh", "zh-CN", "zh_CN.UTF-8", "zh_Hans", "ZH"])
def test_a_language_may_be_written_in_several_ways(chinese, name):
    language.speak(name)
    assert (language.spoken(), gettext("undo")) == ("zh_CN", "撤销")
    for english in ("en_GB.UTF-8", "en"):
        language.speak(english)
        assert (language.spoken(), gettext("undo")) == ("en", "undo")


def test_a_chapter_s_reset_leaves_the_language(chinese):
    language.speak(chinese)
    settings.reset()
    assert gettext("undo") == "撤销"


def test_exercises_are_read_in_the_language_that_is_spoken_now(chinese, monkeypatch):
    asked = exercises.find("1.1").text.title
    catalogue = Catalog(locale="zh_CN")
    catalogue.add(asked, "另一种噪声")
    with (language.LOCALE / "zh_CN" / "LC_MESSAGES" / "gan_edu.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language.catalogues, "_translations", {})  # what gettext has read before
    language.speak(chinese)
    assert exercises.find("1.1").text.title == "另一种噪声"
    language.speak("en")
    assert exercises.find("1.1").text.title == asked


def test_a_choice_is_understood_in_both_languages(monkeypatch):
    words = {"a narrower bell": "更窄的钟形", "a wider bell": "更宽的钟形"}
    monkeypatch.setattr(language._catalogue, "gettext", lambda text: words.get(text, text))
    for answer, right in (("更窄的钟形。", True), ("a narrower bell", True), ("更宽的钟形", False)):
        assert exercises.graded(exercises.find("1.1"), answer, 0).right is right
    assert "更窄的钟形" in str(exercises.graded(exercises.find("1.1"), "?", 0))
    assert exercises.find("1.1").code() == "answer = '更窄的钟形'"


# Chinese letters are wide


def test_a_chinese_letter_is_as_wide_as_two():
    assert [language.width(text) for text in ("", "D*", "判别器 D（k）")] == [0, 2, 13]


def test_a_column_has_as_many_letters_of_each_width_in_each_row():
    assert language.column(["ab", "模式c"]) == ["ab\u3000\u3000", "模式c "]
    assert language.column(["ab", "c"]) == ["ab", "c "]


def test_a_label_s_column_is_as_wide_as_the_longest_label():
    fields = [ipywidgets.FloatSlider(description=name) for name in ("lr", "判别器的学习率")]
    controls.grid(fields)
    assert {field.style.description_width for field in fields} == {"12ch"}


def test_lines_end_between_chinese_letters_and_before_no_stop():
    text = "判别器的优化器更新 D。生成器 G 保持不变，直到下一步（k 步）。"
    lines = artists.wrapped(text, 20)
    assert max(map(language.width, lines)) <= 20
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not [line for line in lines if line[0] in "，。）" or line[-1] in "（"]
    for most in (12, 36):
        words = "D's optimiser updates D. G stays as it is, until the next iteration begins."
        assert artists.wrapped(words, most) == textwrap.wrap(words, most)


# What a kernel begins with

SAYS = "from gan_edu import language; print(language.spoken())"
CAUGHT = """
import warnings
with warnings.catch_warnings(record=True) as heard:
    warnings.simplefilter("always")
    from gan_edu import language
print(language.spoken(), *[told.message for told in heard])
"""


@pytest.mark.parametrize(("name", "spoken"), [("zh_CN", "zh_CN"), ("zh", "zh_CN"), ("", "en")])
def test_the_environment_chooses_the_language_from_the_start(name, spoken):
    assert printed(SAYS, GAN_EDU_LANGUAGE=name).split() == [spoken]


def test_an_unknown_language_in_the_environment_stops_nothing_and_is_told():
    told = printed(CAUGHT, GAN_EDU_LANGUAGE="xx")
    assert told.startswith("en GAN_EDU_LANGUAGE: there is no catalogue for the language 'xx'")
    assert "there are: en, zh_CN" in told
