"""The house itself: style, the README's commands, pins, and nothing where it does not belong."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gan_edu.exercises import chapters, exercises
from tests.helpers import lab

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = sorted((ROOT / "gan_edu").rglob("*.py"))
TOP_LEVEL = {
    "README.md", "README.zh.md", "requirements.txt", "pyproject.toml", "LICENSE", "LICENSE-TEXT",
    "CITATION.cff", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
    "notebooks", "gan_edu", "tests", "tools", "benchmarks", "site", "classroom",
}  # fmt: skip


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def ruff(*arguments) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff_has_nothing_to_complain_of():
    ruff("check", "--no-cache")


def test_all_code_is_formatted_alike():
    ruff("format", "--check", "--no-cache")


def test_the_readme_has_the_two_commands():
    commands = re.findall(r"^python -m pip install -r requirements.txt.*$", README, re.MULTILINE)
    assert len(commands) == 2
    notebook = re.search(r"python -m jupyter lab (notebooks/\S+)$", commands[0])[1]
    assert (ROOT / notebook).exists()
    assert commands[1] == (
        'python -m pip install -r requirements.txt -e ".[test]" && python -m pytest'
    )


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip), ("1", pytest.fail)])
def test_without_a_chromium_it_says_what_to_install_and_fails_in_ci(
    ci, outcome, tmp_path, monkeypatch
):
    for name, value in {"CI": ci, "PATH": "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(outcome.Exception, match="no Chromium: install the system's"):
        lab.look_for_chromium()


def test_the_readme_stays_a_front_page():
    assert len(README.splitlines()) < 200
    assert README.index("![") < README.index("\n## "), "a picture first"


ON_GANS = [3, 4, 5, 6]  # chapters; 01 and 02 are on sampling and histograms


def test_there_are_as_many_exercises_on_gans_as_the_readme_promises():
    assert set(ON_GANS) < set(chapters())
    row = re.search(r"^\| exercises on GANs \| over (\d+) \|", README, re.MULTILINE)
    assert sum(len(exercises(chapter)) for chapter in ON_GANS) > int(row[1]) >= 20


def pins(lines) -> dict[str, str]:
    return {
        re.sub("[-_.]+", "-", name).lower(): version
        for name, version in (line.split("==") for line in lines if "==" in line)
    }


def test_what_the_package_needs_is_pinned_exactly():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert "-e ." in lines
    pinned = pins(lines)
    assert pinned["torch"] == "2.13.0", "without a local version, so that every platform has one"
    needed = {re.split("[<>=]", d)[0] for d in PROJECT["project"]["dependencies"]}
    assert needed <= set(pinned)
    extras = PROJECT["project"]["optional-dependencies"]
    ours = f"{PROJECT['project']['name']}[classroom,docs]"
    assert ours in extras["test"], "who tests has what the page and the slides need"
    for extra in extras.values():
        others = [line for line in extra if line != ours]
        assert len(pins(others)) == len(others), "exact pins in the extras too"
    versions = [line for extra in extras.values() for line in extra]
    for line in {*versions} - {ours}:
        name = re.split("==", line)[0].lower()
        assert pinned.get(name, line.split("==")[1]) == line.split("==")[1], "one version of each"


def test_the_lowest_versions_are_those_of_the_ranges():
    printed = subprocess.run(
        [sys.executable, ROOT / ".ci" / "lowest"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    ranges = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    assert printed.pop() == "pyparsing<3.3", "it would warn of the lowest matplotlib"
    assert [Requirement(line).name for line in printed] == [range_.name for range_ in ranges]
    for lowest, range_ in zip(map(Requirement, printed), ranges, strict=True):
        (exact,) = lowest.specifier
        assert exact.operator == "=="
        assert range_.specifier.contains(exact.version), "it is allowed"
        assert not range_.specifier.contains(f"{exact.version}.dev0", prereleases=True), (
            "the lowest"
        )


def test_nothing_else_stands_at_the_top_level():
    tops = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {top for top in tops if not top.startswith(".")} <= TOP_LEVEL


def test_a_clone_of_windows_has_unix_line_ends(tmp_path):
    tracked()  # skips where there is no git
    clone = ["git", "clone", "-q", "-c", "core.autocrlf=true", ROOT, tmp_path / "clone"]
    subprocess.run(clone, check=True)
    ends = subprocess.run(
        ["git", "ls-files", "--eol"],
        cwd=tmp_path / "clone",
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.splitlines()
    assert len(ends) > 100
    assert not [line for line in ends if "crlf" in line or "mixed" in line]


OURS = ("gan_edu", "benchmarks", "classroom", "site", "notebooks", "tests", "tools")
SCRIPTS = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))


def without_encoding(source: str) -> list[str]:
    """Return the calls that read or write text in whatever encoding the machine prefers.

    Ruff's PLW1514 is in preview, and knows a path only where it is annotated or made on the spot.
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if lacks_encoding(call)]


def lacks_encoding(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in {"open", "read_text", "write_text", "TextIOWrapper", "NamedTemporaryFile"}:
        return False
    if any(keyword.arg == "encoding" for keyword in call.keywords):
        return False
    given = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    if name == "open" and isinstance(call.func, ast.Attribute):  # a file's, or a picture's
        return any(re.fullmatch("[rwxa+t]{1,3}", str(mode)) for mode in given)
    binary = any("b" in str(mode) for mode in given[-1:]) and name != "write_text"
    return "utf-8" not in given and not binary


def test_every_text_is_read_and_written_in_a_named_encoding():
    found = {path.name: without_encoding(path.read_text("utf-8")) for path in SCRIPTS}
    assert len(found) > 100
    assert not {name: calls for name, calls in found.items() if calls}


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        ("open(path)", True),
        ("open(path, 'w')", True),
        ("path.open('w')", True),
        ("path.read_text()", True),
        ("path.write_text('a b')", True),
        ("path.write_text(text)", True),
        ("io.TextIOWrapper(stream)", True),
        ("open(path, 'rb')", False),
        ("open(path, encoding='utf-8')", False),
        ("path.open('wb')", False),
        ("path.read_text('utf-8')", False),
        ("path.write_text(text, 'utf-8')", False),
        ("scene.open()", False),
        ("Image.open(stream)", False),
    ],
)
def test_a_missing_encoding_is_seen(call, seen):
    assert bool(without_encoding(call)) is seen


def test_no_file_is_heavy_and_no_data_set_is_in_the_house():
    assert not [path for path in tracked() if path.stat().st_size > 1_500_000]
    assert not [path for path in tracked() if "idx3-ubyte" in path.name]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "gan_edu")))
def test_a_module_has_400_lines_at_most_not_counting_empty_ones(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= 400


def test_all_that_the_package_reads_is_packed():
    """An editable install finds every file, and one from the network only what is named.

    Catalogues are read by translators; a kernel reads what they are compiled to.
    """
    packed = set()
    for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items():
        folders = [ROOT / package.replace(".", "/")]
        if package == "*":
            folders = [path.parent for path in (ROOT / "gan_edu").rglob("__init__.py")]
        packed |= {path for f in folders for pattern in patterns for path in f.glob(pattern)}
    ours = {path for path in tracked() if path.is_relative_to(ROOT / "gan_edu")}
    assert {path for path in ours if path.suffix not in (".py", ".po")} <= packed


def test_every_picture_in_images_is_made_by_the_one_command():
    from tools.figures.pictures import PICTURES

    assert {path.name for path in (ROOT / "gan_edu" / "images").iterdir()} == set(PICTURES)
