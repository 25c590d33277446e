"""The words that a learner sees: a count of one has its noun in the singular."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_edu import words
from gan_edu.words import WORDS

PACKAGE = Path(words.__file__).parent
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
}
NEVER_ONE = {  # what is counted there, and why it is never one
    "time_up": "a limit of several seconds",
    "{len(values)} values": "out of so many",
    "{len(z)} samples": "the question asks with hundreds",
    "{len(images)} pictures": "the question asks with dozens",
    "{len(calls)} times": "more than CALLS",
    "{settings['fewer']} points": "two constants",
    "{size} bytes": "the size of MNIST's files",
    "too_many": "more than the digest reads",
    "{kind} samples": "real or forged, no number",
    "{len(images)} labels": "the question asks with dozens",
    "{name} marks": "the name of a game, no number",
    "{len(reference)} references": "k = 1 of 1 is allowed, so there are more, or none",
}


def sentences(tree=WORDS, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each sentence."""
    if isinstance(tree, str):
        yield name, tree
    else:
        for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from sentences(part, name or key)


def f_strings(path: Path) -> Iterator[str]:
    """Yield each value of an f-string with the text that follows it, without its format."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
    wrong = {name: p for name, text in sentences() if (p := plural_after_a_value(text))}
    assert set(wrong) <= set(NEVER_ONE), wrong


def test_no_f_string_has_a_plural_that_one_cannot_have():
    wrong = {
        p: path.name
        for path in PACKAGE.rglob("*.py")
        for text in f_strings(path)
        for p in plural_after_a_value(text[: text.index("}") + 30])
    }
    assert {p: name for p, name in wrong.items() if p not in NEVER_ONE} == {}


@pytest.mark.parametrize("noun", WORDS["counts"])
def test_a_count_of_one_is_singular_and_all_others_are_not(noun):
    one, more = WORDS["counts"][noun]
    assert words.count(1, noun) == f"1 {one}"
    assert words.count(0, noun) == f"0 {more}"
    assert words.count(2000, noun) == f"2,000 {more}"
    assert one != more
