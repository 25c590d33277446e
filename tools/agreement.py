"""What both sides of a translation share, and how Chinese is written here.

Both sides share formulas (the words in them may be Chinese), code spans (an exercise's option in
quotation marks is the Chinese one), numbers, places for values, addresses, levels of headings,
marks of lists and tables, tags, bold and italic pieces. Chinese has full-width punctuation (also
around formulas and at the end, but not in a point like (1, 0)); no space between Chinese and Latin
letters or digits, one space between Chinese and a formula in dollars or a code span, none beside
full-width punctuation. Where a term of the glossary stands on the English side, one of its Chinese
names stands on the other.
"""

import re
from collections import Counter
from functools import cache

from markdown_it import MarkdownIt

from tools import translations
from tools.literals import VALUE
from tools.paragraphs import CODE, FORMULA, HAN
from tools.translations import GLOSSARY

ADDRESS = r"(?<=\]\()[^)]*(?=\))"
TAG = r"</?\w+[^>]*>"
WORDS = r"(?<=\\text\{)[^{}]*"  # of a formula
QUOTED = r'`"([^`"]+)"`'
SHARED = {
    "formulas": FORMULA,
    "code spans": CODE,
    "places for values": VALUE,
    "addresses": ADDRESS,
    "tags": TAG,
    "numbers": r"[0-9]+(?:[.,][0-9]+)*",
    "heading or list mark": r"^(?:#+|[-*]|\d+\.) ",
    "columns": r"^\| |(?<= )\|(?= )| \|$",
    "answer marks": r"^(?:else|[−-]?(?:log |ln )?[0-9./]+ ?%?)::|::",
    "backslashes": r"\\.",
    "blanks at the ends": r"^ +| +$",
}
WIDE = "，。：；？！、（）“”《》…—"
TYPOGRAPHY = {
    "half-width punctuation beside Chinese": rf"(?<={HAN})[,;:?!()'\"]|[,;:?!()'\"](?={HAN})"
    rf"|(?<={HAN})\.(?!\.)|(?<!\d)\.(?={HAN})",
    "half-width punctuation at the end": r"(?<![.\d])[.,:;?!](?=\x03?$)",
    "straight quotation marks": r'"',
    "a space between Chinese and Latin": rf"(?<={HAN}) (?=[^\W_])|(?<=[^\W_]) (?={HAN})",
    "a space beside full-width punctuation": rf"(?<=[{WIDE}]) (?! |$)|(?<!^)(?<! ) (?=[{WIDE}])",
    "no space between Chinese and a formula or code": rf"{HAN}[\x01\x02]|[\x01\x02]{HAN}",
    "a space before %": r"[\dv] +%",
}
HALF_WIDTH = r"[\x01\x02][,;](?= ?[\x01\x02])"  # between two formulas, in a table without Chinese
# Terms of the glossary that mean nothing else in the course's English.
TERMS = (
    "generator", "discriminator", "generative adversarial network", "zero-sum game", "noise",
    "density", "cumulative distribution function", "quantile function", "standard deviation",
    "histogram", "nat", "sampling error", "mode collapse", "curse of dimensionality", "logit",
    "critic", "integral probability metric", "Wasserstein distance", "Lipschitz constraint",
    "weight clipping", "gradient penalty", "spectral normalisation", "log loss",
    "optimal discriminator", "non-saturating", "value function", "iteration", "learning rate",
    "equilibrium", "saddle point", "R1 penalty", "exponential moving average", "latent vector",
    "latent space", "batch normalisation", "minibatch standard deviation", "digit classifier",
    "nearest neighbour", "Parzen window", "failure mode", "vanishing gradient", "distribution",
    "mixture", "support", "extragradient", "symmetrised KL", "Jensen–Shannon divergence",
)  # fmt: skip


def faults(english: str, chinese: str, in_code: bool = False) -> list[str]:
    """Return what is wrong with a translation, in words; a string or comment stands `in_code`."""
    if english == chinese:
        return [] if in_code else ["it is not translated"]
    if in_code:  # what is printed under another line is padded by columns, not by characters
        english, chinese = (re.sub(r"(?<=[:：])[ \u3000]+$", "", t) for t in (english, chinese))
        if chinese.endswith(tuple(WIDE)):  # a full-width mark is its own blank
            english = english.rstrip(" ")
    found = [*_unshared(english, chinese), *_typography(english, chinese)]
    if not in_code:
        found += _marks(english, chinese)
        if not re.search(HAN, chinese):
            found.append("no Chinese in it")
    return found + _terms(english, chinese)


def _unshared(english: str, chinese: str) -> list[str]:
    """Return what one side has and the other has not."""
    found = []
    english = re.sub(QUOTED, lambda span: f'`"{_options().get(span[1], span[1])}"`', english)
    english, chinese = (re.sub(WORDS, "", text) for text in (english, chinese))
    for name, pattern in SHARED.items():
        one, other = (Counter(re.findall(pattern, text, re.DOTALL)) for text in (english, chinese))
        for side, more in (("English", one - other), ("Chinese", other - one)):
            if more:
                found.append(f"{name} on the {side} side only: {', '.join(more.elements())}")
        if name in ("formulas", "code spans", "places for values", "addresses", "tags"):
            english, chinese = (
                re.sub(pattern, "§", t, flags=re.DOTALL) for t in (english, chinese)
            )
    return found


