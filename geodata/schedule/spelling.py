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
    "january|janvier|janv|januar|jan|tammikuu(?:n|ta)?",
    "february|février|fevrier|févr|fév|februar|feb|helmikuu(?:n|ta)?",
    "march|mars|märz|mar|maaliskuu(?:n|ta)?",
    "april|avril|avr|apr|huhtikuu(?:n|ta)?",
    "may|mai|toukokuu(?:n|ta)?",
    "june|juin|juni|jun|kesäkuu(?:n|ta)?",
    "july|juillet|juil|juli|jul|heinäkuu(?:n|ta)?",
    "august|août|aout|aug|elokuu(?:n|ta)?",
    "september|septembre|sept|sep|syyskuu(?:n|ta)?",
    "october|octobre|oktober|oct|okt|lokakuu(?:n|ta)?",
    "november|novembre|nov|marraskuu(?:n|ta)?",
    "december|décembre|decembre|déc|dec|dezember|dez|joulukuu(?:n|ta)?",
)
_MONTH_NAME = "|".join(rf"(?P<m{n}>(?:{each})\b\.?)" for n, each in enumerate(_MONTH_NAMES))
_MONTH = re.compile(_MONTH_NAME)
_MAR = re.compile(r"(?<![^\W\d_])mar(?![^\W\d_])\.?(?:\s*:)?\s*")
_FRENCH_DAY = re.compile(
    r"\b(?:lun|mer|jeu|ven|sam|dim|lundis?|mercredis?|jeudis?|vendredis?|samedis?|dimanches?)\b"
)
_ORDINAL = r"(?:er|st|nd|rd|th|e|ème|\.)?"
_ORDINAL_END = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
# `25 Dec`, `1er juin`, `1.-15. Dezember 2026`
_DAY_MONTH = re.compile(
    rf"(?P<first>\d{{1,2}}){_ORDINAL}(?:\s*(?:-|to|bis|au)\s*(?P<last>\d{{1,2}}){_ORDINAL})?"
    rf"\s*(?:(?:of|de)\s+)?(?:{_MONTH_NAME})(?![^\W\d_])"
    r"(?:,?\s+(?P<year>20\d\d)(?!\d))?(?!\s*\d\b(?!\s?[ap]\.?m))"
)
# `25.12.`, `25.12.2026`
_NUMERIC_DATE = re.compile(
    r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>20\d\d)(?!\d)|(?!\d))"
)

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
    r"|(?:a?round the clock|rund um die uhr|nonstop)\b|always(?: open)?\b|ympäri vuorokauden\b"
)
_WHOLE_DAY = re.compile(
    r"24\s?(?:hours|hrs?|heures?|std\b|stunden|h)\b(?:\s?/\s?24\s?h?\b|\s(?:a|per|par)\s(?:day|jour)\b)?"
    r"|24\s?/\s?24\s?h?\b|all day\b|toute la journée\b|ganztägig\b"
)
_LATE = r"(?:late|close|closing(?: time)?|open[ -]?end|ende|open|tard|(?:la )?fermeture)\b"
_OPENS = r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?\s?(?:h\b|uhr\b)?(?P<half>\s?[ap]\.?m\b\.?)?"
_OPEN_ENDS = (
    re.compile(
        rf"(?:from|à partir de|dès|ab|alkaen)\s+{_OPENS}"
        r"(?!\s*(?:[ap]\.?m\b|[:.\d]|-|to\b|until\b|till\b|'?til\b|bis\b|à|au?\b|jusqu))"
    ),
    re.compile(
        rf"(?:(?:from|de|von|ab)\s+)?{_OPENS}"
        rf"\s*(?:-|to\b|until\b|till\b|'?til\b|bis\b|à|jusqu'(?:à|au))\s*{_LATE}"
    ),
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
        r"(?:daily|every ?day|all days|tous les jours|täglich|päivittäin|joka päivä"
        r"|7\s?j?\s?/\s?7\s?j?|7 (?:days|jours)(?: (?:a|per|par) (?:week|semaine)| sur 7)?)\b",
    ),
    (
        "holiday",
        "PH",
        128,
        r"(?:(?:(?:public|bank|legal|national) )?holidays?|jours? fériés?"
        r"|(?:gesetzliche )?feiertage?(?:n|s)?|pyhäpäivät|pyhäpäivinä|ph)\b",
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
    ("comma", ",", None, r"(?:and|et|und|ja)\b|u\.|[&,]"),
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
    ("half day", "", None, r"(?:après-midi|matin|mornings?|afternoons?|evenings?|soir)s?\b"),
    ("half day", "", None, r"(?:vormittags?|nachmittags?|abends?)\b"),
    ("nothing", "", None, r"(?:only|seulement|uniquement|nur|vain|durchgehend|nonstop)\b|:"),
    ("nothing", "", None, r"(?:sans interruption|non[- ]stop|journée continue)\b"),
    ("except", "", None, r"(?:except(?: for| on)?|sauf|excepté|hormis|außer|ausser|paitsi)\b"),
    # Spellings of OSM alone: the grammar reads them.
    ("osm", "", None, r"(?:easter|week|days?)\b"),
    ("osm", "sunrise", None, r"sunup\b"),
    ("osm", "sunset", None, r"sundown\b"),
    ("osm", "", None, r"(?:sunrise|sunset|dawn|dusk)\b|[-+]?\d+|[\[\]()+]"),
    ("dot", ";", None, r"\.(?=\s|$)"),
)
_TABLE = [(kind, spelled, value, re.compile(words)) for kind, spelled, value, words in _WORDS]
# A part of every word above that names holidays.
_HOLIDAY_PARTS = re.compile("ph|sh|holiday|férié|feiertag|pyhäp|vacances|ferien|koululom")
_QUOTES = re.compile(
    r"\"[^\"]*\"|“[^”\"]*[”\"]|„[^“”\"]*[“”\"]|«[^»\"]*»"
    r"|(?<!\S)'[^'\"]{2,}'(?=\s|[;,]|$)"
)
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
    """True if a text may name holidays; cheap, and never False where it does."""
    return _HOLIDAY_PARTS.search(text.lower()) is not None  # faster than ignoring case


