"""Words and signs as people write them, cut into items with their spelling in OSM.

English, French, German and Finnish. Every character of a text must be of an item, else the text is
not understood.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from geodata.schedule import clock
from geodata.schedule.errors import ScheduleError
from geodata.schedule.syntax import MONTHS, WEEKDAYS

_DAY_NAMES = (
    "mondays?|mon|lundis?|lun|montags?|maanantai(?:sin|na)?",
    "tuesdays?|tues|tue|mardis?|dienstags?|tiistai(?:sin|na)?",
    "wednesdays?|weds|wed|mercredis?|mer|mittwochs?|keskiviikko(?:isin|na)?",
    "thursdays?|thurs|thur|thu|jeudis?|jeu|donnerstags?|torstai(?:sin|na)?",
    "fridays?|fri|vendredis?|ven|freitags?|perjantai(?:sin|na)?",
    "saturdays?|sat|samedis?|sam|samstags?|sonnabends?|lauantai(?:sin|na)?",
    "sundays?|sun|dimanches?|dim|sonntags?|sunnuntai(?:sin|na)?",
)
_NAME = re.compile(
    "|".join(rf"(?P<d{n}>(?:{names})(?![^\W\d_])\.?)" for n, names in enumerate(_DAY_NAMES))
)
_ABBREVIATIONS = (
    "mo tu we th fr sa su",
    "lu ma me je ve sa di",
    "mo di mi do fr sa so",
    "ma ti ke to pe la su",
    "lu ma me gi ve sa do",  # Italian, Spanish and Dutch: to see where a text is not certain
    "lu ma mi ju vi sa do",
    "ma di wo do vr za zo",
)
_SHORT = re.compile(r"[a-z]{2}(?![^\W\d_])\.?")
_SHORT_WORDS = frozenset(("to", "la", "me", "do"))
"""Words of other meanings, which name a day only beside other names of their language."""
_MONTH_NAMES = (
    "january|janvier|janv|januar|tammikuu",
    "february|février|fevrier|févr|februar|helmikuu",
    "march|mars|märz|maaliskuu",
    "april|avril|avr|huhtikuu",
    "may|mai|toukokuu",
    "june|juin|juni|kesäkuu",
    "july|juillet|juil|juli|heinäkuu",
    "august|août|aout|elokuu",
    "september|sept|septembre|syyskuu",
    "october|octobre|oktober|okt|lokakuu",
    "november|novembre|marraskuu",
    "december|décembre|decembre|déc|dezember|dez|joulukuu",
)
_MONTH = re.compile("|".join(rf"(?P<m{n}>(?:{each})\b\.?)" for n, each in enumerate(_MONTH_NAMES)))

_H24 = (
    r"24\s?(?:hours|hrs?|heures?|std|stunden|h)?(?:\s?/\s?24\s?h?\b|\s(?:a|per|par)\s(?:day|jour))?"
)
_D7 = (
    r"(?:7\s?(?:jours|days|tage|j|d)?"
    r"(?:\s?/\s?7\s?(?:jours|j)?\b|\s(?:a|per|par)\s(?:week|semaine)|\ssur\s7)?)"
)
_AND = r"\s*(?:,|;|&|-|/|\bet\b|\band\b|\bund\b)?\s*"
_ALWAYS = re.compile(
    rf"24\s?/\s?7(?!\d)|24x7\b|{_H24}{_AND}{_D7}(?![\d:.h])|{_D7}{_AND}{_H24}(?![\d:.h])"
    r"|around the clock\b|rund um die uhr\b|nonstop\b|always(?: open)?\b|ympäri vuorokauden\b"
)
_WHOLE_DAY = re.compile(
    r"24\s?(?:hours|hrs?|heures?|std\b|stunden|h)\b(?:\s?/\s?24\s?h?\b|\s(?:a|per|par)\s(?:day|jour)\b)?"
    r"|24\s?/\s?24\s?h?\b|all day\b|toute la journée\b|ganztägig\b"
)
_OPEN_END = re.compile(
    r"(?:from|à partir de|dès|ab|alkaen)\s+(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?"
    r"\s?(?:h\b|uhr\b)?(?P<half>\s?[ap]\.?m\b\.?)?(?!\s*(?:[ap]\.?m\b|[:.\d]|-|to\b|until\b|till\b|bis\b|à|au?\b))"
)
_WORDS: tuple[tuple[str, str, Any, str], ...] = (
    # kind, the spelling in OSM, value, words
    ("comment", "", None, r"(?:by|on|upon) (?:prior )?(?:appointment|request)(?: only)?\b"),
    ("comment", "", None, r"(?:uniquement )?(?:sur|avec) (?:rdv|rendez-vous|demande)\b"),
    ("comment", "", None, r"nach (?:vereinbarung|absprache|anmeldung)\b|ajanvarauksella\b"),
    ("without", "", None, r"(?:sans|without) (?:rdv|rendez-vous|appointment)\b"),
    ("days", "Mo-Fr", 0b0011111, r"(?:weekdays|en semaine|jours ouvrés|arkisin)\b"),
    ("days", "Sa-Su", 0b1100000, r"(?:weekends?|week-ends?|wochenendes?|viikonloppuisin)\b"),
    (
        "days",
        "Mo-Su",
        0b1111111,
        r"(?:daily|every ?day|all days|tous les jours|täglich|päivittäin|7\s?j?\s?/\s?7\s?j?"
        r"|7 (?:days|jours)(?: (?:a|per|par) (?:week|semaine)| sur 7)?)\b",
    ),
    (
        "holiday",
        "PH",
        128,
        r"(?:(?:public|bank|legal) holidays?|jours? fériés?|(?:gesetzliche )?feiertage?(?:n|s)?"
        r"|pyhäpäivät|pyhäpäivinä|ph)\b",
    ),
    (
        "holiday",
        "SH",
        256,
        r"(?:school holidays?|vacances scolaires|schulferien|koululomat|sh)\b",
    ),
    (
        "state",
        "off",
        "off",
        r"(?:closed|close|fermée?s?|fermeture|geschlossen|ruhetag|suljettu|off)\b",
    ),
    (
        "state",
        "open",
        "open",
        r"(?:open|opened|ouverte?s?|ouverture|geöffnet|offen|avoinna|auki)\b",
    ),
    ("state", "unknown", "unknown", r"unknown\b"),
    ("comma", ",", None, r"(?:and|et|und|ja)\b|[&,]"),
    ("dash", "-", None, r"(?:to|through|thru|until|till|bis|au|à)\b|-"),
    ("fallback", "||", None, r"\|\|"),
    ("semicolon", ";", None, r"(?:<br ?/?>|;|\n)(?:\s|;|<br ?/?>)*"),
    ("comma", ",", None, r"/"),
    (
        "nothing",
        "",
        None,
        r"[()\[\]](?![-\d])|(?:le|les|l'|du|de|des|von|vom|am|an|on|at|from|klo)(?:\b|(?<=')|$)",
    ),
    (
        "nothing",
        "",
        None,
        r"(?:uhr|hours|horaires?|öffnungszeiten|opening hours|heures d'ouverture)\b:?",
    ),
    ("nothing", "", None, r"(?:après-midi|matin|mornings?|afternoons?)\b|:"),
    # What only OSM has: the grammar reads it.
    ("osm", "", None, r"(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec|easter|week|days?)\b"),
    ("osm", "", None, r"(?:sunrise|sunset|dawn|dusk)\b|[-+]?\d+|[\[\]()+]"),
    ("dot", ";", None, r"\.(?=\s|$)"),
)
_TABLE = [(kind, spelled, value, re.compile(words)) for kind, spelled, value, words in _WORDS]
# A part of every word above that names holidays.
_HOLIDAY_PARTS = re.compile(
    "ph|sh|holiday|férié|feiertag|pyhäp|vacances|ferien|koululom", re.IGNORECASE
)
_QUOTES = re.compile(r'"[^"]*"|“[^”"]*[”"]|„[^“”"]*[“”"]|«[^»"]*»')
_DASHES = re.compile(r"[‐-―−→~]")
_APOSTROPHES = re.compile("[’‘´`]")
_SPACES = re.compile(r"[^\S\n]+|\r")
_DAYS_OF_MONTH = re.compile(r"\d{1,2}\s*-\s*\d{1,2}")
_MOST_ITEMS = 400


class Item(NamedTuple):
    """A word, a sign or a range of times of a text."""

    kind: str
    """`osm hours` are in OSM's spelling, so that OSM gives them one reading."""
    spelled: str
    """As OSM spells it."""
    value: Any
    """Days as bits (128 is PH, 256 SH), hours as their readings, a state, or None."""
    start: int
    end: int


