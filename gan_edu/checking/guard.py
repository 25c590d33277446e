"""Run a learner's code so that nothing it does can hurt: it may loop, print, raise or lie."""

import contextlib
import inspect
import random
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gan_edu import browser
from gan_edu.checking.exercise import Unanswered, Wrong
from gan_edu.language import gettext as _
from gan_edu.language import later

LIMIT = 5.0  # seconds for a whole check
PRINTED = 300  # characters of what was printed that are kept
PAUSE = 0.003  # seconds between two attempts to stop a code
IMPORTING = "<frozen importlib._bootstrap>"  # the file of a frame that imports a module
MOST = 10**7  # numbers that are looked at: a copy of more could fill the memory


class TimeUp(BaseException):
    """Raised inside code that runs too long: no `except Exception` may swallow it."""


class Interrupted(KeyboardInterrupt):
    """Raised inside code by the interrupt key: a KeyboardInterrupt of the code's own is another."""


OUTSIDE = (TimeUp, Interrupted)  # what comes from outside is not the code's fault


# What a learner reads of a function that does harm.
NOTHING = later("Your function returns nothing. If it is finished: does it end in `return`?")
ASYNC = later("Your function begins with `async`: it only promises an answer. Write plain `def`.")
LATE = later("Your code was stopped after {seconds:g} seconds. Is there a loop that never ends?")
SLOPES_OFF = later(
    "After your function no tensor finds a slope any more, here or anywhere else: it switches "
    "slopes off and not on again. `with torch.no_grad():` ends by itself."
)
NETWORK_CHANGED = later(
    "Your function changes the network that it was given: its weights, its averages, its mode, or "
    "whether its weights may learn. It must come back as it was."
)
INPUT_CHANGED = later(
    "Your function changes its input: whoever called it still needs that. Work on a copy, or make "
    "a new array (`x = x + 1`, not `x += 1`)."
)
NAN = later(
    "For some input your function returns NaN. Is there a 0/0, an ∞ − ∞, or a log of less than 0?"
)


def call(
    function: Callable[..., Any], *arguments: Any, changes: bool = False, nan: bool = False
) -> Any:
    """Return function(*arguments), having seen to it that the learner's function behaves.

    Slopes pass through: the function gets the arguments themselves. With `changes` it may change
    them, and return nothing; with `nan` it may return NaN. Raises Wrong with a sentence for the
    learner if it raises, changes its input, returns NaN or too much, or switches slopes off for
    all, and Unanswered if it returns nothing.
    """
    if not callable(function):
        words = _("A function is asked for, its name without brackets; this is of type {kind}.")
        raise Wrong(words, kind=type(function).__name__)
    before = [] if changes else [_values(argument) for argument in arguments]
    with usual_settings():
        result = _result(function, arguments)
        torch = sys.modules.get("torch")
        if torch and not torch.is_grad_enabled():
            raise Wrong(_(SLOPES_OFF))
    if not changes and (result is None or result is Ellipsis):
        raise Unanswered(_(NOTHING))
    for argument, values in zip(arguments, before, strict=False):
        if not _same(values, _values(argument)):
            is_network = hasattr(argument, "state_dict")
            raise Wrong(_(NETWORK_CHANGED if is_network else INPUT_CHANGED))
    if not nan and any(np.isnan(part).any() for part in _values(result) if part.dtype.kind in "fc"):
        raise Wrong(_(NAN))
    return result


def _result(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        result = function(*arguments)
        if inspect.iscoroutine(result):
            result.close()
            raise Wrong(_(ASYNC))
        return result
    except (*OUTSIDE, SystemExit, Wrong, Unanswered):
        raise
    except BaseException as error:
        raise Wrong(_described(error, function)) from error


def guarded(verify: Callable[[], Any], printed: "Notepad") -> Any:
    """Return verify(); what it prints goes to the notepad, its warnings nowhere.

    It finds the usual settings and torch from seed 0, whatever the learner has set; all is
    afterwards as it was. Raises nothing but Unanswered, Wrong (also for any other error, for
    exit(), and for more than `LIMIT` seconds), and what the interrupt key raises.
    """
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
        usual_settings(),
        _own_randomness(),
    ):
        warnings.simplefilter("ignore")
        return _within(LIMIT, lambda: _said(verify))


