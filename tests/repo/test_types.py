"""The types of the package: a checker has nothing to say, and would if there were anything."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def checked(folder: Path) -> subprocess.CompletedProcess:
    """Check the types in a folder, as its pyproject.toml says."""
    return subprocess.run(
        [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
    )


def test_the_types_agree():
    result = checked(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 errors, 0 warnings" in result.stdout


def test_a_wrong_type_is_seen(tmp_path):
    wrong = ("js('p', [0.5], 1, 2)", "kl([1.0], [1.0]).nothing")
    imports = "from gan_edu.divergences import js, kl\n"
    (tmp_path / "wrong.py").write_text("\n".join([imports, *wrong]), encoding="utf-8")
    settings = f'[tool.pyright]\ntypeCheckingMode = "basic"\nextraPaths = ["{ROOT.as_posix()}"]\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    result = checked(tmp_path)
    assert result.returncode == 1
    for line in range(3, 3 + len(wrong)):
        assert f"wrong.py:{line}:" in result.stdout


def test_whoever_installs_the_package_gets_its_types():
    assert (ROOT / "gan_edu" / "py.typed").exists()
