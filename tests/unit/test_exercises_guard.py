"""A learner's code may loop, print, raise or lie; and what is remembered survives accidents."""
# ruff: noqa: NPY002

import os
import random
import signal
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from jupyter_client import KernelManager

from gan_edu import exercises, record
from gan_edu.checking import guard, prose, reading
from gan_edu.checking.exercise import Exercise, Unanswered, Verdict, Wrong

BROKEN = record.FILE.replace(".json", ".broken.json")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(record, "_session", {})


def twice(verify=None, **more) -> Exercise:
    """Return a small exercise: a function that doubles an array."""

    def doubles(answer, rng):
        x = rng.normal(size=3)
        return None if reading.close(guard.call(answer, x), 2 * x) else "Not doubled."

    about = {"name": "1.1", "title": "?", "kind": "code", "minutes": 1, "hints": ("a", "b", "c")}
    told = {"solution": "", "insight": "", "lecturer": "", "mistakes": {}}
    known = {"answer": None, "wrong": (), "verify": verify or doubles}
    return Exercise(**{"text": prose.Prose(**about | told)} | known | more)


def verdict(answer, **more) -> Verdict:
    return exercises.graded(twice(**more), answer, 0)


def test_right_wrong_and_unanswered_are_told_apart():
    assert verdict(lambda x: 2 * x).right is True
    assert verdict(lambda x: x + x)
    assert verdict(lambda x: 3 * x).right is False
    assert "Not doubled." in verdict(lambda x: 3 * x).text
    for nothing in (None, ..., lambda x: None, lambda x: ...):
        assert verdict(nothing).right is None
        assert "not answered yet" in verdict(nothing).text


def test_a_verdict_shows_the_same_in_a_notebook_and_in_a_console():
    shown = verdict(lambda x: 2 * x)
    assert repr(shown) == str(shown) == shown._repr_markdown_() == shown.text


# Loops


def endless(x):
    while True:
        pass


def stubborn(x):
    while True:
        try:  # noqa: SIM105
            x = x + 1
        except:  # noqa: E722, S110
            pass


def asleep(x):
    time.sleep(60)


def busy_in_torch(x):
    while True:
        torch.randn(50, 50) @ torch.randn(50, 50)


@pytest.mark.parametrize("answer", [endless, stubborn, asleep, busy_in_torch])
def test_a_loop_that_never_ends_is_stopped(answer, monkeypatch):
    monkeypatch.setattr(guard, "LIMIT", 0.2)
    before = signal.getsignal(signal.SIGALRM)
    start = time.perf_counter()
    said = verdict(answer)
    assert time.perf_counter() - start < 2
    assert said.right is False
    assert "stopped after 0.2 seconds" in said.text
    assert signal.getsignal(signal.SIGALRM) is before
    time.sleep(0.05)  # an alarm that is still ringing would stop this test


@pytest.mark.parametrize("answer", [endless, stubborn, busy_in_torch])
def test_it_is_stopped_where_there_is_no_alarm_clock_too(answer, monkeypatch):
    monkeypatch.delattr(signal, "setitimer")
    monkeypatch.delattr(signal, "SIGALRM")
    monkeypatch.setattr(guard, "LIMIT", 0.2)
    before = signal.getsignal(signal.SIGINT)
    assert "stopped after 0.2 seconds" in verdict(answer).text
    assert signal.getsignal(signal.SIGINT) is before
    assert threading.active_count() == 1 or not any(
        "ring" in thread.name for thread in threading.enumerate()
    )


