"""The language of all words that a person reads: English, until `speak` says another.

`GAN_EDU_LANGUAGE` in the environment says it from the start, for notebooks and commands alike.
"""

import gettext as catalogues
import os
import re
import unicodedata
import warnings
from collections.abc import Iterable
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "gan_edu"
SOURCE = "en"  # the language of the texts themselves
VARIABLE = "GAN_EDU_LANGUAGE"

_catalogue = catalogues.NullTranslations()
_spoken = SOURCE


def speak(language: str) -> None:
    """Use a language from now on: "zh_CN", or "zh", "zh-CN", "zh_CN.UTF-8"; "en" is the source.

    Raises ValueError, naming those that there are, for one without a catalogue.
    """
    global _catalogue, _spoken
    name = _found(language)
    if name == SOURCE:
        _catalogue = catalogues.NullTranslations()
    else:
        _catalogue = catalogues.translation(DOMAIN, LOCALE, [name])
    _spoken = name


def spoken() -> str:
    """Return the language of now: "en" or the name of a catalogue, such as "zh_CN"."""
    return _spoken


def languages() -> list[str]:
    """Return the languages that there are, the source first."""
    made = LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return [SOURCE, *sorted(path.parts[-3] for path in made)]


def _found(language: str) -> str:
    """Return the language that a name means: what is behind the language itself may differ."""
    wanted = language.replace("-", "_").partition(".")[0]
    if wanted in languages():
        return wanted
    tongue = wanted.partition("_")[0].lower()
    for name in languages():
        if name.partition("_")[0] == tongue:
            return name
    raise ValueError(
        f"there is no catalogue for the language {language!r}; there are: {', '.join(languages())}"
    )


def gettext(text: str) -> str:
    """Return a text in the language of now."""
    return _catalogue.gettext(text)


def ngettext(one: str, more: str, number: int) -> str:
    """Return the text that suits a number, in the language of now."""
    return _catalogue.ngettext(one, more, number)


def later(text: str) -> str:
    """Return a text as it is: it is marked here, and translated where it is drawn."""
    return text


def minus(text: str) -> str:
    """Return a text with a minus, which is as wide as a plus, for each hyphen."""
    return text.replace("-", "−")


# How texts follow one another: what stands between the fields, and between the texts.
ITEMS = later("{item}, {next}")
CLAUSES = later("{clause}, {next}")
LONG_CLAUSES = later("{clause}; {next}")
AND = later("{item} and {next}")
OR = later("{item}, or {next}")
SENTENCES = later("{sentence} {next}")


def joined(texts: Iterable[str], form: str) -> str:
    """Return texts in one, empty ones left out, as `form` says it in the language of now."""
    between = re.sub(r"{\w+}", "", gettext(form))
    return between.join(filter(None, texts))


def named(name: str, told: str) -> str:
    """Return what is told of something behind its name, as the language of now writes it."""
    return gettext("{name}: {told}").format(name=name, told=told)


def width(text: str) -> int:
    """Return how many Latin letters are as wide as a text: a Chinese one is as wide as two."""
    return len(text) + _wide(text)


def column(texts: Iterable[str]) -> list[str]:
    """Return texts with blanks behind them, equally wide.

    Each gets as many wide and as many narrow letters: in few fonts is a Chinese letter exactly as
    wide as two Latin ones.
    """
    counts = [(text, _wide(text), len(text) - _wide(text)) for text in texts]
    _texts, wides, narrows = zip(*counts, strict=True)
    return [
        text + "\u3000" * (max(wides) - wide) + " " * (max(narrows) - narrow)
        for text, wide, narrow in counts
    ]


def _wide(text: str) -> int:
    return sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def _begin() -> None:
    """Speak what the environment asks for; a language that is not there must not stop a course."""
    try:
        speak(os.environ.get(VARIABLE) or SOURCE)
    except ValueError as error:
        warnings.warn(f"{VARIABLE}: {error}. English is used.", stacklevel=3)


_begin()
