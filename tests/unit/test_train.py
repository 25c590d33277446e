"""Training from the command line: what it writes, how it stops, and how it goes on."""

import io
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_edu import train
from gan_edu.metrics import DigitClassifier
from gan_edu.recipes import labelled_digit_game, tuned_digit_game
from gan_edu.training import Game, load_checkpoint
from tests.helpers.digits import DIGITS

# The real program, but it saves every 20 iterations, plays on the digits that need no download,
# and draws fewer samples: a test is about stopping and going on, not about the digits.
PROGRAM = """
import sys
from gan_edu import datasets, train
train.load_mnist = datasets.load_offline_digits
train.SAVE_EVERY, train.SAMPLES = 20, 100
sys.exit(train.main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def small_and_offline(monkeypatch):
    monkeypatch.setattr(train, "load_mnist", lambda: DIGITS)
    monkeypatch.setattr(train, "SAMPLES", 100)


def run(*arguments) -> int:
    return train.main([str(a) for a in arguments])


def start(*arguments) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*arguments) -> None:
    with start(*arguments) as process:
        output = process.communicate()[0]
    assert process.returncode == 0, output


def content(folder: Path) -> dict:
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    state["notes"].pop("seconds")
    return state


def assert_equal(left, right):
    if isinstance(left, dict):
        assert left.keys() == right.keys()
        for key in left:
            assert_equal(left[key], right[key])
    elif isinstance(left, torch.Tensor):
        assert torch.equal(left, right)
    else:
        assert left == right


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


def test_a_run_writes_checkpoint_samples_and_a_sheet(tmp_path, capsys):
    out = tmp_path / "new" / "run"
    assert run("--out", out, "--iterations", 3) == 0
    made = ["checkpoint.pt", "generator.pt", "samples.npz", "samples.png"]
    assert sorted(f.name for f in out.iterdir()) == made
    images = np.load(out / "samples.npz")["images"]
    assert images.shape == (100, 28, 28)
    assert images.dtype == np.uint8
    with Image.open(out / "samples.png") as sheet:
        assert sheet.size == (280, 280)
        np.testing.assert_array_equal(np.asarray(sheet)[:28, :28], 255 - images[0])
    assert "scikit-learn" in capsys.readouterr().out, "it says on what it trained"


def test_labels_are_seen_unless_they_are_not_wanted(tmp_path, capsys):
    run("--out", tmp_path / "with", "--iterations", 2)
    load_checkpoint(tmp_path / "with" / "checkpoint.pt", labelled_digit_game())
    run("--out", tmp_path / "without", "--iterations", 2, "--without-labels")
    load_checkpoint(tmp_path / "without" / "checkpoint.pt", tuned_digit_game())
    message = refusal(capsys, "--out", tmp_path / "without", "--iterations", 4, "--resume")
    assert "add --without-labels" in message


def test_seconds_are_cpu_seconds_of_training(tmp_path, monkeypatch):
    clock = iter(np.arange(0, 1000, 0.5))
    monkeypatch.setattr(train.time, "process_time", lambda: float(next(clock)))
    assert run("--out", tmp_path, "--seconds", 3) == 0
    game = labelled_digit_game()
    assert load_checkpoint(tmp_path / "checkpoint.pt", game)["seconds"] == 3
    assert game.iterations == 6, "the clock was read once before, and once after each iteration"


def test_the_bar_ends_at_its_total_though_the_last_iteration_takes_longer(
    tmp_path, capsys, monkeypatch
):
    clock = iter(np.arange(0, 1000, 0.7))
    monkeypatch.setattr(train.time, "process_time", lambda: float(next(clock)))
    assert run("--out", tmp_path, "--seconds", 3) == 0
    assert load_checkpoint(tmp_path / "checkpoint.pt", labelled_digit_game())["seconds"] == 3.5
    assert "3 of 3 CPU s" in capsys.readouterr().err


@pytest.mark.parametrize("code_page", ["ascii", "cp437", "cp1252"])
def test_no_code_page_takes_the_run_after_the_training(tmp_path, monkeypatch, code_page):
    monkeypatch.setattr(train, "load_classifier", lambda digits: DigitClassifier())
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=code_page))
    assert run("--out", tmp_path, "--iterations", 2, "--grade") == 0
    sys.stdout.flush()
    printed = written.getvalue().decode(code_page)
    assert "chet distance to the test images" in printed
    assert "nats" in printed


def test_ctrl_c_stops_cleanly_and_resume_goes_on(tmp_path):
    with start("--out", tmp_path / "run", "--iterations", 1_000_000) as process:
        wait_for((tmp_path / "run" / "checkpoint.pt").exists, process)
        process.send_signal(signal.SIGINT)
        output = process.communicate()[0]
    assert process.returncode == 130
    assert "Traceback" not in output
    assert "--resume goes on" in output
    stopped = content(tmp_path / "run")["game"]["iterations"]
    assert stopped >= 20
    assert (tmp_path / "run" / "samples.npz").exists()

    target = stopped + 5
    for name, extra in (("run", ["--resume"]), ("straight", [])):
        finish("--out", tmp_path / name, "--iterations", target, *extra)
    assert_equal(content(tmp_path / "run"), content(tmp_path / "straight"))


def test_resuming_a_finished_run_trains_no_more(tmp_path):
    run("--out", tmp_path, "--iterations", 3)
    before = content(tmp_path)
    assert run("--out", tmp_path, "--iterations", 3, "--resume") == 0
    assert_equal(content(tmp_path), before)


def refusal(capsys, *arguments) -> str:
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_a_run_is_never_overwritten(tmp_path, capsys):
    run("--out", tmp_path, "--iterations", 2)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    assert "holds a run: add --resume" in refusal(capsys, "--out", tmp_path, "--iterations", 9)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_there_must_be_something_to_resume(tmp_path, capsys):
    message = refusal(capsys, "--out", tmp_path, "--iterations", 2, "--resume")
    assert "holds no checkpoint" in message


def test_a_run_goes_on_only_as_it_began(tmp_path, capsys, monkeypatch):
    run("--out", tmp_path, "--iterations", 2, "--seed", 1)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    message = refusal(capsys, "--out", tmp_path, "--iterations", 4, "--seed", 2, "--resume")
    assert "made with seed 1" in message
    other = replace(DIGITS, name="MNIST")
    monkeypatch.setattr(train, "load_mnist", lambda: other)
    message = refusal(capsys, "--out", tmp_path, "--iterations", 4, "--seed", 1, "--resume")
    assert "made with data 'offline digits'" in message
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_a_damaged_checkpoint_is_named_and_left_alone(tmp_path, capsys):
    (tmp_path / "checkpoint.pt").write_bytes(b"nonsense")
    message = refusal(capsys, "--out", tmp_path, "--iterations", 4, "--resume")
    assert "checkpoint.pt is damaged" in message
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"nonsense"


def test_a_game_that_diverges_keeps_the_last_good_checkpoint(tmp_path, capsys, monkeypatch):
    run("--out", tmp_path, "--iterations", 2)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    step = Game.generator_step

    def diverge(game, *generated):
        if game.iterations == 4:
            raise FloatingPointError("the generator's loss is nan in iteration 5")
        yield from step(game, *generated)

    monkeypatch.setattr(Game, "generator_step", diverge)
    assert "nan in iteration 5" in refusal(capsys, "--out", tmp_path, "--iterations", 9, "--resume")
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize(
    "bad",
    [
        ["--iterations", "0"],
        ["--iterations", "-5"],
        ["--iterations", "2.5"],
        ["--seconds", "0"],
        ["--seconds", "nan"],
        ["--seconds", "inf"],
        ["--seconds", "5", "--iterations", "5"],
        [],
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(tmp_path, capsys, bad):
    assert refusal(capsys, "--out", tmp_path / "run", *bad)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("device", ["cpuu", "cuda:99"])
def test_a_device_that_is_not_there_is_said_before_any_data_are_read(
    tmp_path, capsys, monkeypatch, device
):
    monkeypatch.setattr(train, "load_mnist", lambda: pytest.fail("data are read"))
    with pytest.raises(SystemExit) as stop:
        run("--out", tmp_path, "--iterations", 3, "--device", device)
    assert stop.value.code == 2
    assert "argument --device: no such device here: " in capsys.readouterr().err


def test_an_output_folder_that_cannot_be_made_is_an_error_not_a_traceback(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", "utf-8")
    assert "file" in refusal(capsys, "--out", tmp_path / "file", "--iterations", 1)


def test_classifier_says_how_good_the_samples_are(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run("--out", tmp_path / "run", "--iterations", 3, "--grade") == 0
    printed = capsys.readouterr().out
    assert "Fréchet distance" in printed
    assert "nats" in printed