def simplified(text: str) -> str:
    """The text in small letters with one kind of dash, apostrophe and space; positions stay."""
    small = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    small = _APOSTROPHES.sub("'", _DASHES.sub("-", small))
    return _SPACES.sub(lambda space: " " * len(space[0]), small)


def names_holidays(text: str) -> bool:
    """Whether a text may name holidays; cheap, and never False where it does."""
    return _HOLIDAY_PARTS.search(text) is not None


def items(text: str, field: str, *, noon_is_24: bool | None = None) -> list[Item]:
    """The items of a text.

    Raises:
        ScheduleError: naming the first character that belongs to none.
    """
    plain = simplified(text)
    found = list(_items(plain, text, field, _short_names(plain), noon_is_24))
    if len(found) > _MOST_ITEMS:
        raise ScheduleError(field, "has too many words", position=found[_MOST_ITEMS].start)
    return found


def _items(
    plain: str, text: str, field: str, short: dict[str, int], noon_is_24: bool | None
) -> Iterator[Item]:
    at = 0
    after_month = False
    while at < len(plain):
        if plain[at] == " ":
            at += 1
            continue
        item = _item(plain, text, at, short, noon_is_24, after_month=after_month)
        if item is None:
            near = text[at : at + 20]
            raise ScheduleError(field, f"not understood: {near!r}", position=at)
        yield item
        at = item.end
        after_month = item.kind == "osm" and item.spelled.capitalize() in MONTHS


