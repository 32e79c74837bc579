"""Makes the page's font files: `make fonts`, when the font or the letters change.

Each weight of Source Sans is cut into two WOFF2 files: the letters of Western and Central
European languages, which most pages need alone, and all others. Its licence, the SIL Open Font
License 1.1, keeps the name "Source" for the unchanged font, so the files have another name, and
the licence lies beside them.
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "services" / "edge" / "web" / "static" / "font"
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


def main() -> None:
    """Write the files."""
    spec = find_spec("font_source_sans_pro")
    assert spec
    assert spec.origin
    source = Path(spec.origin).parent / "files"
    TARGET.mkdir(exist_ok=True)
    shutil.copyfile(source / "LICENSE.txt", TARGET / "LICENSE.txt")
    latin = set(subset.parse_unicodes(LATIN.replace("U+", "")))
    for name, weight in WEIGHTS.items():
        path = source / f"SourceSansPro-{weight}.ttf"
        letters = set(TTFont(path).getBestCmap())
        write(path, f"{name}.woff2", letters & latin, weight)
        write(path, f"{name}-more.woff2", letters - latin, weight)


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
