"""What an exercise says, apart from its code: Markdown that can be wrapped and translated."""

import re
from dataclasses import dataclass
from pathlib import Path

from gan_edu.language import gettext as _
from gan_edu.language import later

KINDS = (
    later("predict"), later("compute"), later("code"), later("debug"), later("open"),
    later("order"),
)  # fmt: skip


@dataclass(frozen=True)
class Prose:
    """The words of one exercise.

    name      "2.3": chapter and number
    title     one line; the notebook asks the question at length
    kind      one of KINDS; "debug" hands out broken code, "order" lines
    minutes   how long it takes
    hints     one to three, each one says more
    solution  why, in Markdown; the code of the right answer is shown above it
    insight   what to take away; read once the answer is right
    lecturer  what to ask the class, and what usually happens
    mistakes  the sentence for each known mistake, by a name; braces hold numbers
    """

    name: str
    title: str
    kind: str
    minutes: int
    hints: tuple[str, ...]
    solution: str
    insight: str
    lecturer: str
    mistakes: dict[str, str]


def read(folder: Path, file: str = "exercises.md") -> dict[str, Prose]:
    """Return the prose of each exercise in a file of a chapter, by its name: "2.3".

    Raises ValueError, naming the exercise, for one that is not as `Prose` says.
    """
    text = (folder / file).read_text(encoding="utf-8")
    exercises = re.split(r"^# (\d+\.\w+) ", text, flags=re.MULTILINE)[1:]
    return {
        name: _parsed(name, body)
        for name, body in zip(exercises[::2], exercises[1::2], strict=True)
    }


def _parsed(name: str, body: str) -> Prose:
    head, *parts = re.split(r"^## (\w+)\n", body, flags=re.MULTILINE)
    title, about = head.split("\n", 1)
    found = re.fullmatch(r"\s*(\w+), (\d+) minutes\s*", about)
    if not found or found[1] not in KINDS:
        raise ValueError(f"{name}: below its title must stand a kind of {KINDS}, and the minutes")
    said = dict(zip(parts[::2], parts[1::2], strict=True))
    hints = re.split(r"^- ", said.pop("hints", ""), flags=re.MULTILINE)[1:]
    if not 1 <= len(hints) <= 3:
        raise ValueError(f"{name}: one to three hints, got {len(hints)}")
    texts = {part: unwrapped(said.pop(part, "")) for part in ("solution", "insight", "lecturer")}
    mistakes = re.split(r"^- `(\w+)`: ", said.pop("mistakes", ""), flags=re.MULTILINE)[1:]
    if said:
        raise ValueError(f"{name}: no part of an exercise is called {', '.join(said)}")
    return Prose(
        name=name,
        title=_(title.strip()),
        kind=found[1],
        minutes=int(found[2]),
        hints=tuple(unwrapped(hint) for hint in hints),
        **texts,
        mistakes=dict(zip(mistakes[::2], map(unwrapped, mistakes[1::2]), strict=True)),
    )


def unwrapped(text: str) -> str:
    """Return paragraphs, each in the language of now and in one line."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(_(" ".join(p.split())) for p in paragraphs) if text.strip() else ""
