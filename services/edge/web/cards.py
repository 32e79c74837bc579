"""Draws the picture of a page: its title and lines beside the streets around its place."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from geodata.floorplans.drawing.png import draw_png
from geodata.points import Point
from geodata.samples.streets import LAND, Box, draw_streets

WIDTH, HEIGHT = 1200, 630
"""The size that the readers of Open Graph tags ask for."""
TEXT_WIDTH = 640
MAP_LEFT = 660
REACH_M = 330.0
"""From the place to the upper and lower edge of the map."""
M_PER_DEGREE = 111_320.0
LETTER_WIDTH = 0.53
"""The mean width of a letter, as a part of its size."""
ACCENT, INK, SOFT, POINT = "#0b6357", "#211f1b", "#625d54", "#c2410c"


class Card(NamedTuple):
    """The texts and the place of a picture."""

    title: str
    lines: tuple[str, ...] = ()
    kind: str = ""
    at: tuple[float, float] | None = None
    """Latitude and longitude."""
    is_of_osm: bool = False


def draw_card(card: Card) -> bytes:
    """The picture of a card as PNG, 1200 by 630 pixels."""
    return draw_png(card_svg(card), WIDTH)


def card_svg(card: Card) -> str:
    """The picture of a card."""
    streets = [*_streets(*card.at)] if card.at else []
    sources = "© OpenStreetMap" if streets or card.is_of_osm else ""
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
            ' font-family="Source Sans Pro">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#faf8f4"/>',
            f'<svg x="{MAP_LEFT}" width="{WIDTH - MAP_LEFT}" height="{HEIGHT}">',
            *(_map(streets) if streets else _rings()),
            _pin() if card.at else "",
            "</svg>",
            *_texts(card),
            _small(MAP_LEFT + 16, sources) if sources else "",
            "</svg>",
        ]
    )


def _texts(card: Card) -> Iterator[str]:
    size = 68 if _letters(card.title) <= 36 else 52
    titles = _wrapped(card.title, size, 3)
    lines = [line for text in card.lines for line in _wrapped(text, 34, 4)]
    y = HEIGHT / 2 - (len(titles) * size * 1.12 + len(lines) * 46) / 2 + size * 0.6
    yield _mark()
    if card.kind:
        yield _text(64, y - size - 14, 30, ACCENT, card.kind, 600)
    for title in titles:
        yield _text(64, y, size, INK, title, 600)
        y += size * 1.12
    for line in lines:
        yield _text(64, y, 34, SOFT, line, 400)
        y += 46


def _wrapped(text: str, size: float, most: int) -> list[str]:
    """A text in lines that fit; what does not fit ends with an ellipsis."""
    room = int((TEXT_WIDTH - 64) / (size * LETTER_WIDTH))
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if _letters(joined) <= room or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} …"]
    return [_cut(line, room) for line in lines]


def _cut(line: str, room: int) -> str:
    if _letters(line) <= room:
        return line
    while _letters(line) >= room:
        line = line[:-1]
    return f"{line}…"


def _letters(text: str) -> int:
    """The width in letters; those of East Asia are twice as wide."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _map(streets: Sequence[str]) -> Iterator[str]:
    yield f'<rect width="{WIDTH - MAP_LEFT}" height="{HEIGHT}" fill="{LAND}"/>'
    yield from streets


def _rings() -> Iterator[str]:
    yield f'<rect width="{WIDTH - MAP_LEFT}" height="{HEIGHT}" fill="#e4f2e8"/>'
    x, y = (WIDTH - MAP_LEFT) / 2, HEIGHT / 2
    for radius in (90, 180, 270, 360):
        yield (
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{ACCENT}"'
            ' stroke-opacity=".22" stroke-width="3"/>'
        )
    yield f'<circle cx="{x}" cy="{y}" r="26" fill="{ACCENT}"/>'


def _pin() -> str:
    x, y = (WIDTH - MAP_LEFT) / 2, HEIGHT / 2
    return (
        f'<path d="M{x} {y}c-34-46-46-64-46-88a46 46 0 1 1 92 0c0 24-12 42-46 88z" fill="{POINT}"'
        f' stroke="#fff" stroke-width="5"/><circle cx="{x}" cy="{y - 88}" r="17" fill="#fff"/>'
    )


def _mark() -> str:
    return (
        '<g transform="translate(64 48) scale(1.6)"><rect width="32" height="32" rx="8"'
        f' fill="{ACCENT}"/><path d="M7 10h18M7 16h18M7 22h18" stroke="#fff" stroke-opacity=".45"'
        ' stroke-width="2" stroke-linecap="round"/><circle cx="19" cy="16" r="4.5" fill="#fff"/>'
        f'<circle cx="19" cy="16" r="1.7" fill="{ACCENT}"/></g>'
    )


def _small(x: float, text: str) -> str:
    width = len(text) * 10.5 + 20
    return (
        f'<rect x="{x - 10}" y="{HEIGHT - 44}" width="{width}" height="32" rx="6" fill="#fff"'
        f' fill-opacity=".85"/>{_text(x, HEIGHT - 21, 20, SOFT, text, 400)}'
    )


def _text(x: float, y: float, size: float, colour: str, text: str, weight: int) -> str:
    return (
        f'<text x="{x:g}" y="{y:.0f}" font-size="{size:g}" font-weight="{weight}" fill="{colour}">'
        f"{escape(text)}</text>"
    )


def _streets(latitude: float, longitude: float) -> Iterator[str]:
    scale = HEIGHT / 2 / REACH_M
    per_longitude = M_PER_DEGREE * math.cos(math.radians(latitude))
    half_width = (WIDTH - MAP_LEFT) / 2

    def at(point: Point) -> tuple[float, float]:
        return (
            half_width + (point.longitude - longitude) * per_longitude * scale,
            HEIGHT / 2 - (point.latitude - latitude) * M_PER_DEGREE * scale,
        )

    north = REACH_M / M_PER_DEGREE
    east = half_width / scale / per_longitude
    box = Box(latitude - north, longitude - east, latitude + north, longitude + east)
    return draw_streets(box, at, scale)
