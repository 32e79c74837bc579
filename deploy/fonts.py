"""Makes the font files of the page and of pictures: `make fonts`, when the letters change.

Each weight of Source Sans is cut into two WOFF2 files for the page: the letters of Western and
Central European languages, which most pages need alone, and all others. Pictures get a font of
Japanese letters: kana, and the kanji of JIS X 0208 level 1 with the simplest outlines, as many as
fit into half a megabyte. The licence of all, the SIL Open Font License 1.1, keeps the name
"Source" for the unchanged font, so the files have other names, and the licence lies beside them.
"""

import shutil
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "services" / "edge" / "web" / "static" / "font"
PICTURES = ROOT / "geodata" / "floorplans" / "drawing" / "fonts"
MOST_BYTES = 500_000
NAME = "Enrayon Sans"
WEIGHTS = {"regular": "Regular", "semibold": "Semibold"}
LATIN = (
    "U+0000-024F,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0300-0304,U+0308,U+2000-206F,U+20AC,U+2122,"
    "U+2190-2193,U+2212,U+2215,U+2713"
)
"""Latin letters with their accents, punctuation, arrows and the minus sign."""
NAMES = (1, 3, 4, 6, 16, 18, 21)
"""Ids of the name table that name the font itself."""
FEATURES = ["kern", "liga", "mark", "mkmk", "ccmp", "locl", "tnum", "calt"]


def folder(package: str) -> Path:
    """The folder of an installed package."""
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


def main() -> None:
    """Write the files."""
    source = folder("font_source_sans_pro") / "files"
    TARGET.mkdir(exist_ok=True)
    shutil.copyfile(source / "LICENSE.txt", TARGET / "LICENSE.txt")
    latin = set(subset.parse_unicodes(LATIN.replace("U+", "")))
    for name, weight in WEIGHTS.items():
        path = source / f"SourceSansPro-{weight}.ttf"
        letters = set(TTFont(path).getBestCmap())
        write(path, f"{name}.woff2", letters & latin, weight)
        write(path, f"{name}-more.woff2", letters - latin, weight)
    write_japanese(letters)


def write_japanese(others: set[int]) -> None:
    """Write the font of Japanese letters, and the list of all letters that pictures have."""
    package = folder("noto_cjk_sans_jp_regular")
    source = package / "NotoSansCJKjp-Regular.otf"
    kana = {*range(0x3000, 0x3100), *range(0xFF01, 0xFFA0)}
    kanji = by_outline(source, level_1())
    most = len(kanji)
    PICTURES.mkdir(exist_ok=True)
    target = PICTURES / "EnrayonSansJP.otf"
    while True:
        options = subset.Options(layout_features=[], hinting=False)
        options.name_IDs = ["*"]
        options.drop_tables += ["VORG", "vhea", "vmtx", "BASE"]
        font = subset.load_font(str(source), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=kana | set(kanji[:most]))
        cutter.subset(font)
        for record in font["name"].names:
            if record.nameID in NAMES:
                record.string = "EnrayonSansJP" if record.nameID == 6 else "Enrayon Sans JP"
        letters = set(font.getBestCmap())
        subset.save_font(font, str(target), options)
        if target.stat().st_size <= MOST_BYTES:
            break
        most -= 50 + (target.stat().st_size - MOST_BYTES) // 400
    licence = next(package.parent.glob("noto_cjk_sans_jp_regular-*/licenses/LICENSE"))
    shutil.copyfile(licence, PICTURES / "LICENSE.txt")
    drawn = "".join(map(chr, sorted(others | letters)))
    (PICTURES / "letters.txt").write_text(drawn, "utf-8")
    sys.stdout.write(f"{target.name}: {len(letters)} letters, {target.stat().st_size:,} bytes\n")


def level_1() -> set[int]:
    """The kanji of level 1 of JIS X 0208, its rows 16 to 47."""
    found = set()
    for row in range(16, 48):
        for cell in range(1, 95):
            with suppress(UnicodeDecodeError):
                found.add(ord(bytes((row + 0xA0, cell + 0xA0)).decode("euc_jp")))
    return found


def by_outline(source: Path, letters: set[int]) -> list[int]:
    """The letters by the length of their outlines, the simplest first."""
    font = TTFont(source)
    names = font.getBestCmap()
    outlines = font["CFF "].cff.topDictIndex[0].CharStrings
    return sorted(letters & set(names), key=lambda code: len(outlines[names[code]].bytecode))


def write(source: Path, target: str, letters: set[int], weight: str) -> None:
    """Write the letters of a font under the other name."""
    options = subset.Options(flavor="woff2", layout_features=FEATURES, hinting=False)
    options.name_IDs = ["*"]
    font = subset.load_font(str(source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=letters)
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in NAMES:
            plain = record.nameID in (6,)
            full = f"{NAME} {weight}" if record.nameID != 1 else NAME
            record.string = full.replace(" ", "") if plain else full
    subset.save_font(font, str(TARGET / target), options)
    size = (TARGET / target).stat().st_size
    sys.stdout.write(f"{target}: {len(letters)} letters, {size:,} bytes\n")


if __name__ == "__main__":
    main()
