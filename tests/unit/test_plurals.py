"""The sentences that a learner sees: a count of one has its noun in the singular."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("gan_edu", "tools", "classroom")
    for path in (ROOT / folder).rglob("*.py")
}
NO_NOUNS = {
    "is",
    "was",
    "has",
    "holds",
    "belongs",
    "starts",
    "lacks",
    "stands",
    "needs",
    "takes",
    "goes",
    "lies",
    "leaves",
}
NEVER_ONE = {  # what is counted there, and why it is never one
    "{of} modes": "eight on the ring",
    "{seconds:g} seconds": "a limit of several seconds",
    "{count:,} numbers": "more than the digest reads",
    "{iterations} iterations": "one iteration has a sentence of its own",
    "{len_calls} times": "more than CALLS",
    "{calls} times": "CALLS are many",
    "{kind} samples": "real or generated, no number",
    "{of} pictures": "the question asks with dozens",
    "{n} labels": "the question asks with dozens",
    "{settings_fewer:g} points": "two constants",
    "{n} points": "a constant, 500, of the flow in chapter 06",
    "{latent} numbers": "a constant",
    "{len(reference)} references": "k = 1 of 1 is allowed, so there are more, or none",
    "{len(values)} values": "out of how many",
    "{minutes} minutes": "no exercise takes a minute",
    "{name} marks": "the name of a game, no number",
    "{size} bytes": "the size of MNIST's files",
    "{y} upwards": "the name of an axis, no number",
}


def calls(*names: str) -> Iterator[list[str]]:
    """Yield the texts that are given to functions of these names; a variable is no text."""
    for tree in PROGRAMS.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in names:
                constants = [a.value for a in node.args if isinstance(a, ast.Constant)]
                yield [text for text in constants if isinstance(text, str)]


def sentences() -> Iterator[str]:
    """Yield each text without plural forms: those in the code, and the exercises' paragraphs."""
    for texts in calls("_", "later"):
        yield from texts
    for path in (ROOT / "gan_edu").rglob("*.md"):
        yield from (" ".join(p.split()) for p in path.read_text(encoding="utf-8").split("\n- "))


def f_strings(tree: ast.Module) -> Iterator[str]:
    """Yield each value of an f-string with the text that follows it, without its format."""
    for node in ast.walk(tree):
        for value, text in (
            zip(node.values, node.values[1:], strict=False)
            if isinstance(node, ast.JoinedStr)
            else ()
        ):
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                form = "" if value.format_spec is None else ast.unparse(value.format_spec)
                if "." not in form:  # a measure, no count
                    yield f"{{{ast.unparse(value.value)}}}{text.value}"


def plural_after_a_value(text: str) -> list[str]:
    found = re.finditer(r"(\{[^}.]*\}) ([a-z]+s)\b", text)
    counts = [m for m in found if not m[1][1:-1].isupper()]  # a constant is above one
    return [f"{m[1]} {m[2]}" for m in counts if m[2] not in NO_NOUNS and not m[2].endswith("ss")]


def test_no_sentence_has_a_plural_that_one_cannot_have():
    wrong = {p for text in sentences() for p in plural_after_a_value(text)}
    assert wrong <= set(NEVER_ONE), wrong - set(NEVER_ONE)


def test_no_f_string_has_a_plural_that_one_cannot_have():
    wrong = {
        p: path.name
        for path, tree in PROGRAMS.items()
        for text in f_strings(tree)
        for p in plural_after_a_value(text[: text.index("}") + 30])
    }
    assert {p: name for p, name in wrong.items() if p not in NEVER_ONE} == {}


def fields(text: str) -> set[tuple]:
    return {(name, form) for _, name, form, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("texts", list(calls("ngettext")), ids=lambda texts: texts[0])
def test_a_count_of_one_is_singular_and_all_others_are_not(texts):
    one, more = texts
    assert one != more
    assert fields(one) == fields(more)
    assert plural_after_a_value(one) == []
    assert len(plural_after_a_value(more)) == 1