@cache
def _options() -> dict[str, str]:
    """Return the Chinese of each text of the package; among them are the exercises' options."""
    package = translations.read(translations.FOLDER / "package.po")
    return {str(entry.id): str(entry.string) for entry in package if isinstance(entry.id, str)}


def _plain(text: str) -> str:
    r"""Return a text with \x01 for a formula, \x02 for a code span, \x03 for bold, its fields in
    lines; of addresses, tags, values, points and calls like N(0,1) nothing is left but a letter.
    """
    text = re.sub(FORMULA, "\x01", text, flags=re.DOTALL)
    text = re.sub(CODE, "\x02", text)
    text = re.sub(rf"{ADDRESS}|{TAG}", "", text)
    text = re.sub(r"^(?:#+|[-*]|\d+\.) ", "", re.sub(VALUE, "v", text)).replace("**", "\x03")
    text = re.sub(r"(?<= )\*(?= )", "×", text)
    text = re.sub(r"(?<=\w) \*(?=\w)|(?<=\w)\* (?=\w)", "*", text)  # italic in bold
    text = re.sub(r"\*|\]\(\)|\[(?=[^]]*\]\(\))", "", text)
    text = re.sub(r"\([^()\x01\x02\u3400-\u9fff]+, [^()\x01\x02\u3400-\u9fff]+\)", "v", text)
    for _ in range(3):  # calls in calls
        text = re.sub(r"(?<=[\wΑ-ω⁰-₉′^])(?<![\u3400-\u9fff])\([^()]*\)|\([0-9.]+\)", "v", text)
    return re.sub(r" *\| |:: *", "\n", text)


def _typography(english: str, chinese: str) -> list[str]:
    found = []
    for line in _plain(chinese).split("\n"):
        for name, pattern in TYPOGRAPHY.items():
            if re.search(HAN, line) and (at := re.search(pattern, line)):
                found.append(f"{name}: …{line[max(0, at.start() - 8) : at.end() + 8]}…")
        if re.search(HALF_WIDTH, line):
            found.append("half-width punctuation between formulas or code")
    if re.search(r"\S  +\S", chinese) and not re.search(r"\S  +\S", english):
        found.append("doubled spaces")
    for mark, shown in (("\x01", "$…$"), ("\x02", "`…`"), ("\x03", "**")):
        found = [words.replace(mark, shown) for words in found]
    return found


def _marks(english: str, chinese: str) -> list[str]:
    """Return whether Markdown finds as many bold and italic pieces and stars on both sides.

    Chinese may have fewer italic ones: they become quotation marks, which do not stress a word.
    """
    wanted, found = _pieces(english), _pieces(chinese)
    wanted["em_open"] = min(wanted["em_open"], found["em_open"])
    if found == wanted:
        return _loose(chinese)
    return ["bold or italic pieces differ; put punctuation outside of them: **词**，not **词，**"]


def _pieces(text: str) -> Counter:
    found: Counter = Counter()
    for inline in MarkdownIt().parseInline(re.sub(FORMULA, "$x$", text)):
        for token in inline.children or []:
            found[token.type] += token.type in ("strong_open", "em_open")
            found["*"] += token.content.count("*") * (token.type == "text")
    return found


def _loose(chinese: str) -> list[str]:
    """Return which bold piece ends too early where JupyterLab's Markdown, marked, reads it.

    Between letters a star may open or close: marked does not count it, and takes the two stars
    that only can close for the end of the bold piece, if none that only can open is between them.
    """
    for bold in re.findall(r"\*\*((?:[^*]|(?<!\*)\*(?!\*))+)\*\*", chinese):
        closed = 0
        for star in re.finditer(r"(?<=\w)\*(?!\w)|(?<!\w)\*(?=\w)", bold):
            closed += 1 if re.match(r"\w", bold[star.start() - 1 : star.start()]) else -1
            if closed > 1:
                seen = bold[max(0, star.start() - 8) : star.end() + 8]
                return [f"bold around italic needs a space: **…看 *词*，……**, not …{seen}…"]
    return []


@cache
def terms() -> dict[str, tuple[str, ...]]:
    """Return the Chinese names of each term that is checked, from the glossary's table.

    As many names with commas between them as there are terms belong to these in turn.
    """
    rows = [
        [field.strip() for field in line.strip("|").split("|")]
        for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    found = {}
    for english, _symbol, _code, chinese, _chapter in rows:
        names, several = re.split(r", (?:or )?", english), chinese.split("，")
        for i, name in enumerate(names):
            term = re.split(r" \(|: | or ", name)[0]
            told = several[i] if len(several) == len(names) else chinese
            if term in TERMS:
                found[term] = tuple(filter(None, re.split(r"[，（）]", told)))
    return found


def _terms(english: str, chinese: str) -> list[str]:
    english = re.sub(rf"{FORMULA}|{CODE}|{VALUE}|{ADDRESS}|{TAG}", " ", english)
    found, rest = [], english
    for term in sorted(terms(), key=len, reverse=True):
        plural = rf"\b{re.sub('y$', '(?:y|ies)', re.escape(term))}s?\b"
        rest, count = re.subn(plural, " ", rest, flags=re.IGNORECASE)
        if count and not any(name in chinese for name in terms()[term]):
            found.append(f"“{term}” is {' or '.join(terms()[term])}")
    return found