def _said(verify: Callable[[], Any]) -> Any:
    """Return verify(); whatever else it raises becomes a sentence."""
    try:
        return verify()
    except (*OUTSIDE, Wrong, Unanswered):
        raise
    except SystemExit:
        raise Wrong(_("Your code calls `exit()`. Return the answer instead.")) from None
    except BaseException as error:  # an answer of a kind that nobody thought of
        words = _("This answer cannot be read ({error}). What does the question ask for?")
        raise Wrong(words, error=_named(error)) from error


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
def usual_settings() -> Iterator[None]:
    """Give NumPy and torch their usual settings, and the learner's own back afterwards."""
    torch = sys.modules.get("torch")
    with np.errstate(all="ignore"), _usual_torch(torch) if torch else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _usual_torch(torch: Any) -> Iterator[None]:
    dtype = torch.get_default_dtype()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    strict = torch.are_deterministic_algorithms_enabled()
    away = torch.get_default_device().type != "cpu"
    with (
        torch.device("cpu") if away else contextlib.nullcontext(),  # it slows each call of torch
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autograd.set_detect_anomaly(False),
    ):
        torch.set_default_dtype(torch.float32)
        if strict:
            torch.use_deterministic_algorithms(False)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            if strict != torch.are_deterministic_algorithms_enabled():
                torch.use_deterministic_algorithms(strict, warn_only=warns)


@contextlib.contextmanager
def _own_randomness() -> Iterator[None]:
    """Restore the random states of Python, NumPy and torch; inside, torch starts at seed 0."""
    plain = random.getstate()
    numpy = np.random.get_state()  # noqa: NPY002, a learner may use it
    torch = sys.modules.get("torch")
    try:
        with torch.random.fork_rng(devices=[]) if torch else contextlib.nullcontext():
            if torch:
                torch.default_generator.manual_seed(0)
            yield
    finally:
        random.setstate(plain)
        np.random.set_state(numpy)  # noqa: NPY002


def _within(seconds: float, verify: Callable[[], Any]) -> Any:
    """Return verify(); raise Wrong after `seconds`, and what an interrupt raises.

    Only the main thread can be stopped, and not in a browser. If somebody presses the interrupt
    key, `verify` ends, and the key's signal then goes to whom it was meant for, even if the
    learner's code has swallowed it.
    """
    if threading.current_thread() is not threading.main_thread() or browser.HERE:
        return verify()
    watch = _Watch(verify)
    try:
        with _handled(signal.SIGINT, watch.stop), _alarm(seconds, watch):
            return watch.inside()
    except TimeUp:
        raise Wrong(_(LATE), seconds=seconds) from None
    except Interrupted:
        words = _("You interrupted the check, so nothing is known about this answer.")
        raise Wrong(words) from None
    finally:
        if watch.pressed:  # the kernel raises KeyboardInterrupt here; another handler may not
            signal.raise_signal(signal.SIGINT)


class _Watch:
    """Runs `verify`, and can end it from a signal's handler, time after time.

    late: has the time run out? On Windows the alarm uses the same signal as the interrupt key.
    pressed: did somebody press that key?
    """

    def __init__(self, verify: Callable[[], Any]):
        self.verify = verify
        self.late = False
        self.pressed = False

    def inside(self) -> Any:
        """Return verify(); while this runs, a signal may end it."""
        return self.verify()

    def stop(self, number: int, frame: Any) -> None:
        """Raise TimeUp or Interrupted inside `verify`; after its end it does no harm.

        A bare `except:` in a loop swallows the first one, but hardly all. The alarm lets an import
        end, since half a module would stay for the whole session, and then rings again.
        """
        late = self.late or number != signal.SIGINT
        self.pressed = self.pressed or not late
        importing = False
        while frame is not None:
            importing = importing or frame.f_code.co_filename == IMPORTING
            if frame.f_code is _Watch.inside.__code__ and not (late and importing):
                raise TimeUp if late else Interrupted
            frame = frame.f_back


