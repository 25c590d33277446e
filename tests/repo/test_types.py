"""The types of the package: a checker has nothing to say, and would if there were anything."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRONG = ("js('p', [0.5], 1, 2)", "kl([1.0], [1.0]).nothing")


def test_the_types_agree_and_two_wrong_ones_beside_them_are_seen(tmp_path):
    """One run: the package, as its pyproject.toml says, and a module whose types are wrong."""
    imports = "from gan_edu.divergences import js, kl\n"
    (tmp_path / "wrong.py").write_text("\n".join([imports, *WRONG]), encoding="utf-8")
    both = {
        "extends": str(ROOT / "pyproject.toml"),
        "include": [str(ROOT / "gan_edu"), "wrong.py"],
        "extraPaths": [str(ROOT)],  # an editable installation hides behind an import hook
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(both), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )
    told = json.loads(result.stdout)
    found = [
        (Path(each["file"]).name, each["range"]["start"]["line"])
        for each in told["generalDiagnostics"]
    ]
    assert found == [("wrong.py", line) for line in range(2, 2 + len(WRONG))], result.stdout
    assert told["summary"]["filesAnalyzed"] > 80


def test_whoever_installs_the_package_gets_its_types():
    assert (ROOT / "gan_edu" / "py.typed").exists()
