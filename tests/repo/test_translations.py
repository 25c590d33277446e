"""The Chinese edition: nothing missing, stale or unused; both sides agree; the same cells."""

import ast
import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import jupytext
import nbformat
import pytest

from classroom import copies, slides
from gan_edu import exercises, language, practice
from tests.helpers.tongue import speaking
from tools import agreement, edition, literals, paragraphs, translations
from tools import notebooks as build

ROOT = Path(__file__).parents[2]
SCRIPTS = build.scripts([])
TAUGHT = ["01", "02", "03", "04", "05", "06"]  # chapters with exercises
CATALOGUES = sorted(translations.FOLDER.glob("*.po"))

each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=[p.stem for p in CATALOGUES])
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=[s.stem for s in SCRIPTS])


def entries(path: Path) -> list:
    return [entry for entry in translations.read(path) if entry.id]


@cache
def cells_of(script: Path, of: str = translations.LANGUAGE) -> list:
    return build.unexecuted(script, ROOT / "not.there", of).cells


# The catalogues


@each_catalogue
def test_a_catalogue_holds_the_english_texts_of_now_and_no_other(path):
    wanted = translations.as_po(translations.update(path.stem), path.stem)
    assert path.read_bytes() == wanted, "run `python -m tools.translations`"


@each_catalogue
def test_every_text_is_translated_and_no_translation_is_of_an_older_sentence(path):
    fuzzy = [(entry.id, "was", entry.previous_id) for entry in entries(path) if entry.fuzzy]
    assert not fuzzy, "translate anew"
    missing = [entry.id for entry in entries(path) if not translations.told(entry)]
    assert not missing, f"{len(missing)} are not translated"


@each_catalogue
def test_both_sides_of_a_translation_agree(path):
    wrong = {}
    for entry in entries(path):
        english = [entry.id] if isinstance(entry.id, str) else [entry.id[-1]]
        told = [entry.string] if isinstance(entry.string, str) else entry.string
        in_code = "code" in entry.auto_comments or path.stem == "package"
        for one, other in zip(english, told, strict=True):
            if other and not entry.fuzzy and (faults := agreement.faults(one, other, in_code)):
                wrong[one] = (other, faults)
    assert not wrong


def test_what_the_package_looks_up_is_compiled_from_the_catalogues_of_now():
    with translations.COMPILED.open("rb") as file:
        known = language.catalogues.GNUTranslations(file)._catalog
    wanted = {}
    for entry in translations.compiled():
        if entry.id and isinstance(entry.id, str):
            wanted[entry.id] = entry.string
        elif entry.id:
            wanted |= {(entry.id[0], i): text for i, text in enumerate(entry.string)}
    del known[""]
    assert known == wanted, "run `python -m tools.translations`"


