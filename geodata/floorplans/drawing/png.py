"""Renders an SVG drawing as PNG, with fonts of its own so that every machine agrees."""

import math
import re
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import resvg_py

MAX_PIXELS = 24_000_000
"""Width times height: rendering takes about 100 MB at this size."""
_FOLDER = Path(__file__).parent / "fonts"
_SIZE = re.compile(r'viewBox="0 0 (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)"')


def draw_png(svg: str, width_px: int, *, max_pixels: int = MAX_PIXELS) -> bytes:
    """Render an SVG drawing as a PNG picture of a given width.

    resvg renders with Source Sans Pro, which has the letters of European languages, and with a part
    of Noto Sans CJK, which has kana and most of the kanji of daily use (both SIL OFL 1.1). Each
    other letter is drawn as a question mark, because no font of the machine is used.

    Args:
        svg: a drawing by `svg.draw_svg`.
        width_px: at least 16; width times height must be at most `max_pixels`.
        max_pixels: the limit of the picture; resvg takes about 0.1 s per million pixels and blocks
            all other Python threads.

    Raises:
        ValueError: the width is out of range.
    """
    widest = widest_px(svg, max_pixels)
    if not 16 <= width_px <= widest:
        raise ValueError(f"width_px must be in [16, {widest}] for this drawing, got {width_px}")
    return resvg_py.svg_to_bytes(
        svg_string=_unknown().sub("?", svg),
        width=width_px,
        skip_system_fonts=True,
        font_files=_fonts(),
        font_family="Source Sans Pro",
        sans_serif_family="Source Sans Pro",
    )


def widest_px(svg: str, max_pixels: int = MAX_PIXELS) -> int:
    """The greatest width at which a drawing has no more pixels than allowed."""
    size = _SIZE.search(svg)
    tallness = float(size[2]) / float(size[1]) if size else 1.0
    return int(math.sqrt(max_pixels / tallness))


@cache
def _unknown() -> re.Pattern[str]:
    """Letters that no font has."""
    drawn = (_FOLDER / "letters.txt").read_text("utf-8")
    return re.compile(f"[^\\x00-\\x7f{re.escape(drawn)}]")


@cache
def _fonts() -> list[str]:
    folder = files("font_source_sans_pro") / "files"
    weights = ("Regular", "Semibold", "Bold")
    found = [str(_FOLDER / "EnrayonSansJP.otf")]
    for weight in weights:
        with as_file(folder / f"SourceSansPro-{weight}.ttf") as path:
            found.append(str(path))
    return found
