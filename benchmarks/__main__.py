"""All benchmarks, and one table of what they have found.

    python -m benchmarks [game_speed slider_latency …]

Each is a script of its own beside this file, in a process of its own; it writes its ratios to the
file that `--json` names, with `ratios.report`. Returns 1 if a bar is missed. All of them take about
half an hour, on a machine that does nothing else.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import ratios
from gan_edu.files import print_in_any_encoding

SCRIPTS = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.py"))}
for helper in ("__main__", "ratios", "outside_classifier", "known_recipes"):
    del SCRIPTS[helper]


def measured(script: Path) -> list[ratios.Ratio]:
    """Run one benchmark, its words on the screen, and return its ratios."""
    print(f"--- {script.stem}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "ratios.json")
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.{script.stem}", "--json", result], check=True
        )
        return ratios.load(result)


def main(names: list[str]) -> int:
    if unknown := set(names).difference(SCRIPTS):
        sys.exit(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(SCRIPTS)}")
    print_in_any_encoding()
    found = [row for name in names or SCRIPTS for row in measured(SCRIPTS[name])]
    print("", ratios.table(found), sep="\n")
    return int(not all(row.met for row in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
