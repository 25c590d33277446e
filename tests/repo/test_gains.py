"""A class's gain, from many students' files."""

import json
from pathlib import Path

import numpy as np
import pytest

from classroom import gains


def write(folder: Path, name: str, before: list, after: list, **changes) -> None:
    answers = {"before": {"minutes": 4}, "after": {"minutes": 6}}
    for when, marks in (("before", before), ("after", after)):
        for i, right in enumerate(marks, 1):
            if right is not None:
                answers[f"{when} {i}"] = {"form": "a", "answer": "1", "right": right}
    told = {"gan_edu_test": 1, "learner": name, "first": "a", "answers": answers} | changes
    (folder / f"gan_edu_test_{name}.json").write_text(json.dumps(told), "utf-8")


def test_a_class_s_table_counts_right_answers_and_names_what_does_not_count(tmp_path, capsys):
    write(tmp_path, "1", [0] * 10, [1] * 10)
    write(tmp_path, "2", [1] * 5 + [0] * 5, [1] * 5 + [0] * 4 + [None], first="b")
    write(tmp_path, "3", [None] * 10, [1] * 10)
    write(tmp_path, "4", [0] * 10, [7] * 10)
    (tmp_path / "gan_edu_test_5.json").write_text("{", "utf-8")
    (tmp_path / "gan_edu_test_6.json").write_text("[1]", "utf-8")
    (tmp_path / "gan_edu_test_7.json").write_text('{"gan_edu_test": 2}', "utf-8")
    gains.main(tmp_path)
    assert "students: 2, files not counted: 5" in capsys.readouterr().out
    told = (tmp_path / "gains.md").read_text("utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in told if line.startswith("| ")]
    by_question = [row[2:] for row in rows if row[0].partition(".")[0].isdigit() and len(row) == 5]
    assert by_question[0] == ["50%", "100%", "+50"]
    assert by_question[5] == ["0%", "50%", "+50"]
    assert by_question[9] == ["0%", "100%", "+100"], "an answer that is missing is no wrong one"
    chapters = {row[0]: row[1:] for row in rows if len(row) == 4}
    assert list(chapters) == ["chapter", "0", "1", "2", "3", "4", "5", "all"]
    assert chapters["0"] == ["50%", "100%", "+50"]
    forms = {row[0]: row[1:] for row in rows if row[0] in "ab"}
    assert forms == {"a": ["1", "0%", "100%", "+100"], "b": ["1", "50%", "56%", "+6"]}
    assert sum(line.startswith("- not counted: gan_edu_test_") for line in told) == 5
    assert (tmp_path / "gains.png").stat().st_size > 10_000


def test_a_file_is_refused_in_words_and_not_by_its_first_missing_name(tmp_path):
    for i, text in enumerate(("{", "[1]", "{}", '{"gan_edu_test": 1}')):
        (tmp_path / f"{i}.json").write_text(text, "utf-8")
    write(tmp_path, "4", [None] * 10, [1] * 10)
    *strange, half = gains.read(tmp_path.iterdir()).refused
    assert strange == [f"{i}.json: not a file of this test" for i in range(4)]
    assert half == "gan_edu_test_4.json: one of the two tests was not taken"


def test_one_student_s_second_file_replaces_the_first_and_nobody_s_is_an_error(tmp_path):
    write(tmp_path, "1", [0] * 10, [1] * 10)
    write(tmp_path, "2", [1] * 10, [1] * 10, learner="1")
    found = gains.read(tmp_path.iterdir())
    assert found.right.shape == (1, 2, 10)
    assert np.all(found.right == 1)
    with pytest.raises(SystemExit, match="nobody's file has both tests"):
        gains.main(tmp_path / "none")


def test_the_picture_has_an_arrow_from_before_to_after(tmp_path):
    write(tmp_path, "1", [0] * 10, [1] * 4 + [0] * 6)
    (axes,) = gains.picture(gains.read(tmp_path.iterdir())).axes
    before, after = (line.get_xdata() for line in axes.lines)
    assert np.array_equal(before, np.zeros(10))
    assert np.array_equal(after, [1] * 4 + [0] * 6)