def test_an_import_is_not_cut_in_two(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(guard, "LIMIT", 0.1)
    (tmp_path / "slow_to_load.py").write_text(
        "import time\ntime.sleep(0.3)\nwhole = True\n", encoding="utf-8"
    )

    def loads(x):
        import slow_to_load

        while slow_to_load.whole:
            pass

    assert "stopped after 0.1 seconds" in verdict(loads).text
    assert sys.modules.pop("slow_to_load").whole


def test_an_answer_that_is_quick_enough_is_not_stopped(monkeypatch):
    monkeypatch.setattr(guard, "LIMIT", 0.5)
    assert verdict(lambda x: (time.sleep(0.1), 2 * x)[1])


def test_outside_the_main_thread_it_works_without_a_limit():
    found = []
    thread = threading.Thread(target=lambda: found.append(verdict(lambda x: 2 * x)))
    thread.start()
    thread.join()
    assert found[0].right


# The interrupt key


def press_soon(seconds=0.1):
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


@pytest.mark.parametrize("answer", [endless, asleep, busy_in_torch])
@pytest.mark.parametrize("clock", ["alarm", "none"])
def test_the_interrupt_key_gets_through_at_once(answer, clock, monkeypatch):
    if clock == "none":
        monkeypatch.delattr(signal, "setitimer")
        monkeypatch.delattr(signal, "SIGALRM")
    before = signal.getsignal(signal.SIGINT)
    start = time.perf_counter()
    press_soon()
    with pytest.raises(KeyboardInterrupt):
        verdict(answer)
    assert time.perf_counter() - start < 2
    assert signal.getsignal(signal.SIGINT) is before


def swallows(x):
    try:
        time.sleep(10)
    except KeyboardInterrupt:
        return 2 * x


def test_an_answer_cannot_swallow_the_interrupt_key():
    press_soon()
    with pytest.raises(KeyboardInterrupt):
        verdict(swallows)


def test_whoever_handles_the_key_without_raising_hears_of_it(monkeypatch):
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        press_soon()
        assert "You interrupted the check" in verdict(endless).text
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1]


def test_the_stop_button_of_a_kernel_ends_a_check_and_not_the_kernel(tmp_path):
    manager = KernelManager()
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        client.execute_interactive("from gan_edu.exercises import check; check('1.3', None)")
        loop = "def loop(x):\n    print('on', flush=True)\n    while True: pass\ncheck('1.3', loop)"
        # Else the kernel refuses, for a moment, whatever comes after an error.
        request = client.execute(loop, stop_on_error=False)
        while client.get_iopub_msg(timeout=30)["content"].get("execution_state") != "busy":
            pass
        time.sleep(0.5)
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=30))["parent_header"]["msg_id"] != request:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        after = client.execute_interactive("check('1.3', lambda x: 1 / 0)")
        assert after["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


# What else code does


def test_what_is_printed_is_caught_and_its_beginning_shown(capsys):
    def chatty(x):
        print("x is", len(x))
        return 3 * x

    assert "It printed:\n```\nx is 3\n```" in verdict(chatty).text
    assert capsys.readouterr().out == ""


def test_a_flood_of_words_is_cut():
    def flood(x):
        for _ in range(100_000):
            print("a" * 1000)
        return 2 * x

    assert len(verdict(flood).text) < 1000


def test_printing_instead_of_returning_is_named():
    said = verdict(lambda x: print(2 * x))
    assert said.right is None
    assert "does it end in `return`" in said.text
    assert "It printed" in said.text


def test_an_exception_is_named_with_its_line():
    def broken(x):
        y = x * 2
        return y["a"]

    said = verdict(broken)
    line = broken.__code__.co_firstlineno + 2
    assert f"stopped in line {line} of its cell with `IndexError" in said.text


@pytest.mark.parametrize("kind", ["array", "tensor", "list", "network", "dict"])
def test_a_changed_input_is_noticed(kind):
    given = {
        "array": np.zeros(3),
        "tensor": torch.zeros(3),
        "list": [0.0, 1.0],
        "network": torch.nn.Linear(1, 1),
        "dict": {"a": np.zeros(2)},
    }[kind]

    def change(x):
        if kind == "network":
            torch.nn.init.constant_(x.weight, 7.0)
        elif kind == "dict":
            x["a"][0] = 1
        else:
            x[0] = 7
        return 1.0

    part = "changes the network" if kind == "network" else "changes its input"
    with pytest.raises(Wrong, match=part):
        guard.call(change, given)


@pytest.mark.parametrize("change", ["eval", "freeze", "average"])
def test_a_network_that_comes_back_otherwise_is_noticed(change):
    network = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1))

    def use(network):
        if change == "eval":
            network.eval()
        elif change == "freeze":
            network.requires_grad_(False)
        else:
            network(torch.randn(4, 1))
        return 1.0

    with pytest.raises(Wrong, match="changes the network"):
        guard.call(use, network)


def test_whoever_switches_slopes_off_for_all_is_told():
    def off(x):
        torch.set_grad_enabled(False)
        return 2 * x

    assert "switches slopes off" in verdict(off).text
    assert torch.is_grad_enabled()