def test_two_catalogues_with_two_translations_of_one_text_are_refused(tmp_path, monkeypatch):
    for name, chinese in (("a", "是"), ("b", "对")):
        text = f'#: gan_edu/{name}.md\nmsgid "yes"\nmsgstr "{chinese}"\n'
        (tmp_path / f"{name}.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"b\.po: another one translates 'yes' differently"):
        translations.compiled()


def test_exercises_puzzles_and_questions_are_read_in_chinese_as_in_english():
    def read() -> list:
        found = [q for form in practice.forms().values() for q in form]
        for number in exercises._folders():
            found += exercises.questions(number)
        return found

    english = read()
    with speaking(translations.LANGUAGE):
        told = read()
    for one, other in zip(english, told, strict=True):
        assert (one.name, one.text.kind) == (other.name, other.text.kind)
        assert len(one.options) == len(other.options)
        assert len(one.text.mistakes) == len(other.text.mistakes)
        assert one.options or one.answer == other.answer


def test_a_changed_sentence_keeps_its_translation_as_a_proposal(tmp_path, monkeypatch):
    chapter = translations.chapters()[1]
    english = [entry.id for entry in translations.extracted(chapter)]
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    catalogue = translations.extracted(chapter)
    long = next(text for text in english if len(text) > 100)
    catalogue[long].string = "一句话。"
    (tmp_path / f"{chapter}.po").write_bytes(translations.as_po(catalogue, chapter))
    new = translations.extracted(chapter)
    new.delete(long)
    new.add(f"{long} And more.")
    monkeypatch.setattr(translations, "extracted", lambda chapter: new)
    entry = translations.update(chapter)[f"{long} And more."]
    assert (entry.string, entry.fuzzy, [*entry.previous_id]) == ("一句话。", True, [long])
    assert not translations.told(entry), "the notebook is English there until it is looked at"
    saved = translations.as_po(translations.update(chapter), chapter)
    assert b"#~" not in saved
    assert b"#|" not in saved, "Babel breaks an older sentence so that polib refuses it"


# What is taken out of a notebook, and put back


@each_script
def test_with_its_own_words_a_notebook_is_the_same(script):
    cells = jupytext.read(script).cells
    before = [cell.source for cell in cells]
    heard = []
    translations.translated(cells, lambda text, kind: heard.append(text) or text)
    assert [cell.source for cell in cells] == before
    assert len(heard) > 100


def shape(source: str) -> str:
    """Return the tree of a cell without its strings; what stands in their places is kept."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = [v for v in node.values if not isinstance(v, ast.Constant)]
            node.values.sort(key=ast.dump)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@each_script
def test_the_code_of_a_chinese_notebook_is_that_of_the_english_one_but_for_its_words(script):
    one, other = (
        [cell for cell in cells_of(script, of) if cell.cell_type == "code"] for of in build.PLACES
    )
    for english, translated in zip(one, other, strict=True):
        assert dict(english.metadata) == dict(translated.metadata)
        assert shape(translated.source.replace(edition.SPEAK, "")) == shape(english.source)


MARKDOWN = """## A heading

A paragraph
in two lines.

$$x = \\text{mean of all}$$

| $x$ | a row |
|:--|:--|
| $y$ | another |

- one point
- two points

```python
code = "stays"  # a comment
```

<details><summary>Found</summary>

</details>"""


def test_paragraphs_rows_and_points_are_told_and_comments_of_code_and_words_of_formulas():
    heard = []
    made = paragraphs.translated(MARKDOWN, lambda text: heard.append(text) or "字")
    assert sorted(heard) == [
        "# a comment", "## A heading", "- one point", "- two points",
        "<details><summary>Found</summary>", "A paragraph\nin two lines.", "mean of all",
        "| $x$ | a row |", "| $y$ | another |",
    ]  # fmt: skip
    assert made.endswith('code = "stays"  字\n```\n\n字\n\n</details>')
    assert "字\n\n$$x = \\text{字}$$\n\n字\n|:--|:--|\n字" in made


CODE = """# a comment
runs = {"two modes": 1, "normal": 2}
first = runs["two modes"] if mode != "collapse" else runs.get("w1")
stage.explore(
    scene, n=3, loc="center left", labels={"n": "dots"}, alt="A picture of "
    "dots.",
)
print(f"{first:{w}.2f} of 8:", "none", f"{first:.2f}")  # fmt: skip
answer = stage.predict("Which?", ["left", "right"])
lab.play("normal")
"""


def test_strings_that_are_read_and_comments_are_told_apart_from_names():
    heard = []
    literals.translated(CODE, lambda text: heard.append(text) or text, literals.names([CODE]))
    assert heard == [
        "# a comment", "two modes", "normal", "two modes", "dots", "A picture of dots.",
        "{first:{w}.2f} of 8:", "none", "Which?", "left", "right",
    ]  # fmt: skip


def test_strings_are_put_back_in_their_places_and_broken_where_they_are_long():
    words = {"two modes": "两峰", "A picture of dots.": "很多点" * 40, "# a comment": "# 注释"}
    made = literals.translated(CODE, lambda text: words.get(text, text), literals.names([CODE]))
    assert made.splitlines()[:3] == [
        "# 注释", 'runs = {"两峰": 1, "normal": 2}',
        'first = runs["两峰"] if mode != "collapse" else runs.get("w1")',
    ]  # fmt: skip
    long = words["A picture of dots."]
    assert long in [n.value for n in ast.walk(ast.parse(made)) if isinstance(n, ast.Constant)]
    assert max(map(literals.columns, made.splitlines())) <= 100


# What both sides share


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("The map is $f$, with 3 modes.", "映射是 $f$，有3个峰。"),
        ("**What does $D$ answer?** Look at `x`.", "**$D$ 回答什么？** 看 `x`。"),
        ("Samples of N(0,1), by (1.1)", "由(1.1)，N(0,1)的样本"),
        ("| $x$ | `f` | – | the noise |", "| $x$ | `f` | – | 噪声 |"),
        ("- See [chapter 2](02_x.ipynb).", "- 见[第2章](02_x.ipynb)。"),
        ("0.5:: The same probability.", "0.5:: 概率相同。"),
        ("The generator and its *noise*", "生成器及其*噪声*"),
        ("An equilibrium is a saddle point.", "均衡是鞍点。"),
        ("**Tick *a*. Move *b*: see.**", "**勾选 *一*。移动 *二*：看。**"),
        ("**Press *Play*. Where?**", "**按*播放*。去哪里？**"),
        ("D* in 5 % of all", "有5%是D*"),
        ("It is *never* so.", "从来不是这样。"),
        ("One step goes from (1, 0) to (1 − η², η).", "一步从(1, 0)走到(1 − η², η)。"),
        (r"The sum $\sum_{\text{real}}x$", r"和 $\sum_{\text{真实}}x$"),
        ('Is it `"a narrower bell"`?', '是 `"更窄的钟形"`？'),
    ],
)
def test_a_good_translation_has_no_fault(english, chinese):
    assert agreement.faults(english, chinese) == []


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        (r"The sum $\sum_{\text{real}}x$", r"和 $\sum_{\text{真实}}y$", "formulas"),
        ('Is it `"a narrower bell"`?', '是 `"a narrower bell"`？', "code spans"),
        ("It has ($x$, $y$)", "它有($x$, $y$)这样", "half-width punctuation"),
        ("The map $f$", "映射 $g$", "formulas on the English side only: $f$"),
        ("Call `f` twice", "调用 `g` 两次", "code spans"),
        ("It is {x:.2f} high", "高度为{y:.2f}", "places for values"),
        ("All 8 modes", "全部9个峰", "numbers"),
        ("See [it](a.ipynb)", "见[它](b.ipynb)", "addresses"),
        ("## A heading", "### 标题", "heading"),
        ("- a point", "一点", "list mark"),
        ("<details><summary>Found</summary>", "<details>发现", "tags"),
        ("| a | bc |", "| 一二 |", "columns"),
        ("else:: Why?", "其他:: 为什么？", "answer marks"),
        ("two ", "两个", "blanks at the ends"),
        ("so it is", "就是这样.", "half-width punctuation"),
        ("so, it is", "这样,就是", "half-width punctuation beside Chinese"),
        ("It is $x$.", "它是 $x$.", "half-width punctuation at the end"),
        ('say "it"', '说"它"', "straight quotation marks"),
        ("use GANs", "用 GAN", "a space between Chinese and Latin"),
        ("so, $x$", "这样， $x$", "a space beside full-width punctuation"),
        ("so $x$", "这样$x$", "no space between Chinese and a formula"),
        ("one two", "一  二", "doubled spaces"),
        ("**Look.** Then run", "**看。**再运行", "bold or italic"),
        ("**Look** here", "看这里", "bold or italic"),
        ("Look here", "看*这里*", "bold or italic"),
        ("*Look* here", "*看 *这里", "bold or italic"),
        ("**Tick *a*. Move *b*: see.**", "**勾选*一*。移动*二*：看。**", "needs a space"),
        ("In 5 % of all", "有5 %", "a space before %"),
        ("| $x$, $y$ | one |", "| $x$, $y$ | 一 |", "half-width punctuation between"),
        ("The generators learn", "网络学习", "“generator” is 生成器 or 伪造者"),
        ("Learning rates", "步长", "“learning rate” is 学习率"),
        ("plain words", "plain words", "not translated"),
        ("plain words", "simple words", "no Chinese"),
    ],
)
def test_a_fault_of_a_translation_is_named(english, chinese, fault):
    assert fault in "; ".join(agreement.faults(english, chinese))


def test_what_is_printed_before_more_ends_in_a_full_width_mark_or_in_a_blank_as_in_english():
    assert agreement.faults("N = {n}, ", "N是{n}，", in_code=True) == []
    assert agreement.faults("N = {n} ", "N是{n}", in_code=True)


def test_a_printed_label_may_be_padded_by_columns():
    assert agreement.faults("of G:  ", "生成的：\u3000 ", in_code=True) == []
    assert agreement.faults("of G:  ", "生成的：   ", in_code=True) == []
    assert agreement.faults("of G  ", "生成的 ", in_code=True)


def test_a_name_in_code_may_stay_as_it_is():
    assert agreement.faults("Deep GSN", "Deep GSN", in_code=True) == []


def test_every_term_that_is_checked_stands_in_the_glossary_with_a_chinese_name():
    assert set(agreement.TERMS) == set(agreement.terms())
    assert all(agreement.terms().values())


# The notebooks


@each_script
def test_the_language_is_chosen_before_anything_of_the_package_is_imported(script):
    cells = cells_of(script)
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    ours = [line for line in code.splitlines() if edition.OURS.match(line)]
    assert ours[0] == "from gan_edu import language"
    assert code.index("language.speak(") < code.index(ours[1])


@each_script
def test_who_begins_behind_the_warm_up_or_with_the_exercises_hears_chinese_too(script):
    code = [cell.source for cell in cells_of(script) if cell.cell_type == "code"]
    exercises = [source for source in code if edition.EXERCISES in source]
    setup = [source for source in code if edition.SETUP in source]
    assert (len(exercises), len(setup)) == (script.stem[:2] in TAUGHT, 1)
    assert all(edition.SPEAK in source for source in [*exercises, *setup])


@each_script
def test_links_lead_to_chinese_chapters_and_to_sections_that_are_there(script):
    headings = {other.stem: edition.headings(cells_of(other)) for other in SCRIPTS}
    prose = "\n".join(cell.source for cell in cells_of(script) if cell.cell_type == "markdown")
    assert f"/blob/main/notebooks/zh/{script.name.replace('.py', '.ipynb')})" in prose
    for file, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", prose):
        name = file.removesuffix(".ipynb") or script.stem
        assert name in (*headings, "glossary")
        assert not anchor or anchor in headings[name], anchor


def test_the_chinese_glossary_has_the_same_table():
    one, other = (build.glossary(of).cells[0].source for of in build.PLACES)
    assert one.partition("\n|:--")[2] == other.partition("\n|:--")[2]


@each_script
def test_the_options_in_a_chinese_question_are_the_words_that_check_takes(script):
    one, other = (
        "\n".join(cell.source for cell in cells_of(script, of) if cell.cell_type == "markdown")
        for of in build.PLACES
    )
    known = translations.read(translations.FOLDER / "package.po")
    for exercise in exercises.exercises(int(script.stem[:2])) if script.stem[:2] in TAUGHT else ():
        for option in (exercise.answer, *(answer for answer, _ in exercise.wrong)):
            if f'`"{option}"`' in one and (entry := known.get(option)):
                assert f'`"{entry.string}"`' in other


def labels(source: str) -> list[str]:
    """Return of each statement the label that it prints, or "" if it prints none."""
    calls = [getattr(line, "value", None) for line in ast.parse(source).body]
    firsts = [call.args[0] if getattr(call, "args", None) else None for call in calls]
    return [str(getattr(first, "value", "")) for first in firsts]


@each_script
def test_labels_printed_one_below_another_are_equally_wide_in_chinese(script):
    one, other = (
        [
            labels(cell.source.replace(edition.SPEAK, ""))
            for cell in cells_of(script, of)
            if cell.cell_type == "code"
        ]
        for of in build.PLACES
    )
    for english, told in zip(one, other, strict=True):
        for i, (first, second) in enumerate(pairwise(english)):
            if (
                first
                and len(first) == len(second)
                and first.rstrip()[-1] == second.rstrip()[-1] == ":"
            ):
                assert literals.columns(told[i]) == literals.columns(told[i + 1]), told[i : i + 2]


# For a class


def test_a_class_gets_chinese_copies_that_link_to_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "execute", lambda *_: None)
    with speaking(translations.LANGUAGE):
        copies.main(["01"], tmp_path, translations.LANGUAGE)
    for who in ("student", "lecturer"):
        folder = tmp_path / "zh" / who
        assert (folder / "glossary.ipynb").exists()
        cells = nbformat.read(folder / "01_inverse_cdf.ipynb", as_version=4).cells
        assert cells[0].source.splitlines()[0] == cells_of(SCRIPTS[1])[0].source.splitlines()[0]
        assert f"language.speak({translations.LANGUAGE!r})" in copies.imports(cells)


def test_a_class_gets_chinese_slides(tmp_path):
    with speaking(translations.LANGUAGE):
        slides.main(["00"], tmp_path, translations.LANGUAGE)
    deck = (tmp_path / "zh" / f"{translations.FIRST}.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in deck
    assert edition.headings(cells_of(SCRIPTS[0]))[1].replace("-", " ") in deck


def parts_of_readme(path: str) -> tuple[list, list, list]:
    """Return a front page's heading levels, its commands, and the numbers of its tables' rows."""
    text = (ROOT / path).read_text(encoding="utf-8")
    commands = re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+(?= )", prose, re.MULTILINE)
    rows = [re.sub(r"\]\([^)]*\)", "", row) for row in prose.splitlines() if row.startswith("|")]
    return headings, commands, [re.findall(r"\d+", row) for row in rows]


def test_the_chinese_front_page_has_the_commands_and_numbers_of_the_english_one():
    headings, commands, numbers = parts_of_readme("README.md")
    theirs = parts_of_readme("README.zh.md")
    opened = [c.replace("lab notebooks/", "lab notebooks/zh/") for c in commands]
    assert theirs == (headings, opened, numbers)


@pytest.mark.parametrize(
    ("chinese", "built"),
    [
        ("2. 按*重置*，再看 `a*b*c` 和 $D^*$。", "2. 按“重置”，再看 `a*b*c` 和 $D^*$。"),
        ("**再看 *损失*，怎么样？** 好", "**再看“损失”，怎么样？** 好"),
        ("*写代码，8分钟*。求 $x$。", "【写代码，8分钟】求 $x$。"),
        ("**粗体**，*Deep Learning*", "**粗体**，*Deep Learning*"),
        ("副本*B*和*C*，按*重置*。", "副本*B*和*C*，按“重置”。"),
        ("1. *噪声*选1维", "1. “噪声”选1维"),
        ("- *重置*：从头来", "- “重置”：从头来"),
        ("| *距离* | 慢 |", "| “距离” | 慢 |"),
    ],
)
def test_chinese_is_never_slanted(chinese, built):
    assert translations.upright(chinese) == built


def test_no_chinese_word_is_slanted_where_a_learner_reads():
    for path in sorted(ROOT.glob("notebooks/zh/*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            text = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
            plain = re.sub(translations.NOT_WORDS, "", text)
            slanted = re.findall(translations.ITALIC, plain)
            assert not [s for s in slanted if re.search(translations.HAN, s)], path.name
