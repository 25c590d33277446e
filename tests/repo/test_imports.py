"""Who imports whom: the contracts in pyproject.toml hold, and each is broken by what it forbids."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.programs import printed

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    """Check the contracts of a folder's pyproject.toml on the package that lies beside it."""
    program = "from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
    )


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
)
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


COMMAND_LINE = """
import runpy, sys
sys.argv[1:] = ["--help"]
try:
    runpy.run_module("gan_edu.train", run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert not end.code
assert "gan_edu.training" in sys.modules
"""
GUESSING = """
from gan_edu.chapters.ch00_forger_and_detective import scenes as lab
shown = lab.detective_game()
shown.controls["real"].click(), shown.controls["generated"].click()
shown.reset()
assert not shown.errors.outputs
lab.check_installation()
"""
INVERSE_CDF = """
from gan_edu.chapters.ch01_inverse_cdf import scenes as lab
lab.drops_scene().figure(n=10), lab.modes_scene().figure(), lab.gap_scene().figure()
"""
HISTOGRAM_JS = """
from gan_edu.chapters.ch02_histogram_js import scenes as lab
for make in (lab.sample_scene, lab.kl_scene, lab.shift_scene, lab.bins_scene):
    make().figure()
"""
NEURAL_DISTANCE = """
from gan_edu.chapters import sign_card as signs
from gan_edu.chapters.ch03_neural_distance import pointwise, scenes
for make in (scenes.hand_scene, scenes.w1_scene, pointwise.point_scene, signs.sign_card):
    make().figure()
"""
LIGHT = {  # what starts quickly, and the modules that it must not load
    "datasets": ("import gan_edu.datasets", "torch sklearn scipy pooch requests matplotlib"),
    "exercises": ("import gan_edu.exercises", "torch matplotlib ipywidgets scipy"),
    "stage": ("import gan_edu.stage", "matplotlib.pyplot"),
    "train": (
        COMMAND_LINE,
        "ipywidgets anywidget IPython matplotlib gan_edu.stage gan_edu.chapters",
    ),
    "chapter 00": (GUESSING, "torch"),
    "chapter 01": (INVERSE_CDF, "torch scipy.stats scipy.interpolate"),
    "chapter 02": (HISTOGRAM_JS, "torch scipy.stats"),
    "chapter 03": (NEURAL_DISTANCE, "torch scipy.stats"),
}


@pytest.mark.parametrize("name", LIGHT)
def test_what_starts_quickly_loads_nothing_heavy(name):
    code, heavy = LIGHT[name]
    told = printed(f"{code}\nimport sys\nprint('LOADED', *sys.modules)")
    said, _, loaded = told.rpartition("LOADED ")
    assert not set(heavy.split()).intersection(loaded.split())
    assert ("--resume" in said) == (name == "train")