def test_where_a_change_is_asked_for_it_is_allowed():
    assert guard.call(lambda x: x.append(1), numbers := [0], changes=True) is None
    assert numbers == [0, 1]


@pytest.mark.parametrize(
    "nan", [np.nan, np.array([1, np.nan]), torch.tensor(float("nan")), (1, [np.nan]), {"a": np.nan}]
)
def test_nan_is_noticed_in_whatever_it_hides(nan):
    with pytest.raises(Wrong, match="NaN"):
        guard.call(lambda: nan)


def test_infinity_is_a_number():
    assert guard.call(lambda: np.inf) == np.inf


def test_slopes_pass_through_a_guarded_call():
    x = torch.ones(2, requires_grad=True)
    guard.call(lambda t: (t**2).sum(), x).backward()
    assert x.grad.tolist() == [2, 2]


def test_a_warning_of_the_answer_is_no_trouble():
    assert verdict(lambda x: (np.log(0 * x), 2 * x)[1])  # here warnings are errors


def test_torch_s_randomness_is_afterwards_as_it_was():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    verdict(lambda x: (torch.rand(9), 2 * x)[1])
    assert torch.equal(torch.rand(3), expected)


def test_numpy_s_and_python_s_randomness_too():
    np.random.seed(5)
    random.seed(5)
    expected = np.random.rand(), random.random()  # noqa: S311
    np.random.seed(5)
    random.seed(5)

    def greedy(x):
        np.random.seed(1)
        random.seed(1)
        return 2 * x

    assert verdict(greedy)
    assert (np.random.rand(), random.random()) == expected  # noqa: S311


def test_a_check_that_cannot_read_an_answer_says_so():
    said = verdict(3, verify=lambda answer, rng: answer["key"])
    assert said.right is False
    assert "cannot be read (TypeError" in said.text


# Reading


@pytest.mark.parametrize(
    "one",
    [1, 1.0, np.float32(1), np.array(1), np.array([1.0]), torch.tensor(1.0), [1], Fraction(1)],
)
def test_a_number_is_read_in_any_form(one):
    assert reading.number(one) == 1.0


def test_a_tensor_with_a_slope_is_a_number_too():
    assert reading.number(torch.tensor(2.0, requires_grad=True)) == 2.0


@pytest.mark.parametrize(
    "no", ["1", True, {}, [1, 2], 1j, 10**400, range(10**12), float("nan"), object(), [[1], [2, 3]]]
)
def test_what_is_no_number_is_refused_with_a_sentence(no):
    with pytest.raises(Wrong):
        reading.number(no)


def test_nothing_is_no_wrong_answer():
    for read in (reading.number, reading.numbers, lambda a: reading.choice(a, ("x",))):
        with pytest.raises(Unanswered):
            read(None)


def test_a_shape_is_asked_for():
    with pytest.raises(Wrong, match=r"\(2,\)"):
        reading.numbers([1, 2, 3], (2,))
    assert reading.numbers((1, 2), (2,)).tolist() == [1, 2]


def test_a_choice_is_known_by_its_words():
    assert reading.choice("  A  Narrower bell ", ("wider", "a narrower bell")) == "a narrower bell"
    for said in ("KL(p||q)", "kl ( p ∥ q ).", "“KL(p|q)”", ["KL(p‖q)"], np.str_("KL(p‖q)")):
        assert reading.choice(said, ("KL(q‖p)", "KL(p‖q)")) == "KL(p‖q)"
    for said in ("Frechet", "fréchet!", "Fre\u0301chet"):
        assert reading.choice(said, ("nearest", "Fréchet")) == "Fréchet"
    with pytest.raises(Wrong, match='"yes", "no"'):
        reading.choice("perhaps", ("yes", "no"))


@pytest.mark.parametrize("near", [1e-2, 1e-5, 1e-9, 1e-14])
def test_two_numbers_that_differ_look_different(near):
    found, wanted = reading.apart(0.25, 0.25 * (1 + near))
    assert found != wanted
    assert float(found) == pytest.approx(0.25, rel=0.005)


def test_close_knows_infinity_and_shapes():
    assert reading.close([np.inf, 1], [np.inf, 1 + 1e-9])
    assert not reading.close(np.inf, 1)
    assert not reading.close([1, 1, 1], [1, 1])
    assert reading.close(1000.01, 1000, 1e-4)
    assert not reading.close(0.01, 0, 1e-4)


