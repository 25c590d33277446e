"""The web page, its words, the front page, Binder, Colab and GitHub: they agree with the course."""

import ast
import functools
import html
import importlib
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
import venv
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import jupytext
import nbformat
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.helpers import shown

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
CHINESE = sorted((ROOT / "notebooks" / "zh").glob("[0-9]*.ipynb"))
README, CONTRIBUTING, GLOSSARY, BIBLIOGRAPHY = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md", "site/glossary.md", "site/bibliography.md")
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ADDRESS = PROJECT["urls"]["Repository"]
OWNER = ADDRESS.removeprefix("https://github.com/")
BUILD = re.search(r"python -m sphinx .*$", CONTRIBUTING, re.MULTILINE)[0]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/course.yml").read_text(encoding="utf-8"))

every_chapter = pytest.mark.parametrize("path", SOURCES, ids=[s.stem for s in SOURCES])


@functools.cache
def cells(path: Path, kind: str) -> list[str]:
    return [cell.source for cell in jupytext.read(path).cells if cell.cell_type == kind]


def prose(path: Path) -> str:
    return "\n".join(cells(path, "markdown"))


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[field.strip() for field in line.strip("|").split("|")] for line in lines]


# Words


TERMS = rows(GLOSSARY)[1:]


@pytest.mark.parametrize("row", TERMS, ids=[row[0] for row in TERMS])
def test_a_word_of_the_glossary_has_a_name_that_exists_and_a_chapter_that_uses_it(row):
    term, symbol, code, chinese, chapter = row
    assert symbol == "–" or re.fullmatch(r"(\$[^$]+\$(, )?)+", symbol)
    assert chinese
    number, link = re.fullmatch(r"\[(\d\d)\]\((.*)\)", chapter).groups()
    source = ROOT / "notebooks" / "source" / f"{Path(link).stem}.py"
    assert (ROOT / "site" / link).exists()
    assert Path(link).name.startswith(number)
    head = re.split(r"[,;:(]| or ", term)[0].strip().lower()
    assert head in prose(source).lower(), f"chapter {number} does not say {head!r}"
    if code != "–":
        assert_exists(code.strip("`"))


@pytest.mark.parametrize("row", TERMS, ids=[row[0] for row in TERMS])
def test_no_chapter_uses_a_word_that_a_later_one_explains(row):
    """Chapter 00 is left out: it tells the story, and points ahead."""
    head = re.escape(re.split(r"[,;:(]| or ", row[0])[0].strip())
    number = row[-1][1:3]
    earlier = [s for s in SOURCES if "01" <= s.stem[:2] < number]
    said = [s.stem for s in earlier if re.search(rf"\b{head}\b", prose(s), re.IGNORECASE)]
    assert not said


def assert_exists(name: str) -> None:
    """Look up `module.thing`, `package.module.thing`, `module.Class.field`, `….thing(argument)`."""
    path, _, argument = name.rstrip(")").partition("(")
    parts, depth = path.split("."), 0
    while (ROOT / "gan_edu").joinpath(*parts[: depth + 1]).is_dir():
        depth += 1
    depth += 1
    thing = importlib.import_module(".".join(["gan_edu", *parts[:depth]]))
    for part in parts[depth:]:
        assert hasattr(thing, part) or part in getattr(thing, "__annotations__", {}), name
        thing = getattr(thing, part, None)
    assert not argument or argument in inspect.signature(thing).parameters


@pytest.mark.parametrize("name", ["divergences.kll", "training.Game.nothing", "games.play(k)"])
def test_a_name_that_does_not_exist_is_found_out(name):
    with pytest.raises(AssertionError):
        assert_exists(name)


def test_the_glossary_has_each_word_and_each_name_once():
    words = [row[0] for row in TERMS]
    names = [row[2] for row in TERMS if row[2] != "–"]
    assert len(set(words)) == len(words) > 40
    assert len(set(names)) == len(names)


