"""The language of all words that a person reads: English, until `speak` says another."""

import gettext as catalogues
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "gan_edu"

_catalogue = catalogues.NullTranslations()


def speak(language: str) -> None:
    """Use a language from now on, such as "zh_CN"; "en" is the source.

    Raises ValueError for one without a catalogue.
    """
    global _catalogue
    if language == "en":
        _catalogue = catalogues.NullTranslations()
        return
    try:
        _catalogue = catalogues.translation(DOMAIN, LOCALE, [language])
    except FileNotFoundError:
        raise ValueError(f"there is no catalogue for the language {language!r}") from None


def gettext(text: str) -> str:
    """Return a text in the language of now."""
    return _catalogue.gettext(text)


def ngettext(one: str, more: str, number: int) -> str:
    """Return the text that suits a number, in the language of now."""
    return _catalogue.ngettext(one, more, number)


def later(text: str) -> str:
    """Return a text as it is: it is marked here, and translated where it is drawn."""
    return text
