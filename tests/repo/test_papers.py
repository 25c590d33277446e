"""What stands beside the code: licences, citation, changelog, a form, hooks, the lock."""

import importlib
import re
import tomllib
from pathlib import Path

import jupytext
import pytest
import yaml

import gan_edu
from tools import lock

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_each_licence_is_whole_and_alone_in_its_file():
    assert PROJECT["license"] == "MIT AND CC-BY-4.0 AND OFL-1.1"
    of_font = "gan_edu/locale/zh_CN/OFL.txt"
    assert PROJECT["license-files"] == ["LICENSE", "LICENSE-TEXT", of_font]
    assert "SIL OPEN FONT LICENSE Version 1.1" in text(of_font)
    assert text("LICENSE").startswith("MIT License\n\nCopyright (c) 2026 the gan_edu authors\n")
    assert "Creative Commons" not in text("LICENSE")
    of_text = text("LICENSE-TEXT")
    assert of_text.startswith("Attribution 4.0 International\n")
    assert "Creative Commons Attribution 4.0 International Public License" in of_text
    assert [f"Section {n} -- " in of_text for n in range(1, 10)] == [True] * 8 + [False]
    for licence in PROJECT["license-files"]:
        assert f"]({licence})" in text("README.md")


def test_the_citation_is_that_of_this_version_and_place():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["version"] == gan_edu.__version__
    assert citation["repository-code"] == citation["url"] == PROJECT["urls"]["Repository"]
    assert " AND ".join(citation["license"]) == PROJECT["license"]
    assert citation["title"] in text("README.md").split("bibtex")[1]
    assert {"cff-version", "message", "authors", "title"} <= set(citation)


def test_the_changelog_begins_with_what_is_not_released_and_has_this_version():
    headings = re.findall(r"^## (.*)$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0].startswith("Unreleased")
    assert headings[1].startswith(f"{gan_edu.__version__} - 20")
    kinds = set(re.findall(r"^### (.*)$", text("CHANGELOG.md"), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_a_learner_s_form_names_each_chapter_and_what_helps():
    form = yaml.safe_load(text(".github/ISSUE_TEMPLATE/learner.yml"))
    fields = {field["id"]: field["attributes"] for field in form["body"]}
    assert list(fields) == ["chapter", "did", "expected", "saw", "installation"]
    titles = [
        f"{path.stem[:2]} {jupytext.read(path).cells[0].source.splitlines()[0].removeprefix('# ')}"
        for path in sorted((ROOT / "notebooks" / "source").glob("*.py"))
    ]
    assert fields["chapter"]["options"][: len(titles)] == titles
    code = re.search(r"`(from .*)` in a cell", fields["installation"]["description"])[1]
    assert code.endswith("; check_installation()")
    module, name = re.match(r"from ([\w.]+) import (\w+);", code).groups()
    assert callable(getattr(importlib.import_module(module), name))


def test_the_hooks_are_tools_of_the_test_extra_and_of_the_project():
    (local,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert local["repo"] == "local", "no other version than the gate's"
    tested = {line.split("==")[0] for line in PROJECT["optional-dependencies"]["test"]}
    tools = {re.sub("^python -m ", "", hook["entry"]).split()[0] for hook in local["hooks"]}
    assert tools == {"ruff", "lint-imports", "tools.translations"}
    assert {"ruff", "import-linter"} <= tested


def test_contributing_is_one_page():
    assert len(text("CONTRIBUTING.md").splitlines()) <= 70
    named = re.findall(
        r"`((?:tests|tools|gan_edu|site|notebooks)/[\w/.]+)`", text("CONTRIBUTING.md")
    )
    assert len(named) > 8
    assert not [path for path in named if "NN" not in path and not (ROOT / path).exists()]


def test_the_pins_are_as_the_lock_writes_them():
    pins = lock.arranged(text("requirements.txt"), lock.direct())
    assert text("requirements.txt") == f"{lock.HEAD}\n{pins}"
    lines = [line for line in pins.splitlines() if "==" in line]
    assert text(".binder/requirements.txt") == lock.BINDER_HEAD + "\n".join(lines) + "\n"
    assert "://" not in text("requirements.txt") + text(".binder/requirements.txt")
    assert "--hash" not in text("requirements.txt")


def test_what_is_of_one_machine_or_one_platform_stays_out_of_the_lock():
    told = "--index-url x\ntorch==2.13.0+cpu\nnumpy==2.4.6\nnvidia-nccl-cu13==2.1\ntriton==3.7.1\n"
    assert lock.arranged(told + "Zlib-x==1\nabc==2\n", ["numpy", "torch"]).splitlines() == [
        "# What the course itself uses",
        "numpy==2.4.6",
        "torch==2.13.0",
        "",
        "# What these bring along",
        "abc==2",
        "Zlib-x==1",
    ]


@pytest.mark.slow
def test_the_lock_keeps_what_fits():
    pytest.importorskip("piptools", reason="the extra lock is not installed")
    kept = lock.compiled([], text("requirements.txt"))
    assert lock.arranged(kept, lock.direct()) in text("requirements.txt")
