"""A language in which each marked text stands in ⟦brackets⟧: whatever does not is not marked."""

import contextlib
import gettext
import re
from collections.abc import Iterator

import ipywidgets as widgets
import pytest
from ipywidgets.widgets import widget
from matplotlib.figure import Figure
from matplotlib.text import Text

from gan_edu import language

# What is called the same in each language; and code, formulas, tags.
NAMES = {
    "log", "min", "max", "js", "kl", "ks", "auc", "adam", "sgd", "mnist", "relu", "leaky",
    "tanh", "gan",
}  # fmt: skip
NO_WORDS = re.compile(
    r"```.*?```|<pre>.*?</pre>|`[^`]*`|\$[^$]*\$|<[^<>]*>|&\w+;|%\w+|https?:\S+|gan2:\S*"
    r"|[\w∂/]*_[\w/]*(\.\w+\(\))?|\{\w+\}|\b\w+\(\)|\b\w+\.\w+",
    re.DOTALL,
)
INNERMOST = re.compile("⟦[^⟦⟧]*(⟧|$)")  # a long text may be cut off
JOINT = r"(\**[.,;:]\**) (?=\**{0})"  # of two texts, in English
GLUED = re.compile("⟧" + JOINT.format("⟦"))
FIELDS = re.compile(r"(?<=\})" + JOINT.format(r"\{"))
SAID = ("description", "tooltip", "placeholder", "title", "note", "told", "alt")
READ = (widgets.HTML, widgets.HTMLMath, widgets.Label, widgets.Text)


class _Bracketed(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{FIELDS.sub('·', message)}⟧"  # this language does not use English's joints

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@contextlib.contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak a language inside, and English again."""
    language.speak(name)
    try:
        yield
    finally:
        language.speak("en")


@contextlib.contextmanager
def bracketed() -> Iterator[None]:
    """Speak the language of brackets inside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "_catalogue", _Bracketed())
        patch.setattr(language, "_spoken", "bracketed")
        yield


def unmarked(text: str) -> list[str]:
    """Return the words of a text that stand in no brackets, but for names, code and formulas.

    And what stands between two texts as only English writes it, such as ". ".
    """
    glued = GLUED.findall(text)
    while text != (outside := INNERMOST.sub(" ", text)):
        text = outside
    words = re.findall(r"[A-Za-zÀ-ÿ]{2,}", NO_WORDS.sub(" ", text))
    return glued + [word for word in words if word.lower() not in NAMES]


def texts_of(figure: Figure) -> list[str]:
    """Return all texts of a figure, as they were given to it."""
    return [text.get_text() for text in figure.findobj(Text)]


@contextlib.contextmanager
def made_widgets() -> Iterator[list[str]]:
    """Yield a list that has, in the end, what the widgets say that were made inside."""
    before, said = set(widget._instances), []
    yield said
    for name in set(widget._instances) - before:
        said += _said(widget._instances[name])


def _said(made: widgets.Widget) -> Iterator[str]:
    for name in SAID:
        if isinstance(text := getattr(made, name, None), str):
            yield text
    if isinstance(made, READ):
        yield made.value
    yield from getattr(made, "_options_labels", ())
    yield from getattr(made, "titles", ())
    yield from (word for word in getattr(made, "words", {}).values())
