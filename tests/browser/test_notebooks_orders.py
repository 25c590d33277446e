"""Notebooks as people run them: twice, out of order, interrupted, offline, on more threads.

The gate takes one chapter, which trains for a moment, and all are in
`python -m pytest -m slow -n 0 tests/browser/test_notebooks_orders.py`.
"""

import ast
import asyncio
import contextlib
import hashlib
import os
import re
import threading
from datetime import datetime
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.helpers.lab import with_few_iterations

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted((FOLDER / "source").glob("[0-9]*.py"))
EXPERIMENT = re.compile(r"\bstage\.(explore|play|predict|watch)\(")
TRAINING = re.compile(r"\btrain\(|\bplay_iteration\(\)$|\.run\(\d+\)|\bafter\(\d+", re.MULTILINE)
NAME_OF_A_STILL = re.compile("gan-still-[0-9a-f]{32}")  # new with each figure, and never seen
IN_THE_GATE = "06 shortly"
# A kernel that speaks to this machine alone.
CLOSED = """
import socket
def local_only(self, address, connect=socket.socket.connect):
    here = self.family == socket.AF_UNIX or address[0].startswith(("127.", "::1", "localhost"))
    if not here:
        raise OSError("the network is closed")
    return connect(self, address)
socket.socket.connect = local_only
"""

WHICH = {path.name[:2]: (path, False) for path in SCRIPTS} | {"06 shortly": (SCRIPTS[6], True)}
every_notebook = pytest.mark.parametrize(
    ("path", "few"),
    [
        pytest.param(*which, id=name, marks=[] if name == IN_THE_GATE else pytest.mark.slow)
        for name, which in WHICH.items()
    ],
)
slowly_every_notebook = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


class Kernel:
    """A running kernel for a notebook's code cells, which are run one by one, in any order."""

    def __init__(self, path: Path, few: bool = False):
        notebook = jupytext.read(path)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        resources = {"metadata": {"path": FOLDER}}
        self.client = NotebookClient(
            notebook,
            timeout=600,
            resources=resources,
            store_widget_state=False,
            coalesce_streams=True,
        )
        self.cells = {i: c for i, c in enumerate(notebook.cells) if c.cell_type == "code"}
        for cell in self.cells.values() if few else ():
            cell.source = with_few_iterations(cell.source)

    def run(self, number: int) -> list:
        """Run a cell; return its outputs, or the name and the words of what it has raised."""
        try:
            self.client.execute_cell(self.cells[number], number)
        except CellExecutionError as error:
            return [error.ename, error.evalue]
        return essence(self.cells[number].outputs)

    def run_all(self) -> dict[int, list]:
        return {number: self.run(number) for number in self.cells}

    def interrupt_after(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, lambda: asyncio.run(self.client.km.interrupt_kernel()))
        timer.start()
        return timer

    def seconds(self, number: int) -> float:
        """Return how long a cell took the last time."""
        times = self.cells[number].metadata.execution
        start, end = (times[k] for k in ("iopub.execute_input", "shell.execute_reply"))
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


@contextlib.contextmanager
def kernel(path: Path, few: bool = False, **variables: str):
    here = Kernel(path, few)
    with here.client.setup_kernel(env={**os.environ, **variables}):
        yield here


def essence(outputs: list) -> list:
    """Return what a reader sees: printed words, and pictures by their exact bytes."""
    seen = []
    for output in outputs:
        data = output.get("data", {})
        if output.output_type == "stream":
            seen.append((output.name, output.text))
        for kind in ("text/html", "text/markdown"):
            if kind in data:
                shown = NAME_OF_A_STILL.sub("", data[kind])
                seen.append((kind, hashlib.sha256(shown.encode()).hexdigest()))
        if "text/plain" in data and not any(kind.startswith("application/vnd.") for kind in data):
            seen.append(("text/plain", data["text/plain"]))
    return seen


def errors(found: dict[int, list], few: bool = False) -> dict[int, list]:
    """Return what was raised. After few iterations what a cell asserts of them need not hold."""
    raised = {number: seen for number, seen in found.items() if seen and isinstance(seen[0], str)}
    return {number: e for number, e in raised.items() if not few or e[0] != "AssertionError"}


def differing(one: dict[int, list], other: dict[int, list]) -> dict:
    return {number: (one[number], other[number]) for number in one if one[number] != other[number]}


