"""The words in English and Chinese: catalogues which Poedit and Weblate open.

python -m tools.translations     take the English words over, compile, name what is to be translated

`gan_edu/locale/zh_CN/package.po` holds what is marked in the package. A chapter's catalogue,
`chNN_name.po` beside it, holds in the order of the chapter: the notebook's paragraphs and rows of
tables, the strings and comments of its cells that a learner reads, and the paragraphs of exercises,
puzzles and questions. An English sentence that was changed keeps its translation, marked fuzzy,
with the old sentence beside it. What the package looks up is compiled into `gan_edu.mo`. `python -m
tools.notebooks --language zh_CN` makes the notebooks.
"""

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import jupytext
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gan_edu import language
from gan_edu.checking import prose, quiz
from tools import literals, paragraphs, words
from tools.paragraphs import CODE, FORMULA, HAN

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "notebooks" / "source"
CHAPTERS = ROOT / "gan_edu" / "chapters"
GLOSSARY = ROOT / "site" / "glossary.md"
LANGUAGE = "zh_CN"
BUILT_IN = ("notebooks/", "site/")  # where the build alone needs the words
PACKAGE = "package"  # the catalogue of what is marked in the package
FIRST = "00_forger_and_detective"  # its catalogue has what belongs to no chapter
FOLDER = language.LOCALE / LANGUAGE  # of its catalogues
COMPILED = FOLDER / "LC_MESSAGES" / f"{language.DOMAIN}.mo"
NOT_WORDS = f"{FORMULA}|{CODE}"
ITALIC = r"(?<!\*)\*(?![* ])([^*]+)(?<![* ])\*(?!\*)"
BLANK = r"(?:(?<=[^.\-|\s]) )?"  # before an italic piece, but not after the mark of a list
NO_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # the same words make the same file
HEADER = """\
# The words of {name}, in English and Chinese.
# Made by `python -m tools.translations`; translate what has no text or is marked fuzzy.
msgid ""
msgstr ""
"Project-Id-Version: gan_edu\\n"
"Language: zh_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""

Told = Callable[[str, str], str]  # a text and where it stands, "text" or "code"


def chapters() -> list[str]:
    """Return the names of the chapters' folders, which their catalogues share: "ch00_…"."""
    return sorted(path.name for path in CHAPTERS.glob("ch[0-9][0-9]_*"))


def read(path: Path) -> Catalog:
    """Return a catalogue; an empty one if there is no such file."""
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def translated(cells: list, told: Told) -> None:
    """Put what is told in the place of each text of a notebook's cells."""
    names = literals.names([cell.source for cell in cells if cell.cell_type == "code"])
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = paragraphs.translated(cell.source, lambda text: told(text, "text"))
        elif "remove-cell" in cell.metadata.get("tags", []):  # folded: its first line is seen
            cell.source = literals.with_comments(cell.source, lambda text: told(text, "code"))
        else:
            cell.source = literals.translated(cell.source, lambda text: told(text, "code"), names)


def above_table(glossary: str, told: Callable[[str], str]) -> str:
    """Return the glossary with what is told in the place of each text above its rows."""
    above, mark, rows = glossary.partition("\n|:--")
    return paragraphs.translated(above, told) + mark + rows


def told_at_run_time(chapter: str) -> Iterator[tuple[str, Path]]:
    """Yield each text that the exercises of a chapter look up, with its file.

    They are read as a learner's kernel reads them, with a catalogue that listens: a key that is
    extracted and one that is looked up cannot differ.
    """
    here = CHAPTERS / chapter
    readers = {path: lambda p: prose.read(p.parent, p.name) for path in here.glob("*s.md")}
    readers |= dict.fromkeys(here.glob("questions.md"), quiz.read)
    if chapter == f"ch{FIRST}":
        readers |= {Path(quiz.__file__).with_name("forms.md"): quiz.read}
    for path in sorted(readers):
        heard: list[str] = []
        catalogue = mock.Mock(gettext=lambda text, heard=heard: heard.append(text) or text)
        with mock.patch.object(language, "_catalogue", catalogue):
            readers[path](path)
        yield from ((text, path) for text in heard)