@every_chapter
def test_the_notation_card_leads_to_the_glossary(path):
    *_, last = cells(path, "markdown")
    assert "| here | in code |" in last, "the table of symbols ends the chapter"
    assert "[glossary](glossary.ipynb)" in last


CITATION = re.compile(
    r"\b([A-ZÉ][\w-]+)(?:(?:,? and|,? &) ([A-Z][\w-]+)| et al\.| and others)?,? ((?:19|20)\d\d)\b"
)
NO_AUTHORS = {"NIPS", "ICLR", "ICML", "ICCV"}


def docstrings() -> list[str]:
    found = []
    for path in (ROOT / "gan_edu").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        places = (ast.Module, ast.ClassDef, ast.FunctionDef)
        found += [ast.get_docstring(n) for n in ast.walk(ast.parse(text)) if isinstance(n, places)]
        found += re.findall(r"#.*", text)
    return [re.sub(r"\s+", " ", text) for text in found if text]


def citations(text: str) -> set[tuple[str, str, str]]:
    return {found for found in CITATION.findall(text) if found[0] not in NO_AUTHORS}


def missing(text: str) -> set:
    """Return what `text` cites, "Author year" or "*Title*, year", and the bibliography lacks."""
    entries = citations("\n".join(re.findall(r"^- \*\*(.*?)\.\*\*", BIBLIOGRAPHY, re.MULTILINE)))
    titles = re.findall(r"[*]([^*\n]{12,})[*], ((?:19|20)\d\d)", text)
    lacking = {title for title, _ in titles if title.lower() not in BIBLIOGRAPHY.lower()}
    return lacking | (citations(text) - entries)


def test_everything_cited_is_in_the_bibliography():
    texts = [prose(path) for path in SOURCES] + docstrings() + [README]
    assert len(citations("\n".join(texts))) > 20
    assert not set().union(*map(missing, texts))


def test_a_citation_without_an_entry_is_found_out():
    assert missing("as Shannon 1948 says") == {("Shannon", "", "1948")}
    assert missing("(Kullback and Shannon 1951)") == {("Kullback", "Shannon", "1951")}
    assert missing("*A Theory of Nothing at All*, 2001") == {"A Theory of Nothing at All"}
    assert not missing("(Lin 1991), Goodfellow and others, 2014; Dowson & Landau 1982")


def test_the_article_s_own_sources_are_in_the_bibliography():
    for source in ("kexue.fm/archives/4439", "苏剑林", "李宏毅", "1701.00160"):
        assert source in BIBLIOGRAPHY


def test_the_bibliography_is_in_order():
    for part in BIBLIOGRAPHY.split("\n## ")[2:3]:
        names = re.findall(r"^- \*\*(.*?)\.\*\*", part, re.MULTILINE)
        assert names == sorted(names)


# The front page


def test_each_chapter_has_its_row_with_picture_and_link_on_the_front_page():
    gallery = rows(README.split("## Chapters")[1].split("## ")[0])[1:]
    assert len(gallery) == len(SOURCES), "a row for each chapter"
    for (picture, words, *minutes), source in zip(gallery, SOURCES, strict=True):
        link = f"notebooks/{source.stem}.ipynb"
        _, image, target = re.fullmatch(r"\[!\[(.{20,})\]\((.*)\)\]\((.*)\)", picture).groups()
        assert (ROOT / image).exists()
        title = prose(source).splitlines()[0].removeprefix("# ")
        assert target == link
        assert words.startswith(f"[**{source.stem[:2]} {title}**]({link})<br>")
        assert words[-1] in "?…"
        assert len(minutes) == 3
        assert minutes[0].isdigit() or source.stem.startswith("07")


def test_projector_mode_is_what_the_front_page_says():
    from gan_edu.stage import paper

    assert "stage.projector()" in README
    assert "half as large again" in README
    assert paper.PROJECTOR_SCALE == 1.5