@every_notebook
def test_it_runs_twice_and_in_another_kernel_with_the_same_numbers_bit_for_bit(path, few):
    """In the other one each training is interrupted first, and each experiment run once more."""
    with kernel(path, few) as here:
        first = here.run_all()
        long = {n: here.seconds(n) for n, c in here.cells.items() if TRAINING.search(c.source)}
        second = here.run_all()
    assert errors(first, few) == {}
    assert differing(first, second) == {}
    long = {number: seconds for number, seconds in long.items() if seconds > 0.5}
    stopped = []
    with kernel(path, few) as there:
        for number, cell in there.cells.items():
            if number in long:
                soon = min(0.4, long[number] / 2)  # a second time may be quicker
                timer = there.interrupt_after(soon)
                seen = there.run(number)
                timer.join()
                stopped += [number] if seen[:1] == ["KeyboardInterrupt"] else []
            for _ in range(2 if EXPERIMENT.search(cell.source) else 1):
                assert there.run(number) == first[number], cell.source
    assert len(stopped) >= len(long) / 2


@every_notebook
def test_a_cell_that_is_run_again_at_once_raises_nothing(path, few):
    """It may draw other random numbers; those of later cells are other ones then, too."""
    with kernel(path, few) as here:
        for number, cell in here.cells.items():
            for _ in range(2):
                assert errors({number: here.run(number)}, few) == {}, cell.source


@every_notebook
def test_without_its_experiments_only_what_needs_them_stops_and_says_which_name(path, few):
    lost = set()
    with kernel(path, few) as here:
        for number, cell in here.cells.items():
            seen = ["NameError", ""] if EXPERIMENT.search(cell.source) else here.run(number)
            if errors({number: seen}, few):
                assert seen[0] == "NameError", (cell.source, seen)
                name = re.search(r"'(\w+)'", seen[1])
                assert name is None or name[1] in lost, (cell.source, seen)
                lost |= names_of(cell.source)
    assert lost


def names_of(source: str) -> set[str]:
    """Return the names that a cell binds."""
    nodes = list(ast.walk(ast.parse(re.sub(r"^%.*", "", source, flags=re.MULTILINE))))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return bound | {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def without_network(folder: Path) -> dict[str, str]:
    """Return variables of a kernel that speaks to this machine alone, and has an empty cache."""
    (folder / "sitecustomize.py").write_text(CLOSED, encoding="utf-8")
    return {
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


# What the gate does not run whole: chapter 05 without MNIST, and the playground in Chinese.
SHORTLY = {"no MNIST": SCRIPTS[5], "Chinese": FOLDER / "zh" / f"{SCRIPTS[7].stem}.ipynb"}


@pytest.mark.parametrize("how", SHORTLY)
def test_each_cell_runs_with_the_network_closed_after_few_iterations(how, tmp_path):
    """Nbval runs the English chapters whole, as far as there is MNIST."""
    variables = without_network(tmp_path) | ({"GAN_EDU_MNIST": ""} if how == "no MNIST" else {})
    with kernel(SHORTLY[how], few=True, **variables) as here:
        assert errors(here.run_all(), few=True) == {}


@pytest.mark.slow
@slowly_every_notebook
@pytest.mark.parametrize("mnist", [True, False], ids=["MNIST", "no MNIST"])
def test_it_runs_with_the_network_closed(path, mnist, tmp_path):
    if mnist and not os.environ.get("GAN_EDU_MNIST"):
        pytest.skip("no MNIST: name its folder in GAN_EDU_MNIST")
    variables = without_network(tmp_path) | ({} if mnist else {"GAN_EDU_MNIST": ""})
    with kernel(path, **variables) as here:
        assert errors(here.run_all()) == {}


@pytest.mark.slow
@slowly_every_notebook
def test_two_threads_print_the_same_where_the_text_is_checked(path):
    with kernel(path, OMP_NUM_THREADS="1") as one, kernel(path, OMP_NUM_THREADS="2") as two:
        found = one.run_all(), two.run_all()
    assert [errors(each) for each in found] == [{}, {}]
    checked = {
        number
        for number, cell in one.cells.items()
        if "nbval-check-output" in cell.metadata.get("tags", [])
    }
    assert {n: found[0][n] for n in checked} == {n: found[1][n] for n in checked}
