"""Markdown, paragraph by paragraph: what is translated, and what stays as it is."""

import re
from collections.abc import Callable

from tools import literals

FORMULA, CODE = r"\$\$.*?\$\$|\$[^$]+\$", r"`[^`]+`"
HAN = r"[\u3400-\u9fff]"
APART = re.compile(r"(^```.*?^```$|^\$\$.*?\$\$$|\n[ \t]*\n)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"\||[-*] |\d+\. ")  # of a table or list: each is a text of its own
WORDS = re.compile(r"(?<=\\text\{)[^{}]*[A-Za-z]{2}[^{}]*(?=\})")  # in a displayed formula
SILENT = re.compile(rf"{FORMULA}|{CODE}|</?\w+[^>]*>|\]\([^)]*\)", re.DOTALL)


def translated(source: str, told: Callable[[str], str]) -> str:
    r"""Return Markdown with what is told in the place of each paragraph or row that has words.

    Of code only the comments are told, of displayed formulas what stands in \text{…}; blank lines
    stay. With the same words, it is the same source.
    """
    parts = APART.split(source)
    parts[::2] = [_translated(part, told) for part in parts[::2]]
    parts[1::2] = [_apart(part, told) for part in parts[1::2]]
    return "".join(parts)


def _apart(part: str, told: Callable[[str], str]) -> str:
    if part.startswith("```"):
        first, code, last = re.fullmatch(r"(.*?\n)(.*)(```)", part, re.DOTALL).groups()
        return first + literals.with_comments(code, told) + last
    return WORDS.sub(lambda words: told(words[0]), part)


def _translated(part: str, told: Callable[[str], str]) -> str:
    lines = part.strip("\n").split("\n")
    pattern = r"[^\n]+" if all(ROW.match(line) for line in lines) else r"(?s:\S(?:.*\S)?)"
    return re.sub(pattern, lambda text: told(text[0]) if has_words(text[0]) else text[0], part)


def has_words(text: str) -> bool:
    """Return whether anything is left to translate beside formulas, code, tags and addresses."""
    return bool(re.search(r"[A-Za-z]{2}", SILENT.sub(" ", text)))
