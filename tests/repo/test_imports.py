"""Who imports whom: the contracts in pyproject.toml hold, and each is broken by what it forbids."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    """Check the contracts of a folder's pyproject.toml on the package that lies beside it."""
    program = "from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True, encoding="utf-8",
    )  # fmt: skip


def test_every_contract_is_kept():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Contracts: 5 kept, 0 broken." in result.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "gan_edu", folder / "gan_edu", ignore=lambda *_: ["__pycache__"])
    return folder


LAYERS = "A module imports from the layers below it only, and each has its layer BROKEN"
CHAPTERS = "A chapter knows no other chapter; what two share lies below them BROKEN"
EXACT = "Exact answers need no network, no picture and no notebook BROKEN"
PLAYERS = "What plays, grades and trains draws nothing BROKEN"
CYCLES = "No two packages, and no two modules of one, import each other BROKEN"


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("stage/paper", "import gan_edu.chapters.sign_card", LAYERS),
        ("checking/prose", "from gan_edu.chapters.ch01_inverse_cdf import scenes", LAYERS),
        ("checking/prose", "from gan_edu import stage", LAYERS),
        ("losses", "import gan_edu.training", LAYERS),
        ("games", "import gan_edu.divergences", LAYERS),
        ("language", "import gan_edu.files", LAYERS),
        ("of_no_layer", "", LAYERS),
        ("chapters/ch01_inverse_cdf/scenes", "import gan_edu.chapters.ch06_summary", CHAPTERS),
        ("chapters/sign_card", "import gan_edu.chapters.ch04_adversarial_game.duel", CHAPTERS),
        ("chapters/of_no_layer", "", CHAPTERS),
        ("games", "def late():\n    import torch", EXACT),
        ("divergences", "from matplotlib import pyplot", EXACT),
        ("metrics", "def late():\n    from IPython.display import display", PLAYERS),
        ("losses", "import ipywidgets", PLAYERS),
        ("train", "from gan_edu.stage.artists import bars", PLAYERS),
        ("train", "import gan_edu.chapters.sign_card", PLAYERS),
        ("checking/exercise", "import gan_edu.checking.slips", CYCLES),
        ("chapters/ch04_adversarial_game/duel", "from . import duel, exercises", None),
    ],
)  # fmt: skip
def test_what_a_contract_forbids_breaks_it(copy, module, line, broken):
    path = copy / "gan_edu" / f"{module}.py"
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        result = lint_imports(copy)
    finally:
        path.write_text(before, encoding="utf-8") if before is not None else path.unlink()
    assert result.returncode == bool(broken), result.stdout + result.stderr
    assert not broken or broken in result.stdout


def test_the_command_line_loads_neither_widgets_nor_pictures_nor_chapters():
    program = (
        "import atexit, runpy, sys\n"
        "atexit.register(lambda: print('LOADED', *sorted(sys.modules)))\n"
        "sys.argv[1:] = ['--help']\n"
        "runpy.run_module('gan_edu.train', run_name='__main__', alter_sys=True)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    told, _, loaded = result.stdout.rpartition("LOADED ")
    assert "--resume" in told
    modules = set(loaded.split())
    assert "gan_edu.training" in modules
    unwanted = ("ipywidgets", "anywidget", "IPython", "matplotlib", "gan_edu.stage")
    assert not modules.intersection([*unwanted, "gan_edu.chapters"])
