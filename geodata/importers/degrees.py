"""Parses the texts of coordinates: decimal degrees, degrees and minutes, both in one cell."""

import math
import re

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_LETTERS = {"N": 1, "S": -1, "E": 1, "W": -1, "O": -1}
"""The sign of a direction; `O` is west in French, Spanish and Italian."""
_SEXAGESIMAL = re.compile(
    r"""(?P<before>[NSEWO])?\s*
        (?P<sign>[+-])?(?P<degrees>\d{1,3}(?:\.\d+)?)\s*(?:°|º|deg|d|\s)\s*
        (?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*(?:['’′]|min|m|\s|$)\s*)?
        (?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:["”″]|''|’’|′′|sec|s|$)\s*)?
        (?P<after>[NSEWO])?""",
    re.VERBOSE | re.IGNORECASE,
)
_LETTERED = re.compile(rf"([NSEWO])\s*({_NUMBER})|({_NUMBER})\s*([NSEWO])", re.IGNORECASE)
_MAP_LINK = re.compile(
    rf"https?://\S*?(?:@|[?&/](?:q|ll|query|center)=)({_NUMBER}),({_NUMBER})\b.*"
)
"""A link to a map: `https://www.google.com/maps/@48.85,2.35,15z`."""
_MAX_LENGTH = 60


def degrees_of(text: str) -> float | None:
    """The number in a text such as `48.85`, `48,85°`, `48°51'24"N`, `2.35 W`; None without one."""
    text = _plain(text)
    if not text or len(text) > _MAX_LENGTH:
        return None
    plain = text.rstrip("° ")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        return _sexagesimal(text.replace(",", "."))
    return number if math.isfinite(number) else None


def pair_of(text: str) -> tuple[str, str] | None:
    """The latitude and longitude that stand in one cell, as texts; None if they do not.

    Examples: `48.85, 2.35`, `48,85 2,35`, `POINT (2.35 48.85)`, `48°51'24"N 2°21'8"E`.
    """
    text = _plain(text)
    if link := _MAP_LINK.fullmatch(text[:2000]):
        return link[1], link[2]
    if len(text) > 2 * _MAX_LENGTH:
        return None
    point = re.fullmatch(rf"(?:SRID=\d+;)?POINT\s*Z?\s*\(\s*({_NUMBER})\s+({_NUMBER}).*\)", text)
    if point:
        return point[2], point[1]
    inner = text.strip("()[]{} ")
    halves = _halves(inner)
    if halves is None:
        return None
    # `E 2.35, N 48.85`: the letters give the order.
    if re.search("[EWO]", halves[0], re.IGNORECASE) and re.search("[NS]", halves[1], re.IGNORECASE):
        return halves[1], halves[0]
    return halves


def _halves(text: str) -> tuple[str, str] | None:
    candidates: list[list[str]] = [re.split(r"\s*[;|/]\s*", text), re.split(r",\s+", text)]
    if "." in text or text.count(",") == 1:
        candidates.append(re.split(r"\s*,\s*", text))
    candidates.append(re.split(r"\s+", text))
    turn = re.fullmatch(r"(.*?[NS])[\s,]*(.*?[EWO])", text, re.IGNORECASE)
    if turn:
        candidates.append([turn[1], turn[2]])
    for parts in candidates:
        if len(parts) == 2 and all(degrees_of(part) is not None for part in parts):
            return parts[0], parts[1]
    return None


def _plain(text: str) -> str:
    return " ".join(text.replace("\N{MINUS SIGN}", "-").split())


def _sexagesimal(text: str) -> float | None:
    lettered = _LETTERED.fullmatch(text)
    if lettered:
        letter, number = lettered[1] or lettered[4], lettered[2] or lettered[3]
        return abs(float(number)) * _LETTERS[letter.upper()]
    match = _SEXAGESIMAL.fullmatch(text)
    if not match or (match["before"] and match["after"]):
        return None
    if (match["minutes"] and "." in match["degrees"]) or (
        match["seconds"] and "." in match["minutes"]
    ):
        return None
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    letter = (match["before"] or match["after"] or "").upper()
    if minutes >= 60 or seconds >= 60 or not (match["minutes"] or letter):
        return None
    number = float(match["degrees"]) + minutes / 60 + seconds / 3600
    return number * (_LETTERS[letter] if letter else -1 if match["sign"] else 1)