def _item(
    plain: str,
    text: str,
    at: int,
    short: dict[str, int],
    noon_is_24: bool | None,
    *,
    after_month: bool,
) -> Item | None:
    if quoted := _QUOTES.match(plain, at):
        words = text[at + 1 : quoted.end() - 1].strip()
        return Item("quoted", f'"{words}"', words, at, quoted.end())
    if match := _ALWAYS.match(plain, at):
        return Item("always", "24/7", None, at, match.end())
    if match := _WHOLE_DAY.match(plain, at):
        return Item("hours", "00:00-24:00", (clock.ALL_DAY,), at, match.end())
    if (match := _OPEN_END.match(plain, at)) and (minutes := _minutes(match)) is not None:
        spelled = f"{minutes // 60:02}:{minutes % 60:02}+"
        return Item("open end", spelled, minutes, at, match.end())
    match = clock.RANGE.match(plain, at)
    if match and not (after_month and _DAYS_OF_MONTH.fullmatch(match[0])):
        hours = clock.readings(match, noon_is_24=noon_is_24)
        if hours:
            spelled = clock.text_of(hours[0])
            if clock.PLAIN.fullmatch(match[0]):
                return Item("osm hours", match[0].replace(" ", ""), hours, at, match.end())
            return Item("hours", spelled, hours, at, match.end())
    if match := _NAME.match(plain, at):
        number = int(str(match.lastgroup)[1:])
        return Item("days", WEEKDAYS[number], 1 << number, at, match.end())
    if (match := _SHORT.match(plain, at)) and match[0].rstrip(".") in short:
        number = short[match[0].rstrip(".")]
        return Item("days", WEEKDAYS[number], 1 << number, at, match.end())
    if match := _MONTH.match(plain, at):
        return Item("osm", MONTHS[int(str(match.lastgroup)[1:])], None, at, match.end())
    for kind, spelled, value, pattern in _TABLE:
        if match := pattern.match(plain, at):
            given = text[at : match.end()]
            if kind == "comment":
                return Item(kind, f'"{given}"', given, at, match.end())
            return Item(
                kind, spelled if spelled or kind != "osm" else given, value, at, match.end()
            )
    return None


def _minutes(match: re.Match[str]) -> int | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if "p" in match["half"] else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _short_names(plain: str) -> dict[str, int]:
    """The days that two letters name in this text; empty where languages disagree about one."""
    known = {name for language in _ABBREVIATIONS for name in language.split()}
    found = {match[0] for match in re.finditer(r"(?<![^\W\d_])(?<!')[a-z]{2}(?![^\W\d_]|')", plain)}
    found &= known
    days = found - _SHORT_WORDS
    for names in (found, days) if days else ():
        languages = [
            language.split() for language in _ABBREVIATIONS if names <= set(language.split())
        ]
        if languages:
            return {
                name: languages[0].index(name)
                for name in names
                if len({language.index(name) for language in languages}) == 1
            }
    return {}