def items(text: str, field: str, *, noon_is_24: bool | None = None) -> list[Item]:
    """The items of a text.

    Raises:
        ScheduleError: naming the first character that belongs to none.
    """
    plain = simplified(text)
    found = list(_items(plain, text, field, _Context.of(plain, noon_is_24=noon_is_24)))
    _check_half_days(found, text, field)
    if len(found) > _MOST_ITEMS:
        raise ScheduleError(field, "has too many words", position=found[_MOST_ITEMS].start)
    return found


class _Context(NamedTuple):
    """Facts about a whole text that decide how its parts are read."""

    short: dict[str, int]
    """The days that two letters name."""
    noon_is_24: bool | None
    has_hours: bool
    by_24_hours: bool
    """True if some times are on a clock of 24 hours."""
    mar: str
    """`Mar` is March in English and Tuesday in French; empty if both may be meant."""

    @classmethod
    def of(cls, plain: str, *, noon_is_24: bool | None) -> "_Context":
        ranges = list(clock.RANGE.finditer(plain))
        by_24_hours = "uhr" in plain or any(map(clock.is_by_24_hours, ranges))
        return cls(_short_names(plain), noon_is_24, bool(ranges), by_24_hours, _mar(plain))


def _mar(plain: str) -> str:
    if not (found := _MAR.search(plain)):
        return ""
    if _FRENCH_DAY.search(plain):
        return "" if any(not _MAR.fullmatch(month[0]) for month in _MONTH.finditer(plain)) else "Tu"
    return "" if clock.RANGE.match(plain, found.end()) else "Mar"


