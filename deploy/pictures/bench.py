"""Draws the results of the last bench for the README: `make bench`, then `make chart`.

Each measurement is a bar on a logarithmic scale, relative to its target: a bar to the right of the
line has reached it. The results come from `build/bench.json`.
"""

import argparse
import json
import math
import textwrap
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WIDTH, ROW, TOP, LEFT, RIGHT = 960, 34, 64, 430, 150
DECADES = (-1, 1.5)
"""From a tenth of the target to about thirty times the target; longer bars are cut."""
GOOD, SHORT, INK, FAINT, GRID = "good", "short", "ink", "faint", "grid"
STYLE = """<style>
.sheet { fill: #ffffff } .good { fill: #2f7d4f } .short { fill: #b4552d } .ink { fill: #24292f }
.faint { fill: #57606a } path.grid { stroke: #d8dee4 } path.ink { stroke: #24292f }
@media (prefers-color-scheme: dark) {
.sheet { fill: #161b22 } .good { fill: #56b37c } .short { fill: #e58a61 } .ink { fill: #e6edf3 }
.faint { fill: #9ea7b3 } path.grid { stroke: #30363d } path.ink { stroke: #e6edf3 }
}
</style>"""
"""Colours by class, for a light and a dark page."""
LINE_LETTERS = 62


def main() -> None:
    """Read the results and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--output", type=Path, default=HERE / "bench.svg")
    arguments = parser.parse_args()
    arguments.output.write_text(drawn(json.loads(arguments.json.read_text())))


def drawn(bench: dict[str, Any]) -> str:
    """The picture as SVG."""
    rows = [each for each in bench["results"] if each["reached"] is not None]
    height = TOP + ROW * len(rows) + 46
    zero = x(0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="Source Sans Pro, system-ui, sans-serif" font-size="13">',
        "<title>Measurements beside their targets</title>",
        STYLE,
        f'<rect width="{WIDTH}" height="{height}" rx="8" class="sheet"/>',
        text(20, 28, "Measured, beside the target", INK, size=17, weight=600),
        text(zero, TOP - 14, "target", FAINT, anchor="middle"),
    ]
    for factor in (0.1, 0.3, 3, 10, 30):
        at = x(math.log10(factor))
        parts.append(line(at, TOP - 6, height - 44, GRID))
        label = f"{factor:g} times" if factor > 1 else f"{factor:g} of it"
        parts.append(text(at, TOP - 14, label, FAINT, anchor="middle", size=11))
    parts += [bar(each, TOP + ROW * number) for number, each in enumerate(rows)]
    parts.append(line(zero, TOP - 6, height - 44, INK))
    about = f"{bench['machine']}; medians of {bench['rounds']} rounds; load {bench['load']}"
    parts += [text(20, height - 16, about, FAINT, size=11), "</svg>"]
    return "\n".join(parts) + "\n"


def bar(result: dict[str, Any], top: float) -> str:
    """One measurement: its name, its bar, its value and its target."""
    sign, wanted = result["target"].split()
    past = math.log10(result["ratio"] / float(wanted)) * (1 if sign == ">=" else -1)
    end, zero = x(max(DECADES[0], min(DECADES[1], past))), x(0)
    colour = GOOD if result["reached"] else SHORT
    middle = top + ROW / 2
    value = f"{result['ratio']:.3g}  ({result['target']})"
    return "\n".join(
        [
            *name(f"{result['id']}  {result['title']}", middle),
            f'<rect x="{min(end, zero):.1f}" y="{top + 7}" width="{max(2, abs(end - zero)):.1f}" '
            f'height="{ROW - 14}" rx="3" class="{colour}"/>',
            text(WIDTH - RIGHT + 12, middle + 4, value, colour, weight=600),
        ]
    )


def x(decades: float) -> float:
    """The x coordinate of a power of ten, relative to the target."""
    low, high = DECADES
    return LEFT + (decades - low) / (high - low) * (WIDTH - RIGHT - LEFT)


def text(
    left: float,
    base: float,
    words: str,
    colour: str,
    *,
    anchor: str = "start",
    size: int = 13,
    weight: int = 400,
) -> str:
    """A text."""
    return (
        f'<text x="{left:.1f}" y="{base:.1f}" class="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}" font-weight="{weight}">{escape(words)}</text>'
    )


def line(at: float, top: float, bottom: float, colour: str) -> str:
    """A vertical line."""
    return f'<path d="M{at:.1f} {top}V{bottom}" class="{colour}"/>'


def name(words: str, middle: float) -> list[str]:
    """A title, whole, on one line or two."""
    lines = textwrap.wrap(words, LINE_LETTERS)
    top = middle + 4 - 7.5 * (len(lines) - 1)
    return [text(20, top + 15 * number, line, INK) for number, line in enumerate(lines)]


if __name__ == "__main__":
    main()
