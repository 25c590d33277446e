"""The Chinese letters of figures: a subset of Noto Sans CJK SC for the glyphs that occur.

python -m tools.font       cut it anew, from the whole font that this system has installed

Needed as soon as a translation brings a letter that no text has had. Debian's package of the whole
font is fonts-noto-cjk.
"""

import re
from collections.abc import Iterable

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont
from matplotlib import font_manager

from tools.translations import FOLDER, read

WHOLE, FACE = "NotoSansCJK-Regular.ttc", "Noto Sans CJK SC"
FAMILY = "gan_edu zh_CN"  # no name that a user's system may have: figures are alike everywhere
MADE = FOLDER / "figures.otf"
LARGEST = 400_000  # bytes: it travels with the package
ALWAYS = "，。、；：？！（）「」《》"
PLAIN = "".join(map(chr, range(0x20, 0x7F)))  # for words beside a formula: `families_of_formulas`
TABLES = ["BASE", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]  # of upright lines, and of other letters


def letters() -> set[str]:
    """Return the letters of all translations that matplotlib's own font lacks."""
    words = [ALWAYS]
    for path in sorted(FOLDER.glob("*.po")):
        words += [text for message in read(path) if message.id for text in _texts(message)]
    own = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    return {letter for letter in re.sub(r"\s", "", "".join(words)) if ord(letter) not in own}


def _texts(message) -> Iterable[str]:
    """Return the translations of a message: one, or one for each plural."""
    return [message.string] if isinstance(message.string, str) else message.string


def cut(whole: TTFont, wanted: set[str]) -> TTFont:
    """Return the font with these letters alone, under its own name, the same each time."""
    options = Options(layout_features=[], hinting=False, notdef_outline=True, glyph_names=False)
    options.name_IDs = ["*"]  # the licence is among them
    options.drop_tables += TABLES
    cutter = Subsetter(options)
    cutter.populate(text="".join(sorted(wanted)))
    cutter.subset(whole)
    for name, text in {1: FAMILY, 3: FAMILY, 4: FAMILY, 6: FAMILY.replace(" ", "-")}.items():
        whole["name"].setName(text, name, 3, 1, 0x409)
    return whole


def main() -> None:
    """Cut the font from the system's."""
    found = [path for path in font_manager.findSystemFonts() if path.endswith(WHOLE)]
    if not found:
        raise SystemExit(f"{WHOLE} is not installed; Debian has it in fonts-noto-cjk")
    faces = TTCollection(found[0]).fonts
    face = next(font for font in faces if font["name"].getDebugName(4) == FACE)
    face.recalcTimestamp = False
    cut(face, letters() | set(PLAIN)).save(MADE)
    size = MADE.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{size:,} bytes, more than {LARGEST:,}: translations of fewer letters?")
    print(f"{MADE.name}: {size:,} bytes, letters: {len(letters())}")


if __name__ == "__main__":
    main()
