"""A drawing as PNG, with letters on any machine: the font comes with a package."""

import math
import re
from functools import cache
from importlib.resources import as_file, files

import resvg_py

MAX_PIXELS = 24_000_000
"""Width times height: some 100 MB while it is drawn."""
_SIZE = re.compile(r'viewBox="0 0 (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)"')


def draw_png(svg: str, width_px: int, *, max_pixels: int = MAX_PIXELS) -> bytes:
    """Turn an SVG drawing into a PNG picture of a given width.

    Rendered by resvg with Source Sans Pro (SIL OFL 1.1), which has the letters of European
    languages; those of others stay blank, as no font of the machine is looked at.

    Args:
        svg: As `svg.draw_svg` gives it.
        width_px: At least 16; with the height that follows, at most `max_pixels`.
        max_pixels: No other thread of Python runs while resvg draws, about 0.1 s a million pixels.

    Raises:
        ValueError: when the width is out of that range.
    """
    size = _SIZE.search(svg)
    tallness = float(size[2]) / float(size[1]) if size else 1.0
    widest = int(math.sqrt(max_pixels / tallness))
    if not 16 <= width_px <= widest:
        raise ValueError(f"width_px must be in [16, {widest}] for this drawing, got {width_px}")
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        width=width_px,
        skip_system_fonts=True,
        font_files=_fonts(),
        font_family="Source Sans Pro",
        sans_serif_family="Source Sans Pro",
    )


@cache
def _fonts() -> list[str]:
    folder = files("font_source_sans_pro") / "files"
    weights = ("Regular", "Semibold", "Bold")
    found = []
    for weight in weights:
        with as_file(folder / f"SourceSansPro-{weight}.ttf") as path:
            found.append(str(path))
    return found
