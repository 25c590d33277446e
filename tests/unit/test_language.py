"""The language that a learner reads: English, or what a catalogue has."""

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from gan_edu import language
from gan_edu.language import gettext, later, ngettext
from gan_edu.stage.pad import Pad

PLAYED = "{n:,} iteration played", "{n:,} iterations played"


@pytest.fixture
def chinese(tmp_path, monkeypatch):
    """A catalogue with two texts, and English again afterwards."""
    catalogue = Catalog(locale="zh_CN")
    catalogue.add("undo", "撤销")
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


def test_words_are_looked_up_when_they_are_drawn(chinese):
    assert Pad().words["pad_undo"] == "undo"
    language.speak(chinese)
    assert Pad().words["pad_undo"] == "撤销"


def test_an_unknown_language_is_refused_and_the_one_of_now_stays(chinese):
    language.speak(chinese)
    with pytest.raises(ValueError, match="no catalogue for the language 'xx'"):
        language.speak("xx")
    assert gettext("undo") == "撤销"