COMMANDS = [
    line
    for block in re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def test_every_command_of_the_front_page_is_known_to_a_test():
    unix, windows = COMMANDS[:4], COMMANDS[4:11]
    assert unix == [*BEFORE, *(c for c in unix if c.startswith("python -m pip install "))]
    assert len(windows) == len(COMMANDS) - 5 == 7
    assert COMMANDS[11].startswith("python -m gan_edu.train ")


BEFORE = [f"git clone {ADDRESS} && cd {OWNER.split('/')[1]}"]
BEFORE.append("python3 -m venv .venv && source .venv/bin/activate")


@pytest.mark.skipif(os.name == "nt", reason="commands for Linux and macOS")
def test_the_first_commands_fetch_the_course_and_enter_an_environment(tmp_path):
    quick = "\n".join(COMMANDS[:2]).replace("venv .venv", "venv --without-pip .venv")
    asked = f"{quick} && ls requirements.txt && python -c 'import sys; print(sys.prefix)'"
    here = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": ADDRESS}
    here |= {"GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf"}  # this copy, not GitHub's
    done = subprocess.run(
        ["bash", "-euc", asked],
        cwd=tmp_path,
        env=os.environ | here,
        capture_output=True,
        text=True,
        check=True,
    )
    found, prefix = done.stdout.splitlines()
    assert found == "requirements.txt"
    assert Path(prefix).resolve() == (tmp_path / "gan-edu" / ".venv").resolve()


def test_windows_gets_the_same_commands_without_a_script_and_without_ands():
    python = r".venv\Scripts\python"
    halves = [half for command in COMMANDS[:4] for half in command.split(" && ")]
    wanted = [re.sub("^python ", lambda _: f"{python} ", half) for half in halves]
    make = next(c for c in COMMANDS if c.startswith("py -"))
    wanted[wanted.index("python3 -m venv .venv")] = make
    wanted.remove("source .venv/bin/activate")
    assert COMMANDS[4:11] == wanted
    assert re.fullmatch(r"py -3\.\d+ -m venv \.venv", make)
    (test,) = (c for c in COMMANDS if c.endswith("python -m pytest") and "&&" in c)
    assert README.index(test) < README.index(f"{python} -m pytest"), ".ci/run takes the first"


def minors() -> list[int]:
    """Return the versions 3.x of Python that pyproject.toml allows."""
    allowed = SpecifierSet(PROJECT["requires-python"])
    return [minor for minor in range(50) if allowed.contains(f"3.{minor}.2")]


def test_the_front_page_promises_the_pythons_and_systems_that_can_be_installed():
    lowest, highest = f"3.{minors()[0]}", f"3.{minors()[-1]}"
    assert minors() == [11, 12, 13, 14], "torch 2.13 has wheels for 3.10 to 3.14"
    assert f"You need git and Python {lowest} to {highest} on Linux, on a Mac" in README
    assert f"py -{highest} -m venv" in README
    torch = re.search(r"^torch==(\d+\.\d+)", "\n".join(lines("requirements.txt")), re.M)[1]
    (floor,) = (need for need in PROJECT["dependencies"] if need.startswith("torch>="))
    assert torch in SpecifierSet(floor.removeprefix("torch"))
    beyond = f"Intel Macs, Windows on ARM, or Python 3.{minors()[-1] + 1}"
    assert f"PyTorch {torch} has no version for {beyond}" in README
    said = [c.split(" :: ")[-1] for c in PROJECT["classifiers"]]
    assert said == ["MacOS", "Windows", "Linux", *(f"3.{minor}" for minor in minors())]
    tried = {
        job: step["with"]["python-version"]
        for job, about in WORKFLOW["jobs"].items()
        for step in about["steps"]
        if "python-version" in step.get("with", {})
    }
    assert tried.pop("newest") == highest
    assert set(tried.values()) == {lowest}


def test_the_first_screen_says_in_one_sentence_what_a_gan_is():
    before, _ = README.split("![", 1)
    (sentence,) = [line for line in before.splitlines() if line and line[0] not in "#<["]
    assert "A GAN, short for *generative adversarial network*, is" in sentence
    assert sentence.count(".") == 1


def test_the_command_that_trains_is_understood():
    from gan_edu.train import _parser

    (command,) = (c for c in COMMANDS if "gan_edu.train" in c)
    options = _parser().parse_args(shlex.split(command)[3:])
    assert options.seconds == 60
    assert str(options.out) == "run"
    for flag in ("--resume", "--grade"):
        assert flag in README
        _parser().parse_args([*shlex.split(command)[3:], flag])


def test_a_link_to_the_outside_stands_in_one_place():
    outside = re.findall(r"\]\((https?:[^)]+)\)", README + BIBLIOGRAPHY)
    assert len(set(outside)) == len(outside) > 10


def test_every_relative_link_of_every_text_leads_somewhere():
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "site").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target.split("#")[0]).exists(), f"{path.name}: {target}"


