"""A drawing as PNG, with letters on any machine: the font comes with a package."""

from functools import cache
from importlib.resources import as_file, files

import resvg_py

MAX_PIXELS_WIDE = 4096


def draw_png(svg: str, width_px: int) -> bytes:
    """Turn an SVG drawing into a PNG picture of a given width.

    Rendered by resvg with Source Sans Pro (SIL OFL 1.1), which has the letters of European
    languages; those of others stay blank, as no font of the machine is looked at.

    Raises:
        ValueError: when the width is not in [16, MAX_PIXELS_WIDE].
    """
    if not 16 <= width_px <= MAX_PIXELS_WIDE:
        raise ValueError(f"width_px must be in [16, {MAX_PIXELS_WIDE}], got {width_px}")
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
