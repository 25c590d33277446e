"""One vocabulary, the field's own: what stands for something else is found wherever words are.

In notebooks, exercises, pages, docstrings, comments, messages and names alike; the story of
chapter 00 alone has a forger, a detective, and rounds.
"""

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).relative_to(ROOT)
FOLDERS = ("gan_edu", "notebooks/source", "site", "tools", "classroom", "benchmarks", "tests")
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CITATION.cff")

# private word: the field's
WORDS = {
    r"laws?": "distribution",
    r"heaps?": "sample, batch or mode",
    r"judge[sd]?|judging|judgement": "discriminator, critic, or classifier",
    r"luck(y|ily)?": "sampling error, randomness, chance",
    r"knobs?": "parameters, settings",
    r"leash(es|ed)?": "constraint, penalty, clipping",
    r"brakes?": "penalty",
    r"rivals?|experts?": "discriminator",
    r"sick": "failing",
    r"another start": "new random seed",
    r"best judge": "optimal discriminator",
    r"(equal|own|same) rates?|(D's|G's) rates?|forger's rate": "learning rate",
    r"shall|for ever|so many|falls? asleep": "plain words",
}
STORY = {  # outside of chapter 00
    r"rounds": "iterations",
    r"(a|each|per|every|one|this|next|last) round": "iteration",
    r"h(e|im|is)": "it, its",
}
WORD = re.compile(r"\b(?:" + "|".join(WORDS) + r")\b", re.IGNORECASE)
STORY_WORD = re.compile(r"\b(?:" + "|".join(STORY) + r")\b", re.IGNORECASE)
PLAYER = re.compile(r"\b(forgers?|detectives?)\b", re.IGNORECASE)
BESIDE = re.compile(r"generator|discriminator|\$?\b[GD]\b", re.IGNORECASE)
NAME_PARTS = {
    *("law", "laws", "heap", "heaps", "judge", "judges", "judged", "luck", "knob", "knobs"),
    *("leash", "leashes", "rival", "expert"),
}
STORY_PARTS = {"rounds", "forger", "detective", "forged", "forge"}

# Where such a word means what it says.
MEANT = (
    "fragment the heap",  # of memory
    "σ(a) rounds to",
    "rounds off",
    "## Catch the forger",  # chapter 00's name
)


def _files() -> list[Path]:
    inside = [p for folder in FOLDERS for p in (ROOT / folder).rglob("*") if p.is_file()]
    kinds = {".py", ".md", ".js", ".css", ".j2"}
    found = [p for p in inside if p.suffix in kinds and "_static" not in p.parts]
    return sorted({*found, *(ROOT / page for page in PAGES)})


FILES = [p.relative_to(ROOT) for p in _files() if p.relative_to(ROOT) != HERE]


def is_story(path: Path) -> bool:
    return "forger_and_detective" in str(path)


@cache
def texts(path: Path) -> list[tuple[int, str]]:
    """Return the paragraphs that a person reads in a file, with their lines; names are not in."""
    content = (ROOT / path).read_text(encoding="utf-8")
    if path.suffix != ".py":
        return _paragraphs(content)
    if path.parts[0] == "notebooks":
        words = [
            line[2:] if line.startswith("# ") else line if '"' in line else ""
            for line in content.splitlines()
        ]
        return _paragraphs("\n".join(words))
    tokens = tokenize.generate_tokens(io.StringIO(content).readline)
    return [(t.start[0], t.string) for t in tokens if t.type in (tokenize.STRING, tokenize.COMMENT)]


def _paragraphs(content: str) -> list[tuple[int, str]]:
    found, start = [], 1
    for part in content.split("\n\n"):
        found.append((start, part))
        start += part.count("\n") + 2
    return found


def without_code(text: str) -> str:
    """Leave out addresses and code spans, whose names are looked at by themselves."""
    for meant in MEANT:
        text = text.replace(meant, "")
    return re.sub(r"\]\([^)]*\)|`[^`\n]*`|https?://\S+", "", text)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_words_are_the_field_s(path):
    pattern = WORD if is_story(path) else re.compile(f"{WORD.pattern}|{STORY_WORD.pattern}", re.I)
    found = [
        f"{path}:{line}: {m.group()} in …{text[max(0, m.start() - 40) : m.end() + 30]!r}"
        for line, whole in texts(path)
        for text in [without_code(whole)]
        for m in pattern.finditer(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", [p for p in FILES if not is_story(p)], ids=str)
def test_generator_and_detective_come_with_their_real_names(path):
    found = [
        f"{path}:{line}: {text[:120]!r}"
        for line, whole in texts(path)
        for text in [without_code(whole)]
        if PLAYER.search(text) and not BESIDE.search(text)
    ]
    assert not found, "\n".join(found)


def names(path: Path) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return found | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".py"], ids=str)
def test_names_are_the_field_s(path):
    private = NAME_PARTS if is_story(path) else NAME_PARTS | STORY_PARTS
    split = {name: re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name) for name in names(path)}
    folder = "ch00_forger_and_detective"
    found = {n for n, parts in split.items() if private & {p.lower() for p in parts}} - {folder}
    assert not found
