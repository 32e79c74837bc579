"""Fuel stations of France, from the open feed of prix-carburants.gouv.fr.

Both forms are read: the XML that is published (`pdv_liste`, coordinates times 100,000, prices that
are not ours), and the table made of it with the columns `id, lat, lon, postcode, road_type,
address, city, mon..sun, services, closed_since`.
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
    """Whether a CSV with these columns is the table of stations."""
    return set(header) >= _COLUMNS


def records(file: Source) -> Records:
    """One row for each station.

    Raises:
        ImporterError: when the file is neither form, or broken.
    """
    if file.head().lstrip().startswith(b"<"):
        for row, values in enumerate(_stations(file), start=1):
            yield _record(row, values, values)
        return
    header = delimited.header_of(file)
    if not is_table(header):
        raise ImporterError(
            f"neither the feed's XML nor its table with {', '.join(sorted(_COLUMNS))}"
        )
    for item in delimited.rows(file, header):
        if isinstance(item, Rejected):
            yield item
        else:
            yield _record(item.line, dict(zip(header, item.values, strict=True)), item.raw)


def _record(row: int, values: Mapping[str, str], raw: Mapping[str, object]) -> Record:
    fields = {name: values[name] for name in ("id", "lat", "lon", "postcode", "address", "city")}
    # The feed knows no names; on the road the brand's sign is not in it either.
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
                yield from builder.taken()
            parser.Parse(b"", True)
            yield from builder.taken()
    except (expat.ExpatError, LookupError) as error:
        raise ImporterError(f"broken XML ({error}); fetch it again") from error


def _degrees(text: str) -> str:
    """Degrees of a hundred-thousandth of a degree; what is no number stays as it is."""
    try:
        return str(float(text) / 100_000)
    except ValueError:
        return text


class _Builder:
    """Collects a station's elements until its end."""

    def __init__(self) -> None:
        self._done: list[dict[str, str]] = []
        self._station: dict[str, str] = {}
        self._services: list[str] = []
        self._text = ""
        self._day = ""
        self._is_all_day = False

    def taken(self) -> list[dict[str, str]]:
        """The stations that are complete, handed over once."""
        done, self._done = self._done, []
        return done

    def refuse_doctype(self, *_: object) -> None:
        """Entities of a document type could blow up; the feed has none."""
        raise LookupError("a document type")

    def start(self, name: str, values: dict[str, str]) -> None:
        """A station, a day, a span of hours or a service begins."""
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
        """What began is complete."""
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
        """Text of the element at hand; of a bounded length, whatever the file holds."""
        if len(self._text) < 10_000:
            self._text += data
