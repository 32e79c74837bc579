"""Suggests what a column may be, by its name and by its values."""

import re
from collections.abc import Collection, Mapping, Sequence

from rapidfuzz import fuzz, process

from geodata.gazetteer import country_code
from geodata.importers.degrees import degrees_of, pair_of

_SIMILAR = 84
_BY_VALUE = frozenset(("coordinates", "lat", "lon", "country", "phone", "website"))
"""Fields whose values tell more than the name of their column."""
_SHARE = 0.8
"""The share of values that must look like a field."""
_FEWEST = 2
_PHONE = re.compile(r"\+?[\d\s().\-/]{7,20}")
_WEB = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
_POSTCODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9 -]{2,9}", re.IGNORECASE)
_HOURS = re.compile(r"\d{1,2}[:.h]\d{2}.*[-–].*\d{1,2}[:.h]?\d{0,2}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*")


def field_like(
    name: str, values: Sequence[str], free: Collection[str], known: Mapping[str, str]
) -> str:
    """The field that a column resembles, of those that no column has; empty if none."""
    close = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=_SIMILAR)
    looks = _looks_like(name, values)
    if close and known[close[0]] in free and known[close[0]] not in _BY_VALUE:
        return known[close[0]]
    return looks if looks in free else ""


def missing_id(
    header: Sequence[str],
    names: Sequence[str],
    values: Sequence[Sequence[str]],
    used: Collection[int],
) -> str:
    """The text for a table in which no column has the id: what to say, by the values.

    Columns that are used for another field, such as postcodes, are no ids.
    """
    fitting = [
        i for i in range(len(header)) if i not in used and _identifies(names[i], values[i], values)
    ]
    listed = ", ".join(header)
    if fitting:
        best = max(fitting, key=lambda i: (_is_id_name(names[i]), -i))
        return (
            f"no column for 'id' among {listed}; say which one, "
            f"for example --map {_quoted(header[best])}=id"
        )
    made = _made_id(header, names, values)
    if made:
        return f"no column for 'id' among {listed}; make ids of columns: --id-from {_quoted(made)}"
    return (
        f"no column for 'id' among {listed}, and none has different values in all rows; "
        "add one that stays the same from file to file"
    )


def missing_name(
    header: Sequence[str], names: Sequence[str], values: Sequence[Sequence[str]]
) -> str:
    """The text for a table in which no column has a name or a brand."""
    listed = ", ".join(header)
    texts = [i for i in range(len(header)) if _is_name_like(names[i], values[i])]
    if texts:
        return (
            f"no column for 'name' among {listed}; say which one, "
            f"for example --map {_quoted(header[texts[0]])}=name"
        )
    return f"no column for 'name' or 'brand' among {listed}; say the brand of all: --set brand=NAME"


def _quoted(column: str) -> str:
    return f"'{column}'" if re.search(r"[^\w:,.-]", column) else column


def _identifies(name: str, values: Sequence[str], all_values: Sequence[Sequence[str]]) -> bool:
    """True if the values look like ids: short, all different, not those of another field."""
    rows = max(map(len, all_values), default=0)
    if not values or len(values) < rows or _looks_like(name, values) or " " in "".join(values[:20]):
        return _is_id_name(name) and bool(values) and len(values) >= rows
    return all(len(value) <= 60 and re.search(r"\d", value) for value in values)


def _is_id_name(name: str) -> bool:
    return bool(re.search(r"(^|_)(id|nr|no|num|numero|number|code|ref|key|siret|gln)(_|$)", name))


def _made_id(header: Sequence[str], names: Sequence[str], values: Sequence[Sequence[str]]) -> str:
    """The columns whose values make an id: the name alone if all differ, else with its place."""
    wanted = (
        r"name|nom|naam|title",
        r"post|zip|plz|cp$",
        r"city|ville|ort$|town",
        r"addr|street|rue",
    )
    found = [
        next((header[i] for i, name in enumerate(names) if re.search(pattern, name)), "")
        for pattern in wanted
    ]
    parts = list(dict.fromkeys(filter(None, found)))[:2]
    rows = max(map(len, values), default=0)
    if parts and len(values[header.index(parts[0])]) == rows > 1:
        return parts[0]
    return ",".join(parts)


def _is_name_like(name: str, values: Sequence[str]) -> bool:
    return (
        bool(values)
        and not _is_id_name(name)
        and not _looks_like(name, values)
        and not re.search(r"addr|street|city|state|country|desc|lat|lon|date|hour", name)
        and sum(bool(re.search(r"[^\W\d]{3}", value)) for value in values) >= _SHARE * len(values)
    )


def _looks_like(name: str, values: Sequence[str]) -> str:
    """The field whose values these look like; empty if none."""
    if len(values) < _FEWEST:
        return ""

    def share(fits: object) -> bool:
        return sum(bool(fits(value)) for value in values) >= _SHARE * len(values)  # type: ignore[operator]

    if share(lambda text: degrees_of(text) is None and pair_of(text)):
        return "coordinates"
    if share(lambda text: (d := degrees_of(text)) is not None and abs(d) <= 180 and "." in text):
        is_latitude = "lat" in name or name.endswith("y")
        is_longitude = "lon" in name or "lng" in name or name.endswith("x")
        return "lat" if is_latitude else "lon" if is_longitude else ""
    if share(_WEB.match):
        return "website"
    if share(_HOURS.search):
        return "opening_hours"
    if share(_DATE.fullmatch):
        return "opening_date" if "open" in name else ""
    if share(lambda text: len(text) > 1 and country_code(text)):
        return "country"
    if share(lambda text: _PHONE.fullmatch(text) and len(re.sub(r"\D", "", text)) >= 8):
        return "phone"
    if re.search(r"post|zip|plz|cp$", name) and share(_POSTCODE.fullmatch):
        return "postcode"
    return ""
