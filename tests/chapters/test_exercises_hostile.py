"""All exercises against answers of any kind, in any state that a learner has set."""

import asyncio
import contextlib
import itertools
import re

import numpy as np
import pytest
import torch

from gan_edu import exercises
from gan_edu.chapters.ch01_inverse_cdf import exercises as chapter_01
from gan_edu.chapters.ch05_mnist_gan import exercises as chapter_05
from gan_edu.checking.exercise import Verdict
from tests.chapters.test_exercises import ALL, _elsewhere, each, said  # noqa: F401, a fixture
from tests.helpers.programs import printed

# Answers that no question asks for


class Silent(BaseException):
    """An error whose text is an error."""

    def __str__(self):
        raise KeyboardInterrupt


class Trap:
    """An answer on which nothing can be done."""

    def __str__(self):
        raise SystemExit

    __repr__ = __float__ = __array__ = __iter__ = __len__ = __str__


def raising(error):
    def answer(*_):
        raise error

    return answer


def deep(*_):
    return deep()


async def later(*_):
    return 1.0


def one_by_one(*_):
    yield from itertools.count()


ROUND = []
ROUND.append(ROUND)
ERRORS = [SystemExit(1), SystemExit(), KeyboardInterrupt(), GeneratorExit(), StopIteration(),
          MemoryError(), asyncio.CancelledError(), Silent(), Exception("x" * 10**6)]  # fmt: skip
VALUES = {
    "nan": np.nan, "infinite": np.inf, "complex": 1j, "true": True, "word": "spell", "empty": "",
    "bytes": b"JS", "nothing in a list": [None], "empty list": [], "ragged": [[1], [2, 3]],
    "dict": {"a": 1}, "set": {1, 2}, "object": object(), "trap": Trap(), "class": Trap,
    "itself": ROUND,
    "endless": itertools.count(), "long": range(10**12), "large": np.broadcast_to(1.0, (10**9,)),
    "large tensor": torch.ones(1).expand(10**9), "long list": [0.5] * 10**4, "10**400": 10**400,
    "meta": torch.ones(3, device="meta"), "bfloat16": torch.ones(2, dtype=torch.bfloat16),
    "sparse": torch.ones(2, 2).to_sparse(), "network": torch.nn.Linear(1, 1),
    "date": np.datetime64(1, "D"),
    "strings": np.array(["1", "2"]), "no array": np.array([]), "other": np.ones((2, 3, 4)),
}  # fmt: skip
HOSTILE = {
    **{f"raises {type(e).__name__}": raising(e) for e in ERRORS},
    **{f"returns {name}": (lambda *_, value=value: value) for name, value in VALUES.items()},
    **VALUES,
    "too deep": deep,
    "coroutine": later,
    "generator": one_by_one,
    "builtin": print,
    "asks for more": lambda a, b, c, d, e, f, g: 1,
}


@each
def test_no_hostile_answer_is_right_or_makes_check_raise(exercise):
    for name, answer in HOSTILE.items():
        verdict = exercises.check(exercise.name, answer)
        assert isinstance(verdict, Verdict), name
        assert verdict.right is not True, name
        assert len(verdict.text) < 700, name
        assert "Traceback" not in verdict.text, name


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ("raises SystemExit", "calls `exit()`"),
        ("raises KeyboardInterrupt", "`KeyboardInterrupt"),
        ("raises GeneratorExit", "`GeneratorExit"),
        ("raises Silent", "`Silent"),
        ("returns large", "1,000,000,000 numbers"),
        ("returns large tensor", "1,000,000,000 numbers"),
        ("returns long", "1,000,000,000,000 numbers"),
        ("returns endless", "this is of type count"),
        ("generator", "this is of type generator"),
        ("coroutine", "begins with `async`"),
        ("too deep", "`RecursionError"),
        ("returns nan", "NaN"),
        ("returns other", "The shape should be"),
        ("nan", "A function is asked for"),
    ],
)
def test_a_hostile_answer_is_told_what_it_is(answer, part):
    for name in ("1.3", "1.4"):
        assert part in said(name, HOSTILE[answer]), name


def test_a_shape_is_asked_for_where_two_functions_are_compared():
    assert "The shape should be (), and it is (2, 3, 4)" in said("2.3", HOSTILE["returns other"])


@pytest.mark.parametrize("name", ["9" * 5000, "²", "1." * 1000, Trap, object(), ()])
def test_no_name_makes_check_raise(name):
    assert "exercise" in exercises.check(name, 1).text


# The state of numpy and torch


