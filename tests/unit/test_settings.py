"""Global settings of PyTorch and NumPy that somebody has changed: the course's numbers stay."""

import ast
import contextlib
import hashlib
import locale
from collections.abc import Iterator

import nbformat
import numpy as np
import pytest
import torch

from gan_edu import divergences, games, settings
from gan_edu.chapters.ch05_mnist_gan.scenes import great_circle
from gan_edu.chapters.ch06_summary.scenes import one_iteration
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.distributions import exponential, mixture, normal
from gan_edu.metrics import DigitClassifier
from gan_edu.networks import mlp
from gan_edu.recipes import digit_game, draw, fresh_noise, line_match
from tests.browser.test_notebooks_orders import SCRIPTS, Kernel, kernel
from tests.helpers.playing import played
from tests.helpers.programs import ROOT, printed

CHANGES = {
    "float64": "torch.set_default_dtype(torch.float64)",
    "no gradients": "torch.set_grad_enabled(False)",
    "deterministic": "torch.use_deterministic_algorithms(True)",
    "another seed": "torch.manual_seed(7); np.random.seed(7)",
    "NumPy's errors": "np.seterr(all='raise')",
    "NumPy prints": "np.set_printoptions(precision=2, suppress=True, threshold=5, linewidth=40)",
    "PyTorch prints": "torch.set_printoptions(precision=1, threshold=5, sci_mode=True)",
}
OUTSIDE = {  # what `settings.reset` leaves to its owner, and the chapters must bear
    "warnings": "import warnings; warnings.simplefilter('error')",
    "decimal comma": "import locale; locale.setlocale(locale.LC_ALL, COMMA)",
}
# Chapters begin with `settings.reset()`; what could not be undone later is not for these tests.
ALL = "; ".join(["import numpy as np, torch", *CHANGES.values()])


def comma() -> str | None:
    """Return the name of an installed locale that writes one half as 0,5."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "pt_BR.UTF-8", "German_Germany.1252"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_ALL, name)
                return name
    finally:
        locale.setlocale(locale.LC_ALL, before)


@contextlib.contextmanager
def changed(code: str) -> Iterator[None]:
    try:
        exec(code, {"np": np, "torch": torch})
        yield
    finally:
        settings.reset()


def state() -> list:
    return [
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        np.geterr(),
        np.get_printoptions(),
        repr(torch.tensor([1e-5, 1 / 3])),
    ]


def digest(*tensors) -> str:
    arrays = [torch.as_tensor(tensor).detach().contiguous().numpy() for tensor in tensors]
    return hashlib.sha256(b"".join(str(a.dtype).encode() + a.tobytes() for a in arrays)).hexdigest()


def weights_of(match, iterations: int) -> str:
    played(match, iterations)
    return digest(*match.game.generator.parameters(), *match.game.discriminator.parameters())


def digits() -> str:
    game = digit_game(precision=torch.float32)
    x = torch.rand(64, 784, generator=torch.Generator().manual_seed(1), dtype=torch.float32)
    loss = game.step_discriminator(x, game.generate(64))[0]
    return digest(loss, draw(game, great_circle(*fresh_noise(2, seed=3), 5)))


def discriminator() -> str:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return digest(
            *DigitClassifier().parameters(), *mlp((2, 8, 1), spectral_norm=True).parameters()
        )


def slowly() -> str:
    playground = Playground(loss="wasserstein_gp")
    while not playground.iterations:
        playground.step_slowly()
    return digest(*playground.match.game.discriminator.parameters())


MADE = {
    "a line": lambda: weights_of(line_match("two_modes"), 5),
    "its marks": lambda: digest(_marked(line_match("normal", every=2)).history[-1].js),
    "many lines": lambda: weights_of(line_match("normal", copies=3), 2),
    "a playground": lambda: weights_of(Playground(loss="wasserstein_gp").match, 3),
    "in slow motion": slowly,
    "an iteration at its stops": lambda: digest(*_stops()),
    "digits": digits,
    "networks": discriminator,
}


def _marked(match):
    played(match, 4)
    return match


def _stops() -> list:
    match = line_match("normal")
    return [
        tensor for stop in one_iteration(match.game, match.x).values() for tensor in stop.values()
    ]


@pytest.mark.parametrize("made", MADE)
def test_what_the_package_trains_is_the_same_bit_for_bit(made):
    before = MADE[made]()
    for name, code in CHANGES.items():
        if (name, made) != ("no gradients", "digits"):  # its step is not asked for, its round is
            with changed(code):
                assert MADE[made]() == before, name


FAR, ENDS = np.linspace(-60, 60, 2001), np.array([0, 0.5, 1])
DISTRIBUTIONS = [normal(), exponential(), mixture([0.5, 0.5], [-3, 3], [0.1, 0.1])]


@pytest.mark.parametrize(
    "compute",
    [
        *(
            lambda distribution=distribution: np.hstack(
                [distribution.pdf(FAR), distribution.cdf(FAR), distribution.ppf(ENDS)]
            )
            for distribution in DISTRIBUTIONS
        ),
        lambda: DISTRIBUTIONS[2].sample(100, np.random.default_rng(0)),
        lambda: games.play(40.0, -40.0, 5),
        lambda: games.slope_non_saturating(30.0, 50.0),
        lambda: divergences.expected_js(1000, 20_000),
        lambda: divergences.js([1e-300, 1 - 1e-300], [1, 0]),
    ],
)
def test_an_exact_answer_is_no_error_where_a_tail_is_0(compute):
    expected = compute()
    with changed(CHANGES["NumPy's errors"]):
        np.testing.assert_array_equal(compute(), expected)


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "another seed"])
def test_reset_undoes_each_change(name):
    settings.reset()
    before = state()
    with changed(CHANGES[name]):
        assert state() != before
    assert state() == before


def test_reset_leaves_a_new_kernel_as_it_is():
    printed(
        "from tests.unit import test_settings as t; before = t.state(); t.settings.reset(); "
        "assert t.state() == before",
        PYTHONPATH=str(ROOT),
    )


TENSORS = """
import importlib, pkgutil, torch
torch.set_default_dtype(torch.float64)
import gan_edu
for found in pkgutil.walk_packages(gan_edu.__path__, "gan_edu."):
    module = importlib.import_module(found.name)
    tables = [v for v in vars(module).values() if isinstance(v, dict)]
    things = [*vars(module).values(), *(v for table in tables for v in table.values())]
    for thing in things:
        if isinstance(thing, torch.Tensor) and thing.dtype == torch.float64:
            print(found.name)
