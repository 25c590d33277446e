"""The words in a cell of code: strings that a learner reads, and comments.

A string is read if it has words and stands where the stage crew shows it or is printed, or if it
has a space in it: names of settings and files have none. What bears a name among others that have,
as the key of a table that is shown, is read too, wherever it stands in the chapter.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from itertools import accumulate
from unicodedata import east_asian_width

SHOWN_BY = {"print", "predict", "reveal", "button", "progress", "picture"}
SHOWN_AS = {"alt", "label", "labels", "xlabel", "ylabel", "title", "above", "below", "right"}
NOT_SHOWN = {"loc"}
# Keys of tables that are shown, though no other key of theirs has a space.
NAMES = {"blurred", "kinks", "lines", "normal"}
WIDTH = 96  # of a line of code, in columns; a Chinese character takes two

PIECE = re.compile(r"""(f?)(["'])((?:\\.|(?!\2).)*)\2""")  # of a string, as it is written
VALUE = r"\{(?:[^{}]|\{[^{}]*\})*\}"
NO_WORDS = re.compile(VALUE + r"|[\w.]+\.svg|# fmt: \w+|# noqa.*")
UNIT = re.compile(VALUE + r"|\\.|[A-Za-z0-9]+ ?|.")  # what is not torn apart

Place = tuple[int, int, str, Callable[[str], str]]  # start, end, text, what writes another one
Parents = dict[ast.AST, ast.AST]


def names(cells: list[str]) -> set[str]:
    """Return the keys that stand beside one with a space: those of tables that are shown."""
    found: set[str] = set()
    for node in (node for cell in cells for node in ast.walk(ast.parse(cell))):
        keys = node.keys if isinstance(node, ast.Dict) else []
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            keys = [e.elts[0] for e in node.iter.elts if isinstance(e, ast.Tuple)]
        texts = {key.value for key in keys if isinstance(key, ast.Constant)}
        if any(" " in str(text) for text in texts):
            found |= {text for text in texts if isinstance(text, str)}
    return found


def translated(source: str, told: Callable[[str], str], named: set[str]) -> str:
    """Return a cell's code with what is told in the place of what a learner reads in it.

    `named` are the chapter's `names`. Told its own words, it is the same source.
    """
    return _with(source, told, [*_comments(source), *_strings(source, named)])


def with_comments(source: str, told: Callable[[str], str]) -> str:
    """Return code with what is told in the place of its comments alone."""
    return _with(source, told, [*_comments(source)])


def _with(source: str, told: Callable[[str], str], places: list[Place]) -> str:
    new = []
    for start, end, text, write in sorted(places, key=lambda place: place[0]):
        if (other := told(text)) != text:
            new.append((start, end, write(other)))
    for start, end, text in reversed(new):
        source = source[:start] + text + source[end:]
    return source


def columns(text: str) -> int:
    """Return how many columns a text takes in a font of equal widths."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _comments(source: str) -> Iterator[Place]:
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and _has_words(token.string):
            start = starts[token.start[0] - 1] + token.start[1]
            yield start, start + len(token.string), token.string, str


def _strings(source: str, named: set[str]) -> Iterator[Place]:
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    starts = [0, *accumulate(len(line.encode()) for line in source.splitlines(keepends=True))]
    encoded = source.encode()  # ast counts bytes
    for node in parents:
        if not _is_string(node) or isinstance(parents[node], ast.JoinedStr | ast.FormattedValue):
            continue
        begin = starts[node.lineno - 1] + node.col_offset
        written = encoded[begin : starts[node.end_lineno - 1] + node.end_col_offset].decode()
        pieces = PIECE.findall(written)
        text = "".join(piece[2] for piece in pieces)
        if _has_words(text) and _is_read(node, parents, text, named):
            start = len(encoded[:begin].decode())
            column = start - (source.rfind("\n", 0, start) + 1)
            whole = isinstance(parents[node], ast.stmt)
            prefix = "f" * any(piece[0] for piece in pieces)
            yield start, start + len(written), text, _writer(prefix, column, whole)


def _is_string(node: ast.AST) -> bool:
    text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return text or isinstance(node, ast.JoinedStr)


def _has_words(text: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2}", NO_WORDS.sub("", text)))


def _is_read(node: ast.AST, parents: Parents, text: str, named: set[str]) -> bool:
    """Return whether a learner reads a string, by where it stands."""
    child, parent = node, parents[node]
    shown = " " in text or (text in named | NAMES and not isinstance(parent, ast.Call))
    while not isinstance(parent, ast.stmt | ast.Subscript):
        if isinstance(parent, ast.Dict) and child in parent.keys:
            return all(_is_name(other, named) for other in parent.keys)
        if isinstance(parent, ast.keyword):
            return (shown or parent.arg in SHOWN_AS) and parent.arg not in NOT_SHOWN
        if isinstance(parent, ast.Call) and child in parent.args:
            called = getattr(parent.func, "attr", getattr(parent.func, "id", ""))
            shown = shown or called in SHOWN_BY
        child, parent = parent, parents[parent]
    return shown


def _is_name(key: ast.AST | None, named: set[str]) -> bool:
    text = key.value if isinstance(key, ast.Constant) else ""
    return " " in text or text in named | NAMES


def _writer(prefix: str, column: int, whole: bool) -> Callable[[str], str]:
    """Return what writes a string that begins in a column: in pieces, if it is long.

    Where no bracket is open it stays `whole`.
    """

    def write(text: str) -> str:
        lines = [""]
        for unit in UNIT.findall(text):
            if not whole and column + columns(f'{prefix}"{lines[-1]}{unit}"') > WIDTH:
                lines.append("")
            lines[-1] += unit
        return ("\n" + " " * column).join(f'{prefix}"{line}"' for line in lines)

    return write