# The address


def addresses(text: str) -> set[str]:
    """Return all owner/name that links to GitHub and to what reads from it contain."""
    direct = r"(?:github\.com/|research\.google\.com/github/|mybinder\.org/v2/gh/)([\w.-]+/[\w.-]+)"
    pages = re.findall(r"([\w-]+)\.github\.io/([\w-]+)", text)
    return set(re.findall(direct, text)) | {"/".join(page) for page in pages}


def test_all_that_repeats_the_address_agrees_with_it():
    texts = [CONTRIBUTING, README, *(s.read_text(encoding="utf-8") for s in SOURCES)]
    assert [addresses(text) - {OWNER} for text in texts] == [set()] * len(texts)
    assert README.count(OWNER) >= 2


def test_another_address_is_found_out():
    colab = "https://colab.research.google.com/github/else/where/blob/main/a.ipynb"
    for link in ("https://github.com/else/where", colab, "https://else.github.io/where/"):
        assert addresses(f"[a]({link})") == {"else/where"}


# Colab


@every_chapter
def test_the_badge_below_the_title_opens_this_chapter(path):
    first = cells(path, "markdown")[0]
    link = f"https://colab.research.google.com/github/{OWNER}/blob/main/notebooks/{path.stem}.ipynb"
    badge = f"[Open this chapter in Google Colab]({link})"
    assert first.splitlines()[2] == badge


def colab_cell(path: Path) -> str:
    cell = jupytext.read(path).cells[1]
    assert cell.metadata["tags"] == ["remove-cell"], "not on the web page"
    assert cell.metadata["jupyter"] == {"source_hidden": True}, "folded in JupyterLab"
    assert len(cell.source.splitlines()) <= 4
    return cell.source


class Shell:
    """What `get_ipython()` returns, on Colab or elsewhere; it notes the magics it is asked for."""

    def __init__(self, name: str):
        self.name, self.asked = name, []

    def __str__(self) -> str:
        return f"<{self.name} object at 0x7f>"

    def run_line_magic(self, name: str, line: str) -> None:
        self.asked.append((name, line))


@every_chapter
def test_elsewhere_the_colab_cell_does_nothing(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "google", None)  # an import of it would fail
    shell, names = Shell("ipykernel.zmqshell.ZMQInteractiveShell"), {}
    exec(colab_cell(path), {"get_ipython": lambda: shell}, names)
    assert not shell.asked
    assert not names