"""


def test_no_tensor_of_a_module_is_what_was_the_default_when_it_was_imported():
    """A chapter imports before it resets."""
    assert printed(TENSORS, PYTHONPATH=str(ROOT)) == ""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_each_chapter_resets_before_it_computes(path):
    tree = ast.parse(path.read_text(encoding="utf-8").replace("\n!", "\n#").replace("\n%", "\n#"))
    calls = [ast.unparse(n) for n in tree.body if not isinstance(n, ast.Import | ast.ImportFrom)]
    first = next(i for i, line in enumerate(calls) if "torch." in line or "np." in line)
    assert "settings.reset()" in calls[: first + 1]


@pytest.mark.slow
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_chapter_prints_and_shows_the_same_in_a_changed_kernel(path):
    with kernel(path) as here:
        before = here.run_all()
    with kernel(path) as here:
        run(here, ALL)
        assert here.run_all() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_chapter_bears_what_it_leaves_alone(path, name):
    if "COMMA" in OUTSIDE[name] and not comma():
        pytest.skip("no locale with a decimal comma is installed")
    with kernel(path) as here:
        before = here.run_all()
    with kernel(path) as here:
        run(here, OUTSIDE[name].replace("COMMA", repr(comma())))
        assert here.run_all() == before


def run(here: Kernel, code: str) -> None:
    here.client.nb.cells.append(cell := nbformat.v4.new_code_cell(code))
    here.client.execute_cell(cell, len(here.client.nb.cells) - 1)


UNTOUCHED = """
import sys
from gan_edu import settings
settings.reset()
assert "torch" not in sys.modules
"""
COMPILER = """
import sys
from gan_edu.networks import mlp
import torch

torch.manual_seed(0)
g = mlp((2, 4, 1))
opt = torch.optim.Adam(g.parameters(), 0.1)
for _ in range(3):
    opt.zero_grad()
    g(torch.ones(8, 2)).sum().backward()
    opt.step()
assert not {"torch._inductor", "torch._dynamo.config", "sympy"} & set(sys.modules)
print(*(w.sum().item() for w in g.parameters()))
compiled = torch.compile(lambda x: x.sin() + 1, backend="eager")
assert torch.equal(compiled(torch.ones(3)), torch.ones(3).sin() + 1)
assert "torch._dynamo.config" in sys.modules and torch._dynamo.__file__
opt.step()
"""


def test_a_reset_does_not_load_pytorch():
    printed(UNTOUCHED)


def test_the_compiler_stays_away_until_somebody_compiles_and_changes_no_number():
    lean = printed(COMPILER)
    loaded = COMPILER.replace("import sys", "import sys, torch._dynamo", 1)
    assert lean == printed("\n".join(li for li in loaded.splitlines() if "assert not" not in li))