def extracted(chapter: str) -> Catalog:
    """Return a chapter's English texts, each once, in the order in which they stand."""
    script = SOURCE / f"{chapter.removeprefix('ch')}.py"
    made = Catalog(locale=LANGUAGE)

    def hear(text: str, kind: str, path: Path = script) -> str:
        where = path.relative_to(ROOT).as_posix()
        made.add(text, locations=[(where, None)], auto_comments=["code"] * (kind == "code"))
        return text

    translated(jupytext.read(script).cells, hear)
    for text, path in told_at_run_time(chapter):
        hear(text, "text", path)
    if script.stem == FIRST:
        above_table(GLOSSARY.read_text("utf-8"), lambda text: hear(text, "text", GLOSSARY))
    return made


def update(name: str) -> Catalog:
    """Return a catalogue, with the English texts of now; changed ones are fuzzy."""
    catalogue = read(FOLDER / f"{name}.po")
    found = words.marked() if name == PACKAGE else extracted(name)
    catalogue.update(found, update_creation_date=False)
    for entry in catalogue:
        if entry.id and not any(entry.string or ""):
            entry.flags.discard("fuzzy")  # there is nothing to renew
    return catalogue


def as_po(catalogue: Catalog, name: str) -> bytes:
    """Return a catalogue as the text of its file; nothing in it changes with the day.

    What the English was before is left out: Babel breaks its lines so that others cannot read them.
    """
    stream = io.BytesIO()
    write_po(
        stream, catalogue, width=100, omit_header=True, include_lineno=False,
        ignore_obsolete=True,
    )  # fmt: skip
    return HEADER.format(name=name).encode() + stream.getvalue()


def told(entry: Message) -> str | tuple[str, ...]:
    """Return the translation of an entry, of all its plurals; "" if one is missing, or fuzzy."""
    if not entry.id or not all(entry.string or [""]) or entry.fuzzy:
        return ""
    return upright(entry.string) if isinstance(entry.string, str) else entry.string


def upright(text: str) -> str:
    """Return a Chinese text without slanted letters, which Chinese type does not have.

    What is italic in the catalogue, as in English, stands in quotation marks: *重置* is “重置”. The
    kind and the minutes with which an exercise begins stand in brackets: 【写代码，8分钟】.
    """
    kept = re.findall(NOT_WORDS, text)
    bare = re.sub(NOT_WORDS, "\0", text)
    bare = re.sub(r"^\*([^*]*分钟[^*]*)\*。? *", r"【\1】", bare)
    bare = re.sub(
        rf"{BLANK}{ITALIC}(?: (?!\|))?",
        lambda piece: f"“{piece[1]}”" if re.search(HAN, piece[1]) else piece[0],
        bare,
    )
    return re.sub("\0", lambda _: kept.pop(0), bare)


def at_run_time(catalogue: Catalog) -> Iterator:
    """Yield the entries of a catalogue that the package looks up."""
    for entry in catalogue:
        files = [file for file, _line in entry.locations]
        if told(entry) and any(not file.startswith(BUILT_IN) for file in files):
            yield entry


def compiled() -> Catalog:
    """Return all that the package looks up: its own words and the exercises'.

    ValueError if two catalogues translate the same text differently.
    """
    every = Catalog(locale=LANGUAGE, creation_date=NO_DAY, revision_date=NO_DAY)
    for path in sorted(FOLDER.glob("*.po")):
        for entry in at_run_time(read(path)):
            known = every.get(entry.id)
            if known and known.string != entry.string:
                raise ValueError(f"{path.name}: another one translates {entry.id!r} differently")
            every.add(entry.id, entry.string)
    return every


def build() -> None:
    """Compile what the package looks up."""
    stream = io.BytesIO()
    write_mo(stream, compiled())  # first all of it: an error leaves the old file as it is
    COMPILED.parent.mkdir(exist_ok=True)
    COMPILED.write_bytes(stream.getvalue())


def main() -> None:
    """Update the catalogues, compile them, and say what is left to do."""
    for name in [*chapters(), PACKAGE]:
        catalogue = update(name)
        (FOLDER / f"{name}.po").write_bytes(as_po(catalogue, name))
        missing = [entry.id for entry in catalogue if entry.id and not any(entry.string or "")]
        fuzzy = [entry.id for entry in catalogue if entry.id and entry.fuzzy]
        print(f"{name}: texts {len(catalogue)}, missing {len(missing)}, to renew {len(fuzzy)}")
        for text in missing + fuzzy:
            print(f"    {text}"[:94])
    build()


if __name__ == "__main__":
    main()
