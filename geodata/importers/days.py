"""Finds the columns that have the hours of one weekday, in any language and spelling.

`mon`, `Monday`, `Monday Hours`, `hours_monday`, `lundi`, `Horaires Lundi`, `Mo`, `Öffnungszeiten
Montag`. Two columns of one day are joined: `monday_open` and `monday_close`, `lundi_matin` and
`lundi_apres_midi`. One column may have several days: `Mo-Fr`, `weekend`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from babel import Locale

from geodata.gazetteer import fold
from geodata.importers.record import words
from geodata.schedule.formats.fuel import COLUMNS

_LANGUAGES = words(
    "en fr de es it nl pt fi sv da nb pl cs sk hu ro et lv lt sl hr tr id ms ca gl eu is ga cy "
    "ru uk bg sr el he ar ja zh ko th vi"
)
_HOURS = words(
    """
    hours hour opening openinghours open hrs time times schedule horaires horaire heures ouverture
    ouvertures horario horarios orario orari apertura offnungszeiten offnungszeit zeiten geoffnet
    openingstijden openingstijd tijden aukioloajat aukiolo oppettider oppet apningstider
    abningstider godziny otwarcia store regular day jour le business operating of d de feira
    """
)
_OPENS = words("open opens opening start from begin von ouvre debut ouverture abre opent")
_CLOSES = words("close closes closing end to until bis ferme fin fermeture cierra sluit")
_MORNING = words("am matin morning manana mattina vormittag ochtend 1")
_AFTERNOON = words("pm apres midi soir afternoon tarde pomeriggio nachmittag middag 2")
_FEWEST_SHORT = 5
"""Days that a header must have in one language before short names such as `So` are days."""
_TO = words("to bis au a al ate tot til till do az")
_SEVERAL = {
    **dict.fromkeys(words("weekday weekdays semaine laborables feriali"), range(5)),
    **dict.fromkeys(words("weekend weekends wochenende finde fds viikonloppu helg"), range(5, 7)),
}
"""Words for several days; `werktags` may have the Saturday or not, so it is none."""
_CLOSED = words("x closed fermé ferme geschlossen cerrado chiuso gesloten")


class DayColumns:
    """The columns of a header that have the hours of weekdays."""

    def __init__(self, header: Sequence[str], fewest_short: int = _FEWEST_SHORT) -> None:
        """Find them.

        Args:
            header: the names of the columns.
            fewest_short: days that there must be for short names to be days.
        """
        self._of_day = _days_of(header, fewest_short)

    @property
    def columns(self) -> frozenset[str]:
        """The names of the columns."""
        return frozenset(c for parts in self._of_day.values() for _, c in parts)

    def texts(self, values: Mapping[str, str]) -> dict[str, str]:
        """The text of each told day, by `mon` to `sun`."""
        texts = {}
        for day, parts in self._of_day.items():
            cells = [(kind, values.get(column, "").strip()) for kind, column in parts]
            if text := _joined(cells):
                texts[day] = "-" if text.casefold() in _CLOSED else text
        return texts


def _joined(cells: Sequence[tuple[str, str]]) -> str:
    """The cells of one day as one text; each has its part of the day."""
    texts = dict.fromkeys(text for _, text in cells if text)
    by_part = dict(cells)
    ranges: list[str] = []
    for suffix in ("", " 1", " 2", " 3"):
        opens, closes = by_part.get(f"opens{suffix}", ""), by_part.get(f"closes{suffix}", "")
        if _is_time(opens) and _is_time(closes):
            ranges.append(f"{opens} - {closes}")
    if len(cells) > 1 and len(ranges) == sum(bool(text) for _, text in cells) / 2:
        return ", ".join(ranges)
    return " / ".join(text for text in texts if text != "-") or ("-" if "-" in texts else "")


def _is_time(text: str) -> bool:
    return bool(re.search(r"\d", text)) and not re.search(r"\d\s*[-–—]\s*\d", text)


def _days_of(header: Iterable[str], fewest_short: int) -> dict[str, list[tuple[str, str]]]:
    """For each day its columns, each with the part of the day that it tells."""
    by_language: dict[str, dict[str, list[tuple[str, str]]]] = {}
    split = {column: _words(column) for column in header}
    for language in sorted(_LANGUAGES):
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        short: set[str] = set()
        for column, parts_of in split.items():
            for names, is_short in zip(_names(language), (False, True), strict=True):
                if match := _days_and_part(parts_of, names):
                    days, part = match
                    for day in days:
                        found[COLUMNS[day]].append((part, column))
                    if is_short:
                        short |= {COLUMNS[day] for day in days}
                    break
        if short and len(found) < fewest_short:
            found = _without(found, short)
        by_language[language] = dict(found)
    best = max(by_language.values(), key=len)
    return {day: best[day] for day in COLUMNS if day in best}


def _without(
    found: Mapping[str, list[tuple[str, str]]], short: Collection[str]
) -> defaultdict[str, list[tuple[str, str]]]:
    return defaultdict(list, {day: parts for day, parts in found.items() if day not in short})


def _days_and_part(
    column: tuple[str, ...], names: Mapping[str, int]
) -> tuple[Sequence[int], str] | None:
    """The days of a column, by its words, and the part of the day; None if it has no hours."""
    found = [word for word in column if word in names]
    several = [word for word in column if word in _SEVERAL]
    rest = [word for word in column if word not in names and word not in _SEVERAL]
    if len(several) == 1 and not found:
        days: Sequence[int] = _SEVERAL[several[0]]
    elif len(found) == 2 and not several and names[found[0]] < names[found[1]]:
        days = range(names[found[0]], names[found[1]] + 1)
        rest = [word for word in rest if word not in _TO]
    elif len(found) == 1 and not several:
        days = [names[found[0]]]
    else:
        return None
    if not rest:
        return days, "whole"
    if numbered := _numbered(rest):
        return days, numbered
    kinds = {
        "opens": _OPENS,
        "closes": _CLOSES,
        "morning": _MORNING,
        "afternoon": _AFTERNOON,
    }
    last = [word for word in rest if word not in _HOURS] or rest[-1:]
    for kind, known in kinds.items():
        if all(word in known for word in last):
            # `Opening hours Monday` is the whole day, `Monday open` its begin.
            is_whole = kind == "opens" and any(word in _HOURS - _OPENS for word in rest)
            return days, "whole" if is_whole else kind
    return (days, "whole") if all(word in _HOURS for word in rest) else None


def _numbered(rest: Sequence[str]) -> str:
    """The part of a column such as `monday_open_1` or `monday_close_2`; empty for others."""
    number = [word for word in rest if word in ("1", "2", "3")]
    others = [word for word in rest if word not in number]
    if len(number) != 1 or len(others) != 1:
        return ""
    kind = "opens" if others[0] in _OPENS else "closes" if others[0] in _CLOSES else ""
    return kind and f"{kind} {number[0]}"


def _words(column: str) -> tuple[str, ...]:
    # `hoursMonday` is two words.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    plain = re.sub(r"[.:()]", " ", spaced)
    folded = re.split(r"[^a-z0-9]+", fold(plain).decode())
    # Names in other scripts have no key.
    return tuple(folded) if any(folded) else tuple(re.split(r"[\W_]+", plain.casefold()))


@lru_cache(maxsize=64)
def _names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """The weekdays by their names of one word, and by their short names, folded."""
    wide: dict[str, int] = {}
    short: dict[str, int] = {}
    days = Locale.parse(language).days["stand-alone"]
    formatted = Locale.parse(language).days["format"]
    for kinds, into in (
        ((days["wide"], formatted["wide"]), wide),
        ((days["abbreviated"], formatted["abbreviated"], days["short"], formatted["short"]), short),
    ):
        for kind in kinds:
            for number, name in kind.items():
                key = fold(name).decode()
                for word in (key, key.partition(" ")[0]) if key else (name.casefold(),):
                    if word and " " not in word:
                        into.setdefault(word, number)
    if language == "en":
        short |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
    return wide, {name: number for name, number in short.items() if name not in wide}