def _check_half_days(found: list[Item], text: str, field: str) -> None:
    """Refuse days that are closed for a part: `Wednesday afternoon closed` closes not all day."""
    useful = [item for item in found if item.kind != "nothing"]
    for number, item in enumerate(useful):
        if item.kind != "half day":
            continue
        around = useful[max(number - 2, 0) : number + 2]
        if any(each.kind in ("state", "except") and each.value != "open" for each in around):
            near = text[item.start : item.start + 20]
            raise ScheduleError(field, f"without its hours: {near!r}", position=item.start)


def _items(plain: str, text: str, field: str, context: _Context) -> Iterator[Item]:
    at = 0
    after_month = after_number = False
    while at < len(plain):
        if plain[at] == " ":
            at += 1
            continue
        item = _item(plain, text, at, context, after_month=after_month)
        if item is None or (after_number and plain[at] == "/"):
            near = text[at : at + 20]
            raise ScheduleError(field, f"not understood: {near!r}", position=at)
        yield item
        at = item.end
        after_month = item.kind == "osm" and item.spelled.capitalize() in MONTHS
        after_number = item.kind == "osm" and item.spelled[-1:].isdigit()


def _item(
    plain: str,
    text: str,
    at: int,
    context: _Context,
    *,
    after_month: bool,
) -> Item | None:
    if quoted := _QUOTES.match(plain, at):
        words = text[at + 1 : quoted.end() - 1].strip()
        return Item("quoted", f'"{words}"', words, at, quoted.end())
    match = _ALWAYS.match(plain, at)
    if match and not (context.has_hours and match[0] == "nonstop"):
        return Item("always", "24/7", None, at, match.end())
    if match := _WHOLE_DAY.match(plain, at):
        return Item("hours", "00:00-24:00", (clock.ALL_DAY,), at, match.end())
    for pattern in _OPEN_ENDS:
        if (match := pattern.match(plain, at)) and (minutes := _minutes(match)) is not None:
            spelled = f"{minutes // 60:02}:{minutes % 60:02}+"
            return Item("open end", spelled, minutes, at, match.end())
    if date := _date(plain, at):
        return date
    match = clock.RANGE.match(plain, at)
    if match and not (after_month and _DAYS_OF_MONTH.fullmatch(match[0])):
        hours = clock.readings(
            match, noon_is_24=context.noon_is_24, by_24_hours=context.by_24_hours
        )
        if hours:
            spelled = clock.text_of(hours[0])
            if clock.PLAIN.fullmatch(match[0]):
                as_osm = spelled if match["opens_name"] or match["closes_name"] else match[0]
                return Item("osm hours", as_osm.replace(" ", ""), hours, at, match.end())
            return Item("hours", spelled, hours, at, match.end())
    if match := _ORDINAL_END.match(plain, at):
        return Item("nothing", "", None, at, match.end())
    if match := _NAME.match(plain, at):
        number = int(str(match.lastgroup)[1:])
        return Item("days", WEEKDAYS[number], 1 << number, at, match.end())
    if (match := _SHORT.match(plain, at)) and match[0].rstrip(".") in context.short:
        number = context.short[match[0].rstrip(".")]
        return Item("days", WEEKDAYS[number], 1 << number, at, match.end())
    if match := _MAR.match(plain, at):
        if not context.mar:
            return None
        bit = 1 << WEEKDAYS.index("Tu")
        if context.mar == "Tu":
            return Item("days", "Tu", bit, at, match.end())
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


def _date(plain: str, at: int) -> Item | None:
    """A day before its month, as OSM spells it: month first."""
    if match := _DAY_MONTH.match(plain, at):
        month = next(MONTHS[n] for n in range(12) if match[f"m{n}"])
        days = "-".join(filter(None, (match["first"], match["last"])))
    elif (match := _NUMERIC_DATE.match(plain, at)) and 1 <= int(match["month"]) <= 12:
        month, days = MONTHS[int(match["month"]) - 1], match["day"]
    else:
        return None
    date = " ".join(filter(None, (match["year"], month, days)))
    return Item("date", date, None, at, match.end())


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
