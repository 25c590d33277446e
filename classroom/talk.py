"""One deck for a talk: the sections that the README's table names, as `talk.md` tells them."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from classroom import pictures

HERE = Path(__file__).parent
MINUTES = (45, 90)
ENDINGS = {"en": ".md", "zh_CN": ".zh.md"}  # of the README and of the talk, by language
ROW = re.compile(r"^\| \[(\d\d)\]\(notebooks/[^)]+\) \|(.+)\|(.+)\|$", re.MULTILINE)
PART = re.compile(r"^(#{1,3}) (.+)\n", re.MULTILINE)
PICTURE = re.compile(r'^!\[(.+)\]\(([\w .]+?)(?: "(.+)")?\)\n*', re.MULTILINE)


@dataclass(frozen=True)
class Slide:
    """A title, at most one picture, words, and what the speaker reads."""

    chapter: str  # its number; "" for what is in every talk
    section: str
    title: str
    words: str
    note: str
    picture: tuple[str, str, str] | None  # alternative text, name, what its slider moves


def route(minutes: int, language: str = "en") -> list[tuple[str, str]]:
    """Return the chapters and sections that the README's table has for 45 or 90 minutes."""
    readme = (HERE.parent / f"README{ENDINGS[language]}").read_text("utf-8")
    found = [
        (chapter, section)
        for chapter, *columns in ROW.findall(readme)
        for section in re.findall(r"[*“]([^*“”]+)[*”]", columns[MINUTES.index(minutes)])
    ]
    if not found:
        raise SystemExit(f"README{ENDINGS[language]} has no table for lecturers")
    return found


def slides(language: str = "en") -> list[Slide]:
    """Return all slides of the talk's file, in their order."""
    text = (HERE / f"talk{ENDINGS[language]}").read_text("utf-8")
    _, *pieces = PART.split(re.sub(r"(?s)<!--.*?-->", "", text))
    above, found = {}, []
    for level, title, body in zip(*[iter(pieces)] * 3, strict=True):
        above[len(level)] = title.strip()
        if level == "###":
            number = re.match(r"\d\d\b", above[1])
            found.append(_slide(number[0] if number else "", above[2], above[3], body))
    return found


def _slide(chapter: str, section: str, title: str, body: str) -> Slide:
    words, _, note = body.partition("\nNote:")
    shown = PICTURE.search(words)
    return Slide(
        chapter, section, title, PICTURE.sub("", words).strip(), note.strip(),
        shown and shown.groups(default=""),
    )  # fmt: skip


def chosen(minutes: int, language: str = "en") -> list[Slide]:
    """Return the slides of a talk of 45 or 90 minutes; name a section that has none."""
    sections, found = route(minutes, language), slides(language)
    for section in sections:
        if section not in {(slide.chapter, slide.section) for slide in found}:
            raise SystemExit(f"talk{ENDINGS[language]} has no slides for {' '.join(section)!r}")
    return [s for s in found if not s.chapter or (s.chapter, s.section) in sections]


def notebook(minutes: int, language: str = "en") -> NotebookNode:
    """Return a talk as a notebook whose cells have run, which `slides.deck` makes a deck of."""
    cells = [cell for slide in chosen(minutes, language) for cell in _cells(slide)]
    made = new_notebook(cells=cells)
    nbformat.validate(made)
    return made


def _cells(slide: Slide) -> list[NotebookNode]:
    """Return a slide's title, its picture, its words and its note."""
    where = f"{slide.chapter} · {slide.section}" if slide.chapter else ""
    parts = [new_markdown_cell(f"## {slide.title}\n\n<footer>{where}</footer>")]
    if slide.picture:
        parts.append(_shown(slide))
    parts.append(new_markdown_cell(slide.words))
    parts.append(new_markdown_cell(slide.note))
    kinds = ["slide", *["-"] * (len(parts) - 2), "notes"]
    for cell, kind in zip(parts, kinds, strict=True):
        cell.metadata.slideshow = {"slide_type": kind}
    return parts


def _shown(slide: Slide) -> NotebookNode:
    """Return a slide's picture, or say which slide names one that does not exist."""
    alt, name, label = slide.picture
    try:
        content = pictures.html(name, alt, label)
    except ValueError as wrong:
        raise SystemExit(f"{slide.title!r}: {wrong}") from None
    output = new_output("display_data", {"text/html": content})
    return new_code_cell(outputs=[output], execution_count=1, metadata={"tags": ["hide-input"]})
