"""Run a learner's code so that nothing it does can hurt: it may loop, print, raise or lie."""

import contextlib
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gan_edu.exercises.exercise import Unanswered, Wrong
from gan_edu.words import WORDS

LIMIT = 5.0  # seconds for a whole check
PRINTED = 300  # characters of what was printed that are kept


class TimeUp(BaseException):
    """Raised inside code that runs too long: no `except Exception` may swallow it."""


def call(function: Callable, *arguments: Any, changes: bool = False) -> Any:
    """Return function(*arguments), having seen to it that the learner's function behaves.

    Slopes pass through: the function gets the arguments themselves. With `changes` it may change
    them, and return nothing. Raises Wrong with a sentence for the learner if it raises, changes
    its input or returns NaN, and Unanswered if it returns nothing.
    """
    if not callable(function):
        raise Wrong(WORDS["ask_function"].format(kind=type(function).__name__))
    before = _values(arguments)
    try:
        result = function(*arguments)
    except Exception as error:
        raise Wrong(_described(error, function)) from error
    if not changes and (result is None or result is Ellipsis):
        raise Unanswered(WORDS["returns_nothing"])
    if not changes and not _same(before, _values(arguments)):
        raise Wrong(WORDS["changes_input"])
    if any(np.isnan(part).any() for part in _values(result) if part.dtype.kind in "fc"):
        raise Wrong(WORDS["returns_nan"])
    return result


def guarded(judge: Callable[[], Any], printed: "Notepad", seconds: float | None = None) -> Any:
    """Return judge(); what it prints goes to the notepad, its warnings nowhere.

    Torch's luck is afterwards as it was. Raises Wrong if it takes longer than `seconds` (LIMIT if
    not given) or calls exit(), and whatever else judge raises.
    """
    limit = LIMIT if seconds is None else seconds
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
        _own_luck(),
    ):
        warnings.simplefilter("ignore")
        try:
            return _within(limit, judge)
        except TimeUp:
            raise Wrong(WORDS["time_up"].format(seconds=limit)) from None
        except SystemExit:
            raise Wrong(WORDS["calls_exit"]) from None


class Notepad:
    """A file to print to that keeps the first lines only: a loop may print for five seconds."""

    def __init__(self):
        self.text = ""

    def write(self, text: str) -> int:
        """Keep the text, as long as there is room."""
        self.text += text[: max(0, PRINTED - len(self.text))]
        return len(text)

    def flush(self) -> None:
        """Do nothing: what is written is there at once."""


@contextlib.contextmanager
def _own_luck() -> Iterator[None]:
    torch = sys.modules.get("torch")
    if torch is None:
        yield
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            yield


def _within(seconds: float, judge: Callable[[], Any]) -> Any:
    """Return judge(), or raise TimeUp inside it. Only the main thread can be interrupted."""

    def inside():
        return judge()

    def stop(_, frame):
        while frame is not None:  # an alarm that comes after the end must not do harm
            if frame.f_code is inside.__code__:
                raise TimeUp
            frame = frame.f_back

    if threading.current_thread() is not threading.main_thread():
        return judge()
    with _alarm(seconds, stop):
        return inside()


@contextlib.contextmanager
def _alarm(seconds: float, stop: Callable) -> Iterator[None]:
    """Call stop in the main thread after so many seconds, and again and again.

    Again, because a bare `except:` in a loop swallows the first one. Windows has no such alarm:
    there a thread simulates the interrupt key.
    """
    number = getattr(signal, "SIGALRM", signal.SIGINT)
    before = signal.signal(number, stop)
    ring = _real_alarm if hasattr(signal, "setitimer") else _simulated_alarm
    silence = ring(seconds)
    try:
        yield
    finally:
        silence()
        signal.signal(number, before)


def _real_alarm(seconds: float) -> Callable[[], Any]:
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.003)
    return lambda: signal.setitimer(signal.ITIMER_REAL, 0)


def _simulated_alarm(seconds: float) -> Callable[[], Any]:
    over = threading.Event()

    def ring():
        wait = seconds
        while not over.wait(wait):
            signal.raise_signal(signal.SIGINT)  # Python runs its handler in the main thread
            wait = 0.003

    thread = threading.Thread(target=ring, daemon=True)
    thread.start()

    def silence():
        over.set()
        thread.join()

    return silence


def _described(error: Exception, function: Callable) -> str:
    """Return what was raised, and in which line of the learner's cell."""
    cell = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == cell
    ]
    place = WORDS["in_line"].format(line=lines[-1]) if lines else ""
    said = f"{type(error).__name__}: {error}"[:200]
    return WORDS["raises"].format(said=said, place=place)


def _values(thing: Any) -> list[np.ndarray]:
    """Return copies of all numbers in arrays, tensors, networks, and lists, tuples, dicts of them.

    What holds no numbers is left out.
    """
    if hasattr(thing, "state_dict"):
        thing = thing.state_dict()
    if isinstance(thing, dict):
        thing = list(thing.values())
    if isinstance(thing, list | tuple):
        return [part for element in thing for part in _values(element)]
    if hasattr(thing, "detach"):
        thing = thing.detach().cpu().numpy()
    return [np.array(thing)] if isinstance(thing, np.ndarray | np.number | float | int) else []


def _same(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    return len(before) == len(after) and all(
        np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        for one, other in zip(before, after, strict=True)
    )
