"""What builds the course in a browser, and what stands there for PyTorch and for a folder."""

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gan_edu import browser, datasets
from gan_edu.chapters.ch00_forger_and_detective.installation import check_installation
from gan_edu.checking import guard
from tools import words
from tools.lite import files

ROOT = Path(__file__).parents[2]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def release(tmp_path, monkeypatch) -> Path:
    """A release of two packages, one of which needs the other, and one that nobody needs."""
    folder = tmp_path / "release"
    folder.mkdir()
    packages = {
        name: {"depends": needs, "file_name": f"{name}.whl", "sha256": sha256(name.encode())}
        for name, needs in {"one": ["t-wo"], "t-wo": [], "three": []}.items()
    }
    for name in packages:
        (folder / f"{name}.whl").write_bytes(name.encode())
    core = {files.LOCK: json.dumps({"packages": packages}).encode(), "pyodide.js": b"js"}
    for name, data in core.items():
        (folder / name).write_bytes(data)
    monkeypatch.setattr(files, "CORE", {name: sha256(data) for name, data in core.items()})
    return folder


def test_a_copy_of_pyodide_has_what_is_needed_and_no_more(release, tmp_path):
    lock = files.copy(files.reader(release), ["one"], tmp_path / "copy")
    there = {path.name for path in (tmp_path / "copy").iterdir()}
    assert there == {files.LOCK, "pyodide.js", "one.whl", "t-wo.whl"}
    assert set(lock["packages"]) == {"one", "t-wo"}


@pytest.mark.parametrize("name", [files.LOCK, "pyodide.js", "t-wo.whl"])
def test_a_file_that_was_changed_is_refused(release, tmp_path, name):
    path = release / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ValueError, match=f"{name} has the wrong checksum"):
        files.copy(files.reader(release), ["one"], tmp_path / "copy")


def test_a_wheel_of_ours_is_found_by_the_module_that_is_imported(tmp_path):
    wheel = tmp_path / "gan_edu-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    lock = {"packages": {}}
    (tmp_path / "to").mkdir()
    files.add(lock, wheel, tmp_path / "to", ["numpy"])
    entry = lock["packages"]["gan-edu"]
    assert (entry["imports"], entry["depends"]) == (["gan_edu"], ["numpy"])
    assert sha256((tmp_path / "to" / entry["file_name"]).read_bytes()) == entry["sha256"]


def test_the_list_of_fonts_gets_the_number_that_matplotlib_asks_for(tmp_path):
    path = tmp_path / "matplotlib.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("matplotlib/font_manager.py", "class A:\n    __version__ = 330\n")
        wheel.writestr("matplotlib/fontlist.json", '{"_version": 390, "ttflist": []}')
    mended = files.with_its_fonts(path.read_bytes())
    fonts = json.loads(files.unpacked(mended, "matplotlib/fontlist.json"))
    assert fonts == {"_version": 330, "ttflist": []}


CELLS = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in {cells!r}:
    print("---")
    shell.run_cell(cell, store_history=True)
"""


def said(tmp_path, *cells: str) -> list[str]:
    """Return what each cell prints where the stand-in is PyTorch."""
    shutil.copy(ROOT / "tools" / "lite" / "torch.py", tmp_path)
    command = [sys.executable, "-c", CELLS.format(cells=cells)]
    paths = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "HOME": str(tmp_path), "PATH": ""}
    ran = subprocess.run(command, cwd=tmp_path, env=paths, capture_output=True, text=True)
    assert not ran.returncode, ran.stderr
    return ran.stdout.split("---\n")[1:]


NOTE = "<IPython.core.display.HTML object>"


def test_cells_that_need_pytorch_say_so_and_others_run(tmp_path):
    found = said(
        tmp_path,
        "import torch\nfrom torch import nn",
        "class Net(nn.Module):\n    def forward(self, x): return torch.relu(x)",
        "start, fits = 1, {}\nfor n in range(3):\n    fits[n] = Net()",
        "print(start)",
        "print(fits)",
        "print(fitz)",
        "1 / 0",
        "fits = 2\nprint(fits)",
    )
    quiet, defined, needs, runs, lacks, mistyped, wrong, again = found
    assert (quiet, defined, runs, again) == ("", "", "1\n", "2\n")
    assert NOTE in needs
    assert NOTE in lacks
    assert "NameError" in mistyped
    assert "ZeroDivisionError" in wrong


def test_a_translator_finds_what_a_cell_says_without_pytorch_and_what_grades():
    words_ = " ".join(str(message.id) for message in words.marked())
    for said_ in ("does not run in a browser", "Your lecturer's copy", "not right yet: see"):
        assert said_ in words_


def test_the_package_loads_without_pytorch_and_finds_no_settings_of_it(tmp_path):
    found = said(
        tmp_path,
        "from gan_edu import recipes, settings\n"
        "from gan_edu.chapters.ch03_neural_distance import exercises, scenes, values",
        "settings.reset()\nprint(recipes.EDGES[0])",
        "from gan_edu.exercises import check\ncheck('3.2', 0.25)",
        "recipes.line_match('normal')",
    )
    assert found[:2] == ["", "-5.0\n"]
    assert "✓" in found[2]
    assert NOTE in found[3]


@pytest.fixture
def page(tmp_path, monkeypatch) -> Path:
    """The folder beside a page, in a browser."""

    class Request:
        def open(self, method, url, later):
            self.path = tmp_path / url.removeprefix("http://here/lite/data/")

        def send(self):
            self.status = 200 if self.path.exists() else 404
            data = self.path.read_bytes() if self.path.exists() else b"<html>"
            self.response = types.SimpleNamespace(to_py=lambda: memoryview(data))

    location = types.SimpleNamespace(href="http://here/lite/extensions/kernel/worker.js")
    js = types.SimpleNamespace(XMLHttpRequest=types.SimpleNamespace(new=Request), location=location)
    monkeypatch.setitem(sys.modules, "js", js)
    monkeypatch.setattr(browser, "HERE", True)
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = np.column_stack([digits.data, digits.target])
    text = "\n".join(",".join(f"{value:.0f}" for value in row) for row in rows)
    (tmp_path / "digits.csv.gz").write_bytes(gzip.compress(text.encode()))
    return tmp_path


def test_in_a_browser_the_digits_beside_the_page_are_the_offline_digits(page, monkeypatch):
    monkeypatch.setattr(datasets, "_", lambda text: text.replace("no copy", "no *copy*"))
    found = datasets.load_mnist()
    assert "this page has no *copy* of it" in found.notice, "its reason is translated"
    monkeypatch.setattr(browser, "HERE", False)
    wanted = datasets.load_offline_digits()
    assert np.array_equal(found.images, wanted.images)
    assert np.array_equal(found.test_labels, wanted.test_labels)


def test_in_a_browser_a_damaged_file_beside_the_page_is_an_error(page):
    for name in datasets.FILES:
        (page / f"{name}.gz").write_bytes(b"\x1f\x8b damaged")
    with pytest.raises(ValueError, match="damaged gzip file"):
        datasets.load_mnist()


def test_in_a_browser_nothing_is_to_be_installed_and_no_alarm_clock_is_set(page, monkeypatch):
    assert "TO DO" not in repr(check_installation())
    monkeypatch.setattr(guard, "_alarm", None)
    assert guard._within(1.0, lambda: "found") == "found"