@contextlib.contextmanager
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    assert torch.get_default_dtype() == torch.float64
    torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def without_slopes():
    torch.set_grad_enabled(False)
    yield
    assert not torch.is_grad_enabled()
    torch.set_grad_enabled(True)


@contextlib.contextmanager
def strict():
    torch.use_deterministic_algorithms(True)
    yield
    assert torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)


@contextlib.contextmanager
def elsewhere():
    torch.set_default_device("meta")
    yield
    assert torch.get_default_device().type == "meta"
    torch.set_default_device(None)


@contextlib.contextmanager
def raising_numpy():
    with np.errstate(all="raise"):
        yield
        assert set(np.geterr().values()) == {"raise"}


STATES = {
    "float64": float64,
    "without slopes": without_slopes,
    "strict": strict,
    "elsewhere": elsewhere,
    "raising numpy": raising_numpy,
    "inference": torch.inference_mode,
    "anomalies": lambda: torch.autograd.set_detect_anomaly(True),
}


@contextlib.contextmanager
def all_states():
    with contextlib.ExitStack() as stack:
        for state in STATES.values():
            stack.enter_context(state())
        yield


@each
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_every_verdict_is_the_same_whatever_the_learner_has_set(exercise):
    answers = [exercise.answer, *exercise.right, *(wrong for wrong, _ in exercise.wrong)]
    usual = [exercises.graded(exercise, answer, 3).text for answer in answers]
    with all_states():
        assert [exercises.graded(exercise, answer, 3).text for answer in answers] == usual


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_each_state_alone_calls_no_right_answer_wrong(state):
    with state():
        for name in ("1.5", "2.6", "3.6", "4.6", "5.4", "5.5", "6.4"):
            exercise = exercises.find(name)
            verdict = exercises.graded(exercise, exercise.answer, 3)
            assert verdict, verdict


def test_a_session_that_begins_in_another_state_is_no_worse():
    code = """
import numpy as np, torch
np.seterr(all="raise"); torch.set_default_dtype(torch.float64); torch.set_grad_enabled(False)
torch.set_default_device("meta"); torch.manual_seed(3)
from gan_edu import exercises
for chapter in exercises.chapters():
    for e in exercises.exercises(chapter):
        verdict = exercises.graded(e, e.answer, 0)
        assert verdict.right, (e.name, verdict)
"""
    printed(code)


def test_an_answer_may_set_what_it_likes():
    def draw(points, p, u):
        np.seterr(all="raise")
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(1)
        return chapter_01.draw(points, p, u)

    def train(generator, discriminator, batches):
        torch.set_default_dtype(torch.float64)
        chapter_05.train_discriminator(generator, discriminator, batches)

    before = np.geterr()
    assert exercises.graded(exercises.find("1.5"), draw, 0)
    assert exercises.graded(exercises.find("5.4"), train, 0)
    assert np.geterr() == before
    assert torch.get_default_dtype() == torch.float32


# Sentences that would mislead


@pytest.mark.parametrize("off", [1.1, 1.001, 1 + 1e-5])
@pytest.mark.parametrize("name", ["1.3", "1.4", "1.5", "2.3", "2.5", "6.2"])
def test_no_sentence_says_that_a_number_should_be_what_it_is(name, off):
    exercise = exercises.find(name)
    for seed in range(3):
        verdict = exercises.graded(exercise, lambda *a: off * exercise.answer(*a), seed)
        numbers = re.findall(r"-?\d+\.\d+(?:e-?\d+)?", verdict.text.partition("**")[2])
        assert verdict.right or len(numbers) < 2 or len(set(numbers)) > 1, verdict


def test_an_f_that_ends_at_1_is_not_asked_whether_it_does():
    for wrong, _ in exercises.find("1.5").wrong:
        asked = "end at 1" in said("1.5", wrong)
        points, p = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 1.0])
        assert not asked or wrong(points, p, np.array([1.0]))[0] != points[-1]


@pytest.mark.parametrize("seed", range(5))
def test_g_is_told_to_move_only_where_it_should(seed):
    wrong = [answer for answer, _ in exercises.find("5.4").wrong]
    for answer in [*wrong, lambda *players: None]:
        assert "G has not moved" not in said("5.4", answer, seed)


def test_one_lock_is_not_praised_as_two():
    for one in (chapter_05._training(cut=False), chapter_05._training("both")):
        text = said("5.4", one)
        assert "is right" in text
        assert "or if" in text


def test_the_plural_is_a_plural():
    texts = [said(e.name, wrong) for e in ALL for wrong, _ in e.wrong if e.name in ("4.6", "6.4")]
    assert any("G and D stand elsewhere" in text for text in texts)
    assert not any("G and D stands" in text for text in texts)
