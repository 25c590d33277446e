"""What must never stand in the sources: code made of data, downloads unseen, open doors."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("gan_edu", "benchmarks", "classroom", "site", "notebooks", "tests", ".ci")
SOURCES = sorted(
    path
    for folder in OURS
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and (path.suffix == ".py" or path.name == "lowest")
)
UNPICKLERS = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
NETWORK = {"urllib.request", "requests", "httpx", "pooch", "socket", "http.client", "ftplib"}
# (file, what): why it may.
ALLOWED = {
    ("gan_edu/datasets.py", "imports pooch"): "the one download, checked by SHA-256",
    ("gan_edu/datasets.py", "imports requests"): "names the errors of that download",
    ("gan_edu/judging.py", "imports pooch"): "asks where the cache is",
    ("tests/test_datasets.py", "imports pooch"): "tests the download",
    ("tests/test_datasets.py", "imports socket"): "a mirror on this machine",
    ("tests/lab.py", "imports socket"): "finds a free port on this machine",
    ("tests/lab.py", "imports urllib.request"): "asks whether its own server is up",
    ("tests/test_judging.py", "imports pickle"): "makes the trap that must not spring",
    ("tests/test_exercises.py", "calls exec"): "runs a stub as a notebook's cell would be",
    ("tests/test_exercises.py", "calls eval"): "the same, its last line",
    ("tests/test_exercises.py", "calls compile"): "the same",
    ("tests/test_article.py", "calls exec"): "runs some of a notebook's own cells",
    ("tests/test_article.py", "calls compile"): "the same",
    ("tests/test_claims.py", "calls exec"): "runs a notebook's own cells with a part broken",
    ("tests/test_claims.py", "calls compile"): "the same",
    ("tests/test_labs_playground.py", "calls eval"): "evaluates the formulas of a table",
    ("tests/test_settings.py", "calls exec"): "runs the notebooks' imports",
    ("tests/test_copies.py", "calls exec"): "makes a lecturer's picture as its cell would",
    ("tests/test_corners.py", "calls exec"): "runs a notebook's imports",
    ("tests/test_corners.py", "calls eval"): "reads the ranges of a notebook's sliders",
    ("tests/test_corners.py", "calls compile"): "the same",
    ("tests/test_labs_histogram_js.py", "calls exec"): "runs the notebook's own cell",
    ("tests/test_labs_forger_and_detective.py", "imports socket"): "shuts the network off",
    ("tests/test_site.py", "calls exec"): "runs the setup cell as Colab would",
}


def name_of(node: ast.expr) -> str:
    """Return a name with its dots: torch.load, np.load, eval; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def is_set(call: ast.Call, keyword: str, value: bool) -> bool:
    return any(
        k.arg == keyword and isinstance(k.value, ast.Constant) and k.value.value is value
        for k in call.keywords
    )


def dangers_of_call(call: ast.Call) -> list[str]:
    name = name_of(call.func)
    dangers = {
        f"calls {name}": name in {"eval", "exec", "compile", "os.system", "os.popen"},
        "loads with torch, code too": name == "torch.load"
        and not is_set(call, "weights_only", True),
        "unpickles arrays": name.endswith(".load") and not_false(call, "allow_pickle"),
        "gives words to a shell": not_false(call, "shell"),
        "reads YAML that makes objects": name in {"yaml.load", "yaml.unsafe_load"},
    }
    return [danger for danger, there in dangers.items() if there]


def not_false(call: ast.Call, keyword: str) -> bool:
    given = any(k.arg == keyword for k in call.keywords)
    return given and not is_set(call, keyword, False)


def dangers(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        for name in imported(node):
            if name.split(".")[0] in UNPICKLERS or name in NETWORK:
                found.add(f"imports {name}")
        if isinstance(node, ast.Call):
            found.update(dangers_of_call(node))
        if isinstance(node, ast.Constant) and node.value in ("0.0.0.0", "::", "*:0"):
            found.add("listens to everyone")
    return found


def test_there_is_something_to_read():
    assert len(SOURCES) > 100


def test_no_source_makes_code_of_data_or_asks_the_network():
    found = {
        (str(path.relative_to(ROOT)), danger)
        for path in SOURCES
        for danger in dangers(path.read_text(encoding="utf-8"))
        if path != Path(__file__)
    }
    assert found == set(ALLOWED), "and an exception that is no longer needed goes"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib",
        "eval(text)",
        "def f():\n    exec(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "numpy.load(path, allow_pickle=yes)",
        "subprocess.run(command, shell=True)",
        "os.system(command)",
        "yaml.load(text, Loader)",
        "from urllib.request import urlopen",
        "from urllib import request",
        "import requests",
        "server.bind(('0.0.0.0', 80))",
    ],
)
def test_each_danger_is_seen(line):
    assert dangers(line)


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(file, weights_only=True)",
        "np.load(path)['images']",
        "network.eval()",
        "yaml.safe_load(text)",
        "subprocess.run([program], check=True)",
        "from urllib.parse import urlsplit",
    ],
)
def test_what_is_harmless_is_left_alone(line):
    assert not dangers(line)


def test_every_server_of_ours_stays_on_this_machine():
    started = (ROOT / "tests" / "lab.py").read_text(encoding="utf-8")
    assert "--ServerApp.ip=127.0.0.1" in started
    assert "--Voila.ip=127.0.0.1" in started
