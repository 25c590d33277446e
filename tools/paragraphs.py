"""Markdown, paragraph by paragraph: what is translated, and what stays as it is."""

import re
from collections.abc import Callable

APART = re.compile(r"(^```.*?^```$|^\$\$.*?\$\$$|\n[ \t]*\n)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"\||[-*] |\d+\. ")  # of a table or list: each is a text of its own
SILENT = re.compile(r"\$\$.*?\$\$|\$[^$]+\$|`[^`]+`|</?\w+[^>]*>|\]\([^)]*\)", re.DOTALL)


def translated(source: str, told: Callable[[str], str]) -> str:
    """Return Markdown with what is told in the place of each paragraph or row that has words.

    Blank lines, code and displayed formulas stay: with the same words, it is the same source.
    """
    parts = APART.split(source)
    parts[::2] = [_translated(part, told) for part in parts[::2]]
    return "".join(parts)


def _translated(part: str, told: Callable[[str], str]) -> str:
    lines = part.strip("\n").split("\n")
    pattern = r"[^\n]+" if all(ROW.match(line) for line in lines) else r"(?s:\S(?:.*\S)?)"
    return re.sub(pattern, lambda text: told(text[0]) if has_words(text[0]) else text[0], part)


def has_words(text: str) -> bool:
    """Return whether anything is left to translate beside formulas, code, tags and addresses."""
    return bool(re.search(r"[A-Za-z]{2}", SILENT.sub(" ", text)))
