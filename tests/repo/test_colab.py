"""The course on Google Colab: every chapter runs on what Colab brings and its first cell adds."""

import json
import os
import re
import shlex
import subprocess
import venv
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py"))
# Colab's versions of August 2026, but for its torch (2.11, with gigabytes for GPUs) and its Python.
COLAB = (
    "numpy==2.0.2 scipy==1.16.3 scikit-learn==1.6.1 matplotlib==3.10.0 pillow==11.3.0 "
    "requests==2.32.4 tqdm==4.67.1 packaging==25.0 ipython==7.34.0 ipykernel==6.17.1 "
    "traitlets==5.7.1 jupyter-client==7.4.9 torch==2.13.0 nbclient==0.10.4"
)
ITS_WIDGETS = "--no-deps ipywidgets==7.7.1 ipython-genutils==0.2.0"

# Run the cells in a kernel that has Colab's module, and print what failed, what a cell with the
# check of the installation said, and how many widgets came from the kernel. A widget that cannot be
# displayed fails outside its cell, whose output it becomes: allow_errors sees both.
EXECUTE = """
import json, sys
import nbclient, nbformat

book = nbformat.v4.new_notebook()
cells = ["import sys, types; sys.modules['google.colab'] = types.ModuleType('google.colab')"]
cells += json.load(sys.stdin)
book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
nbclient.NotebookClient(book, timeout=600, allow_errors=True).execute()
outputs = [(cell.source, output) for cell in book.cells for output in cell.outputs]
wrong = [(s[:80], o.evalue) for s, o in outputs if o.output_type == "error"]
wrong += [(s[:80], o.text) for s, o in outputs if o.get("name") == "stderr"]
said = [o.get("data", {}).get("text/plain", "") for s, o in outputs if "installation" in s]
state = book.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
print(json.dumps([wrong, said, len(state.get("state", {}))]))
"""


def alone(**more: str) -> dict[str, str]:
    """Return the environment without what leads to this one's packages."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | more


@pytest.fixture(scope="module")
def colab(tmp_path_factory) -> str:
    """Return the Python of an environment like Colab's, after the first cell of a chapter."""
    folder = tmp_path_factory.mktemp("colab")
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python")
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "course")], check=True)
    wanted = re.search(r'need = "(.*)"', jupytext.read(CHAPTERS[0]).cells[1].source)[1]
    here = re.sub(r"git\+https://\S+", (folder / "course").as_posix(), wanted)
    for line in (COLAB, ITS_WIDGETS, f"--no-deps {here}"):
        install = [python, "-m", "pip", "install", "-q", *shlex.split(line)]
        subprocess.run(install, env=alone(), check=True)
    return python


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=[path.stem for path in CHAPTERS])
def test_each_chapter_runs_on_colab_s_versions(colab, chapter, tmp_path):
    cells = [cell.source for cell in jupytext.read(chapter).cells if cell.cell_type == "code"]
    ran = subprocess.run(
        [colab, "-c", EXECUTE],
        input=json.dumps(cells),
        cwd=tmp_path,
        env=alone(PYDEVD_DISABLE_FILE_VALIDATION="1"),
        capture_output=True,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stderr
    wrong, said, widgets = json.loads(ran.stdout.splitlines()[-1])
    assert not wrong
    assert widgets > 0, "they reach the page"
    for checklist in said:
        assert "TO DO" not in checklist, checklist
    assert bool(said) == chapter.stem.startswith("00")