# What is remembered


def test_hints_come_one_by_one_and_are_remembered():
    texts = [exercises.hint("1.1").text for _ in range(4)]
    assert [text.count("**Hint") for text in texts] == [1, 2, 3, 3]
    assert record.load() == {"1.1": {"hints": 3}}


def test_what_is_solved_stays_solved():
    assert "□□□□□□ 0 of 6" in exercises.progress().text
    right = exercises.find("1.1").answer
    assert "■□□□□□ 1 of 6" in exercises.check("1.1", right).text
    assert not exercises.check("1.1", "a wider bell")
    exercises.solution("1.2")
    exercises.solution("1.1")
    assert "■◧□□□□ 1 of 6" in exercises.progress().text


def test_an_empty_or_wrong_answer_writes_nothing():
    exercises.check("1.1", None)
    exercises.check("1.1", "a wider bell")
    assert not os.path.exists(record.FILE)


def test_a_second_broken_file_does_not_replace_the_first():
    for content in ("first", "second"):
        with open(record.FILE, "w", encoding="utf-8") as file:
            file.write(content)
        record.load()
    assert sorted(path.read_text("utf-8") for path in Path().iterdir()) == ["first", "second"]


def test_where_nothing_can_be_written_everything_else_works(tmp_path, monkeypatch):
    os.mkdir(record.FILE)  # a folder in the file's place
    assert exercises.check("1.1", exercises.find("1.1").answer)
    assert "Hint 1" in exercises.hint("1.1").text
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert exercises.check("1.1", exercises.find("1.1").answer)


def test_where_nothing_can_be_written_hints_and_bars_last_as_long_as_the_kernel():
    os.mkdir(record.FILE)
    assert [exercises.hint("1.1").text.count("**Hint") for _ in range(4)] == [1, 2, 3, 3]
    assert "■□□□□□ 1 of 6" in exercises.check("1.1", exercises.find("1.1").answer).text
    exercises.solution("1.2")
    assert "■◧□□□□ 1 of 6" in exercises.progress().text
    assert record.load() == {}


@pytest.mark.parametrize("name", ["1.99", "77.1", "x", "", None, 3, "1", "²"])
def test_a_name_that_does_not_exist_gets_an_answer(name):
    for ask in (exercises.hint, exercises.solution, lambda n: exercises.check(n, 1)):
        assert "exercise" in ask(name).text


def test_a_name_may_be_a_number():
    assert exercises.find(1.1).name == "1.1"


@pytest.mark.parametrize(
    ("about", "parts", "told"),
    [
        ("essay, 3 minutes", "## hints\n\n- Why?\n", "a kind of"),
        ("code", "## hints\n\n- Why?\n", "and the minutes"),
        ("code, 3 minutes", "", "one to three hints, got 0"),
        ("code, 3 minutes", "## hints\n\n" + "- Why?\n" * 4, "one to three hints, got 4"),
        ("code, 3 minutes", "## hints\n\n- Why?\n\n## moral\n\nSo.\n", "is called moral"),
    ],
)
def test_prose_of_an_unknown_kind_or_with_other_parts_is_refused(tmp_path, about, parts, told):
    text = f"# 1.1 Double it\n\n{about}\n\n{parts}"
    (tmp_path / "exercises.md").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"1.1: .*{told}"):
        prose.read(tmp_path)


def test_prose_is_read_with_its_paragraphs_unwrapped(tmp_path):
    text = (
        "# 1.1 Double it\n\ncode, 3 minutes\n\n## hints\n\n- Why\n  not?\n\n"
        "## solution\n\nOne\nline.\n\nTwo.\n\n## mistakes\n\n- `off`: Off by {by},\n  it seems.\n"
    )
    (tmp_path / "exercises.md").write_text(text, encoding="utf-8")
    ((name, said),) = prose.read(tmp_path).items()
    assert (name, said.title, said.kind, said.minutes) == ("1.1", "Double it", "code", 3)
    assert (said.hints, said.solution) == (("Why not?",), "One line.\n\nTwo.")
    assert (said.insight, said.mistakes) == ("", {"off": "Off by {by}, it seems."})