@every_chapter
def test_on_colab_it_installs_the_course_without_its_torch_and_turns_widgets_on(path, monkeypatch):
    turned_on = []
    output = SimpleNamespace(enable_custom_widget_manager=lambda: turned_on.append(True))
    colab = SimpleNamespace(output=output)
    monkeypatch.setitem(sys.modules, "google", SimpleNamespace(colab=colab))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    shell = Shell("google.colab._shell.Shell")
    exec(colab_cell(path), {"get_ipython": lambda: shell})
    assert turned_on == [True]
    ((magic, line),) = shell.asked
    options = list(shlex.shlex(line, posix=True, punctuation_chars=True))  # splits a bare > off
    assert magic == "pip"
    assert ">" not in options, "a shell would write to a file"
    assert "--no-deps" in options
    widgets = next(need for need in PROJECT["dependencies"] if need.startswith("ipywidgets"))
    assert shlex.split(line)[-6:] == [
        "pooch", "anywidget", "psygnal", "comm", widgets, f"git+{ADDRESS}"
    ]  # fmt: skip


# Binder, GitHub, and what they install


def lines(path: str) -> list[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_binder_installs_the_pinned_set_without_a_local_line():
    assert lines(".binder/requirements.txt") == [
        line for line in lines("requirements.txt") if line != "-e ."
    ]
    assert all("==" in line for line in lines(".binder/requirements.txt"))
    (python,) = lines(".binder/runtime.txt")
    assert python == f"python-3.{minors()[0]}"
    assert lines(".binder/postBuild")[-1] == "python -m pip install --no-deps -e ."
    assert os.name == "nt" or os.access(ROOT / ".binder/postBuild", os.X_OK)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Binder is a Linux")
def test_binder_s_steps_in_binder_s_order_give_a_course_that_runs(tmp_path):
    folder, course = tmp_path / "before", tmp_path / "course"
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv/bin/python")
    (folder / ".binder").mkdir(parents=True)  # repo2docker copies the one file, before the rest
    shutil.copy(ROOT / ".binder/requirements.txt", folder / ".binder")
    install = [python, "-m", "pip", "install", "-q", "--no-cache-dir", "-r"]
    subprocess.run([*install, ".binder/requirements.txt"], cwd=folder, check=True)
    subprocess.run(["git", "clone", "-q", str(ROOT), str(course)], check=True)
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PATH": path}
    subprocess.run(["./.binder/postBuild"], cwd=course, env=clean, check=True)
    execute = "import sys, nbformat, nbclient; n = nbformat.read(sys.argv[1], 4); "
    execute += "nbclient.NotebookClient(n, timeout=600).execute()"
    notebook = course / "notebooks" / NOTEBOOKS[0].name
    subprocess.run([python, "-c", execute, notebook], cwd=notebook.parent, env=clean, check=True)


def test_the_page_s_packages_are_those_of_the_extra_docs_and_what_the_api_is_read_with():
    page, course = lines("site/requirements.txt"), lines("requirements.txt")
    extra = PROJECT["optional-dependencies"]["docs"]
    assert [line for line in page if line in extra] == extra
    assert [line for line in page if line not in extra] == [
        line for line in course if re.match("(numpy|scipy)==", line)
    ]


def steps(job: str) -> list[str]:
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def test_github_runs_the_gate_the_front_page_s_command_and_the_page():
    (test,) = (c for c in COMMANDS if c.endswith("&& python -m pytest"))
    assert steps("gate") == [".ci/run"]
    assert steps("elsewhere") == [test]
    assert WORKFLOW["jobs"]["elsewhere"]["strategy"]["matrix"]["os"] == [
        "macos-latest",
        "windows-latest",
    ]
    newest = test.replace("install -r requirements.txt ", "install --upgrade ")
    assert steps("newest") == [newest], "no pins"
    for job, file in (("lowest", "CONTRIBUTING.md"), ("weaknesses", "SECURITY.md")):
        said = (ROOT / file).read_text(encoding="utf-8")
        for command in steps(job):
            assert command.split("pip-audit && ")[-1] in said, f"{file} says another command"
    *page, moving, lite = steps("page")
    assert page == ["python -m pip install -r site/requirements.txt", BUILD]
    assert lite.endswith("python -m tools.lite")
    assert moving.endswith("python -m tools.moving")
    assert f"{moving}\n{lite}" in CONTRIBUTING
    assert "schedule" in WORKFLOW[True], "YAML reads `on` as true"
    assert BUILD.endswith(WORKFLOW["jobs"]["page"]["steps"][-1]["with"]["path"])


def test_the_page_is_published_after_the_gate_and_never_from_a_pull_request():
    publish = WORKFLOW["jobs"]["publish"]
    assert publish["needs"] == ["gate", "page"]
    assert "github.event_name != 'pull_request'" in publish["if"]
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert WORKFLOW["permissions"] == {"contents": "read"}


# The web page itself


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Build the page as CONTRIBUTING.md says, into a folder of its own, without a network."""
    folder = tmp_path_factory.mktemp("page")
    command = BUILD.replace("build/", f"{folder.as_posix()}/")
    nowhere = dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"], "http://127.0.0.1:9")
    start = time.perf_counter()
    built = subprocess.run(
        [sys.executable, *shlex.split(command)[1:]],
        cwd=ROOT,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-3000:]
    assert time.perf_counter() - start < 120
    return folder / "site"


def pages(page: Path) -> list[Path]:
    return sorted([*page.glob("notebooks/**/*.html"), *page.glob("site/**/*.html")])


def test_every_chapter_has_its_page_in_order(page):
    index = (page / "site/index.html").read_text(encoding="utf-8")
    navigation = re.findall(
        r'toctree-l1"><a class="reference internal" href="([^"]+)">([^<]+)<', index
    )
    expected = [f"../notebooks/{n.stem}.html" for n in NOTEBOOKS]
    others = ["games.html", "glossary.html", "bibliography.html", "api.html"]
    chinese = ["zh/index.html", *(f"../notebooks/zh/{n.stem}.html" for n in CHINESE)]
    chinese.append("zh/games.html")
    assert [link for link, _ in navigation] == [*expected, *others, *chinese]
    for link, title in navigation:
        number = f"{Path(link).stem[:2]} "
        assert link in (*others, chinese[0], chinese[-1]) or title.startswith(number)
    assert index.index("中文版") < index.index(f'href="{chinese[0]}"')
    assert 'url=site/index.html"' in (page / "index.html").read_text(encoding="utf-8")


def test_each_page_leads_to_the_repository_and_each_chapter_to_where_it_runs(page):
    for path in pages(page):
        links = re.findall(r'href="(https://[^"]+)"', path.read_text(encoding="utf-8"))
        assert ADDRESS in links, path.name
    for notebook in (*NOTEBOOKS, *CHINESE):
        where = notebook.relative_to(ROOT).as_posix()
        text = (page / where).with_suffix(".html").read_text(encoding="utf-8")
        assert f"https://mybinder.org/v2/gh/{OWNER}/main?urlpath=lab/tree/{where}" in text
        assert f"https://colab.research.google.com/github/{OWNER}/blob/main/{where}" in text
        plays = f"/lite/lab/index.html?path={where.removeprefix('notebooks/')}" in text
        assert plays == (notebook.name[:2] in ("00", "01", "02", "03"))
    front = (page / "site/index.html").read_text(encoding="utf-8")
    assert f"https://mybinder.org/v2/gh/{OWNER}/" in front
    assert f"git clone {ADDRESS}" in html.unescape(re.sub("<[^>]+>", "", front))


@pytest.mark.browser
@pytest.mark.parametrize("folder", ["", "zh/"])
@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (900, "dark")])
def test_the_first_screen_moves_and_says_where_to_go_on(page, browser, folder, width, mode):
    front = page / "site" / folder / "index.html"
    tab, notes = visit(browser, front, width, mode)
    assert not notes
    tab.set_viewport_size({"width": width, "height": 800})
    picture, buttons = tab.locator("article img").first, tab.locator(".buttons a")
    assert re.search(r"game\d*\.webp$", picture.get_attribute("src"))
    for part in (picture, *buttons.all()):
        box = part.bounding_box()
        assert box["y"] + box["height"] <= 800
    links = [link.get_attribute("href") for link in buttons.all()]
    play, install, teach, games, code = links
    assert play.endswith(f"/lite/lab/index.html?path={folder}{NOTEBOOKS[0].name}")
    assert f"git clone {ADDRESS}" in tab.locator(install).inner_text()
    assert "classroom.slides" in tab.locator(teach).inner_text()
    assert (front.parent / games).exists()
    assert code == ADDRESS
    tab.close()


SWITCH = re.compile(
    r'<a class="btn btn-sm language-switch" href="([^"]*)" lang="(.*?)" hreflang="(.*?)">(.*?)<'
)


def test_each_chapter_says_its_language_and_leads_to_itself_in_the_other(page):
    assert [path.name for path in CHINESE] == [path.name for path in NOTEBOOKS]
    for folder, own, other in (("zh/", "zh-CN", "en"), ("", "en", "zh-CN")):
        for path in NOTEBOOKS:
            name = f"{path.stem}.html"
            text = (page / "notebooks" / folder / name).read_text(encoding="utf-8")
            assert f'<html lang="{own}"' in text
            ((link, *codes, _words),) = SWITCH.findall(text)
            assert codes == [other, other]
            assert link == (f"../{name}" if folder else f"zh/{name}")


def test_the_page_of_the_api_says_of_each_public_function_what_it_does(page):
    text = (page / "site/api.html").read_text(encoding="utf-8")
    modules = re.findall(r"automodule:: gan_edu\.(\w+)", (ROOT / "site/api.md").read_text("utf-8"))
    tops = {path.stem for path in (ROOT / "gan_edu").glob("[a-z]*.py")}
    inner = {"browser", "files", "language", "record", "train"}  # a learner imports none of these
    assert {*modules} == tops - inner
    for module in modules:
        source = (ROOT / "gan_edu" / f"{module}.py").read_text(encoding="utf-8")
        names = re.findall(r"^(?:def|class) ([A-Za-z]\w*)", source, re.MULTILINE)
        for name in getattr(importlib.import_module(f"gan_edu.{module}"), "__all__", names):
            assert f'id="gan_edu.{module}.{name}"' in text, f"{module}.{name} is not there"
    assert "PROBLEMATIC" not in text.upper(), "all docstrings are understood"


def test_every_link_and_every_file_of_the_page_is_there(page):
    for path in pages(page):
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r'\s(?:href|src)="([^"]*)"', text):
            target, _, anchor = unquote(html.unescape(link)).partition("#")
            target = target.split("?")[0]
            if re.match(r"https?:|data:|mailto:", target):
                continue
            assert (path.parent / target).exists(), f"{path.name}: {link}"
            if anchor and target in ("", path.name):
                assert f'id="{anchor}"' in text, f"{path.name}: {link}"


def test_the_page_asks_nobody_for_anything(page):
    for path in pages(page):
        text = path.read_text(encoding="utf-8")
        asked = re.findall(
            r"<(?:script|img|iframe|source|video)\b[^>]*\ssrc=\"(?:https?:)?//", text
        )
        asked += re.findall(r"<link\b[^>]*\shref=\"(?:https?:)?//", text)
        assert not asked, path.name


def test_every_picture_of_the_page_has_its_alternative_text(page):
    for path in (*NOTEBOOKS, *CHINESE):
        where = path.relative_to(ROOT).with_suffix(".html")
        text = (page / where).read_text(encoding="utf-8")
        article = text.split("<article")[1].split("</article")[0]
        seen = [html.unescape(alt) for alt in re.findall(r'<img\b[^>]*\balt="([^"]*)"', article)]
        assert len(seen) == article.count("<img")
        saved = [
            picture.alt
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", [])
            for picture in shown.pictures(output.get("data", {}))
        ]
        assert not set(saved) - set(seen)
        assert all(shown.says_something(alt) and not alt.endswith(".png") for alt in seen)


# What is cut off at the right or the left of the screen, and in no box that can be scrolled.
CUT = """() => {
    const width = document.documentElement.clientWidth, box = e => e.getBoundingClientRect();
    const inside = e => box(e).left >= -1 && box(e).right <= width + 1;
    const parents = e => e.parentElement ? [e.parentElement, ...parents(e.parentElement)] : [];
    const reaches = (p, e) => ['auto', 'scroll'].includes(getComputedStyle(p).overflowX)
        && inside(p) && box(e).left - box(p).left + p.scrollLeft > -2;
    const parts = 'article :is(table, pre, img, mjx-math, h1, h2, h3, p)';
    return [...document.querySelectorAll(parts)]
        .filter(e => box(e).width && !inside(e) && !parents(e).some(p => reaches(p, e)))
        .map(e => e.tagName + ': ' + e.textContent.slice(0, 50));
}"""
READY = (
    "() => window.MathJax?.startup?.promise?.then(() => true) ?? !document.querySelector('.math')"
)


def visit(browser, path: Path, width: int, mode: str):
    """Open a page from the disk; refuse what it wants from outside. Return tab and complaints."""
    tab, notes = new_tab(browser, width, mode)
    show(tab, path)
    return tab, notes


def new_tab(browser, width: int, mode: str):
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=mode)
    notes = []
    tab.route(
        lambda url: not url.startswith(("file:", "data:", "blob:")),
        lambda route: (notes.append(route.request.url), route.abort()),
    )
    tab.on("pageerror", lambda error: notes.append(str(error)))
    tab.on("requestfailed", lambda request: notes.append(request.url))
    return tab, notes


def show(tab, path: Path) -> None:
    tab.goto(path.as_uri())
    tab.wait_for_function(READY)


@pytest.mark.browser
def test_on_a_telephone_and_offline_each_page_is_whole(page, browser):
    tab, notes = new_tab(browser, 400, "light")  # one for all: each would start a process
    for path in pages(page):
        show(tab, path)
        assert not notes, path.name
        assert tab.evaluate("document.documentElement.scrollWidth") <= 400, path.name
        assert not tab.evaluate(CUT), path.name
        left = tab.locator("article").evaluate(
            "e => e.innerText.match(/\\$[^$\\n]*[\\\\^_][^$]*\\$/)"
        )
        assert not left, f"{path.name}: a formula is shown as text: {left}"
    tab.close()


@pytest.mark.browser
def test_on_a_wide_screen_in_the_dark_pictures_stay_readable(page, browser):
    tab, notes = visit(browser, page / "notebooks" / f"{NOTEBOOKS[2].stem}.html", 1400, "dark")
    assert not notes
    assert not tab.evaluate(CUT)
    style = "(e, name) => getComputedStyle(e)[name]"
    assert tab.locator("body").evaluate(style, "backgroundColor") == "rgb(18, 18, 18)"
    picture = tab.locator(".cell_output img").first
    assert picture.evaluate(style, "backgroundColor") == "rgb(255, 255, 255)"
    assert picture.evaluate(style, "filter") == "brightness(0.9)"
    shape = picture.evaluate("e => e.width / e.height - e.naturalWidth / e.naturalHeight")
    assert abs(shape) < 0.02
    tab.close()


@pytest.mark.browser
def test_the_search_finds_a_word_offline(page, browser):
    tab, notes = visit(browser, page / "search.html", 1000, "light")
    tab.goto(f"{(page / 'search.html').as_uri()}?q=Wasserstein")
    tab.wait_for_selector("#search-results li a")
    found = tab.locator("#search-results li a").all_inner_texts()
    assert any("distance" in title for title in found)
    assert not [note for note in notes if re.match("https?:", note)]  # excerpts need a server
    tab.close()
