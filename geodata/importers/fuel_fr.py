"""Reads the fuel stations of France from the open feed of prix-carburants.gouv.fr.

Two forms are read: the published XML (`pdv_liste`, with coordinates times 100,000; prices are
ignored), and a table made from it with the columns `id, lat, lon, postcode, road_type, address,
city, mon..sun, services, closed_since`.
"""

import contextlib
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from geodata.importers import attributes, delimited
from geodata.importers.files import Source
from geodata.importers.hours import from_fuel_feed
from geodata.importers.record import Record, Records, clean
from geodata.importers.report import ImporterError, Rejected

SOURCE = "fuel_fr"
_COLUMNS = {"id", "lat", "lon", "postcode", "address", "city", "services", "closed_since"}
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
    header = delimited.header_of(file)
    if not is_table(header):
        raise ImporterError(
            f"neither the XML of the feed nor its table with {', '.join(sorted(_COLUMNS))}"
        )
    for item in delimited.rows(file, header):
        if isinstance(item, Rejected):
            yield item
        else:
            yield _record(item.line, dict(zip(header, item.values, strict=True)), item.raw)


def _record(row: int, values: Mapping[str, str], raw: Mapping[str, object]) -> Record:
    fields = {name: values[name] for name in ("id", "lat", "lon", "postcode", "address", "city")}
    # The feed has neither names nor brands.
    fields["name"] = f"Station-service {values['city'] or values['postcode']}".strip()
    fields["country"] = "FR"
    if values.get("closed_since"):
        fields["status"] = "closed_for_good"
    found = {"osm.amenity.fuel", *attributes.from_services(values["services"])}
    if values.get("road_type") == "A":
        found.add("enrayon.service.motorway")
    record = Record(row, fields, raw, source=SOURCE, attributes=found)
    from_fuel_feed(values).add_to(record)
    return record


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
                self._services.append("Automate CB 24/24")
            self._station["services"] = "|".join(dict.fromkeys(self._services))
            self._done.append(self._station)

    def text(self, data: str) -> None:
        """Collect the text of the current element, up to a bounded length."""
        if len(self._text) < 10_000:
            self._text += data