@contextlib.contextmanager
def _handled(number: int, handler: Callable) -> Iterator[None]:
    """Let the handler have a signal, unless it is an interrupt key that Python does not handle."""
    before = signal.getsignal(number)
    if number == signal.SIGINT and not callable(before):
        yield
        return
    signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextlib.contextmanager
def _alarm(seconds: float, watch: _Watch) -> Iterator[None]:
    """Stop the watched `verify` after `seconds`, and again and again.

    Windows has no alarm clock: there a thread simulates the interrupt key.
    """
    if hasattr(signal, "setitimer"):
        with _handled(signal.SIGALRM, watch.stop):
            signal.setitimer(signal.ITIMER_REAL, seconds, PAUSE)
            try:
                yield
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    else:
        over = threading.Event()
        thread = threading.Thread(target=_ring, args=(seconds, watch, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _ring(seconds: float, watch: _Watch, over: threading.Event) -> None:
    """Simulate the interrupt key after `seconds`, and again until it is over."""
    wait = seconds
    while not over.wait(wait):
        watch.late = True
        wait = PAUSE
        if callable(signal.getsignal(signal.SIGINT)):
            signal.raise_signal(signal.SIGINT)  # Python runs its handler in the main thread


def _described(error: BaseException, function: Callable) -> str:
    """Return what was raised, and in which line of the learner's cell."""
    cell = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == cell
    ]
    place = _(" in line {line} of its cell").format(line=lines[-1]) if lines else ""
    return _("Your function stopped{place} with `{said}`").format(said=_named(error), place=place)


def _named(error: BaseException) -> str:
    """Return type and text of an error, which may itself be a trap."""
    try:
        text = str(error)
    except OUTSIDE:
        raise
    except BaseException:
        text = ""
    return f"{type(error).__name__}: {text}"[:200]


def modest(thing: Any) -> Any:
    """Return thing; raises Wrong if it is so large that a copy of it might fill the memory."""
    size = getattr(thing, "size", None)  # of an array; a tensor's is a method
    if not isinstance(size, int):
        size = thing.numel() if hasattr(thing, "numel") else getattr(thing, "__len__", int)()
    if size > MOST:
        words = _("These are {count:,} numbers, far more than the question asks for.")
        raise Wrong(words, count=size)
    return thing


def _values(thing: Any) -> list[np.ndarray]:
    """Return copies of all numbers in arrays, tensors, networks, and lists, tuples, dicts of them.

    Of a network also which parts are in training mode, and which weights may learn. What holds no
    numbers is left out. Raises as `modest`.
    """
    if hasattr(thing, "state_dict"):
        thing = [thing.state_dict(), *switches(thing)]
    if isinstance(thing, dict):
        thing = list(thing.values())
    if isinstance(thing, list | tuple) and {float} == set(map(type, modest(thing))):
        thing = np.array(thing)  # one array is quicker than a million
    if isinstance(thing, list | tuple):
        return [part for element in modest(thing) for part in _values(element)]
    if hasattr(thing, "detach"):
        thing = modest(thing).detach().cpu().numpy()
    holds = isinstance(thing, np.ndarray | np.number | float | int)
    return [np.array(modest(thing))] if holds else []


def switches(network: Any) -> list[bool]:
    """Return which parts of a network are in training mode, and which weights may learn."""
    if not hasattr(network, "modules"):
        return []
    modes = [module.training for module in network.modules()]
    return modes + [weight.requires_grad for weight in network.parameters()]


def _same(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    return len(before) == len(after) and all(
        np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        for one, other in zip(before, after, strict=True)
    )
