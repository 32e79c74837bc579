"""Reads the fuel stations of France from the open feed of prix-carburants.gouv.fr.

Two forms are read: the published XML (`pdv_liste`, with coordinates times 100,000; a price tells
that the fuel is sold), and a table made from it with the columns `id, lat, lon, postcode,
road_type, address, city, mon..sun, services`, and optional `name, brand, closed_since,
automate_24_24`.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from geodata.importers import attributes, delimited
from geodata.importers.files import Source
from geodata.importers.hours import Hours, from_fuel_feed
from geodata.importers.record import Record, Records, clean
from geodata.importers.report import ImporterError, Rejected

SOURCE = "fuel_fr"
_COLUMNS = {"id", "lat", "lon", "postcode", "address", "city", "services"}
_ALWAYS = '24/7 open "pumps, by card"'
"""The hours of a station whose pumps take cards at any time, outside those of its shop."""
_AUTOMATE = "Automate CB 24/24"
_YES = frozenset(("1", "true", "yes", "oui"))
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_table(header: list[str]) -> bool:
    """True if a CSV with these columns is the table of stations."""
    return set(header) >= _COLUMNS


def records(file: Source) -> Records:
    """One record per station.

    Raises:
        ImporterError: the file has neither form, or is damaged.
    """
    if file.head().lstrip().startswith(b"<"):
        for row, values in enumerate(_stations(file), start=1):
            yield _record(row, values, values)
        return
    table = delimited.table_of(file)
    header = list(table.header)
    if not is_table(header):
        raise ImporterError(
            f"neither the XML of the feed nor its table with {', '.join(sorted(_COLUMNS))}"
        )
    for item in table.rows():
        if isinstance(item, Rejected):
            yield item
        else:
            yield _record(item.line, dict(zip(header, item.values, strict=True)), item.raw)


def _record(row: int, values: Mapping[str, str], raw: Mapping[str, object]) -> Record:
    fields = {name: values[name] for name in ("id", "lat", "lon", "postcode", "address", "city")}
    fields["brand"] = values.get("brand", "")
    fields["name"] = values.get("name", "") or _name(values)
    fields["country"] = "FR"
    fields["end_date"] = values.get("closed_since", "")
    services = values["services"]
    is_always = values.get("automate_24_24", "").lower() in _YES
    if is_always and _AUTOMATE not in services:
        services = f"{services}|{_AUTOMATE}"
    found = {"osm.amenity.fuel", *attributes.from_services(services)}
    if values.get("road_type") == "A":
        found.add("enrayon.service.motorway")
    record = Record(row, fields, raw, source=SOURCE, attributes=found)
    hours = from_fuel_feed(values)
    if _AUTOMATE in services.split("|"):
        hours = with_pumps(hours)
    hours.add_to(record)
    return record


def _name(values: Mapping[str, str]) -> str:
    """The feed has no names: `Station-service Total Lyon`, or its address without a town."""
    place = values["city"] or values["address"] or values["postcode"]
    return " ".join(filter(None, ("Station-service", values.get("brand", ""), place)))


def with_pumps(hours: Hours) -> Hours:
    """The hours of the shop, laid over those of the pumps, which take cards at any time."""
    if hours.expression == "24/7":
        return hours
    rules = re.split("[;,] ", hours.expression) if hours.expression else []
    told = [rule for rule in rules if rule != "off" and " unknown " not in rule]
    return Hours(hours.text or _AUTOMATE, ", ".join((_ALWAYS, *told)), doubts=hours.doubts)


def _stations(file: Source) -> Iterator[dict[str, str]]:
    """Stations of the XML, with the names of the table's columns."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        with file.open() as xml:
            while chunk := xml.read(2**18):
                parser.Parse(chunk, False)
                yield from builder.take_stations()
            parser.Parse(b"", True)
            yield from builder.take_stations()
    except (expat.ExpatError, LookupError) as error:
        raise ImporterError(f"damaged XML ({error}); download it again") from error


def _degrees(text: str) -> str:
    """Degrees from units of 1e-5 degrees; a text that is not a number is returned unchanged."""
    try:
        return str(float(text) / 100_000)
    except ValueError:
        return text


class _Builder:
    """Builds stations from XML events."""

    def __init__(self) -> None:
        self._done: list[dict[str, str]] = []
        self._station: dict[str, str] = {}
        self._services: list[str] = []
        self._text = ""
        self._day = ""
        self._is_all_day = False

    def take_stations(self) -> list[dict[str, str]]:
        """Return the completed stations, and forget them."""
        done, self._done = self._done, []
        return done

    def refuse_doctype(self, *_: object) -> None:
        """Refuse a document type, whose entities could expand without bound; the feed has none."""
        raise LookupError("it has a document type")

    def start(self, name: str, values: dict[str, str]) -> None:
        """Handle the start of a station, a day, a span of hours or a service."""
        self._text = ""
        if name == "pdv":
            self._station = {
                "id": values.get("id", ""),
                "lat": _degrees(values.get("latitude", "")),
                "lon": _degrees(values.get("longitude", "")),
                "postcode": values.get("cp", ""),
                "road_type": values.get("pop", ""),
                "address": "",
                "city": "",
                "closed_since": "",
            }
            self._services = []
            self._is_all_day = False
        elif name == "horaires":
            self._is_all_day = values.get("automate-24-24") == "1"
        elif name == "jour":
            with contextlib.suppress(ValueError, IndexError):
                self._day = _DAYS[int(values.get("id", "")) - 1]
            if self._day and values.get("ferme") == "1":
                self._station[self._day] = "closed"
        elif name == "horaire" and self._day:
            span = f"{values.get('ouverture', '')}-{values.get('fermeture', '')}"
            before = self._station.get(self._day, "")
            self._station[self._day] = f"{before};{span}" if before and before != "closed" else span
        elif name == "prix" and values.get("nom") in attributes.FUELS:
            self._services.append(values["nom"])
        elif name == "fermeture" and values.get("type") == "D":
            self._station["closed_since"] = values.get("debut", "")

    def end(self, name: str) -> None:
        """Handle the end of an element."""
        text = clean(self._text)
        if name == "adresse":
            self._station["address"] = text
        elif name == "ville":
            self._station["city"] = text
        elif name == "service":
            self._services.append(text)
        elif name == "jour":
            self._day = ""
        elif name == "pdv":
            if self._is_all_day:
                self._services.append(_AUTOMATE)
            self._station["services"] = "|".join(dict.fromkeys(self._services))
            self._done.append(self._station)

    def text(self, data: str) -> None:
        """Collect the text of the current element, up to a bounded length."""
        if len(self._text) < 10_000:
            self._text += data
