"""Maps the columns of a table to the fields of stores, by their names in several languages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from geodata.gazetteer import fold
from geodata.importers import attributes
from geodata.importers.days import DayColumns
from geodata.importers.hours import day_texts
from geodata.importers.record import FIELDS, Record, Records, clean, words
from geodata.importers.report import ColumnUse, ImporterError, Rejected
from geodata.importers.suggestions import field_like, missing_id, missing_name
from geodata.importers.table import Row, Table

_ALIASES = {
    "id": """
        @id store_id storeid store_number store_code storecode shop_code shop_id branch_code
        branch_id branchcode location_id entity_id listing_id geonameid place_id ref code
        identifier number nr no num numero filialnummer filial_nr code_magasin id_magasin magasin_id
        codigo codice
        external_id object_id site_id outlet_id store_no partner_distinct_id
        wpsl_id partners_location_id
    """,
    "name": """
        display_name store_name shop_name business_name location_name branch_name title nom naam
        nombre nome nimi namn navn nazwa bezeichnung filiale nom_magasin magasin enseigne_nom
        filialname store shop wpsl_name names_primary displayname_text
    """,
    "brand": "brand_names_primary chain banner enseigne marque marke merk marca merkki "
    "brand_name main_brand ketju",
    "lat": "latitude y breitengrad breite latitud latitudine leveysaste geo_lat wpsl_lat lat_wgs84 "
    "northing nord hochwert koord_y coord_y y_coord store_lat gps_lat",
    "lon": "lng long longitude x laengengrad langengrad lange longitud longitudine pituusaste "
    "geo_lng geo_lon wpsl_lng lon_wgs84 easting ost rechtswert koord_x coord_x x_coord store_lng "
    "gps_lng gps_lon",
    "coordinates": "coordonnees koordinaten coordenadas geo_point geo_point_2d geopoint latlng "
    "lat_lng lat_lon latlon gps geolocation wkt geom point location coordinate geocode",
    "housenumber": "house_number street_number addr:housenumber hausnummer huisnummer numero_voie",
    "street": "road addr:street strasse straat rue voie calle via street_name katu gata",
    "unit": "suite addr:unit",
    "address": """
        street_address address1 address_1 address_line_1 address_line1 addressline1 addr:full
        adresse adresse1 adresse_1 anschrift adres direccion indirizzo osoite adress full_address
        formatted_address addresses_freeform street_and_number line1 street_1 store_street_address
        wpsl_address
    """,
    "address2": "address_2 address_line_2 address_line2 addressline2 line2 street_2 adresse2 "
    "adresse_2 complement complement_adresse wpsl_address2 sub_premise adresszusatz",
    "city": "town locality municipality ville commune addr:city ort stadt plaats stad ciudad citta "
    "kaupunki stad miasto cidade city_name postort wpsl_city nom_commune localite "
    "addresses_locality",
    "state": "province region addr:state administrative_area bundesland provincia provincie "
    "state_province state_code province_code admin1 wpsl_state departement addresses_region",
    "postcode": """
        zip zip_code zipcode postal_code postalcode code_postal cp addr:postcode plz postleitzahl
        code_post codigo_postal cap codice_postale postinumero postnummer kod_pocztowy post_code
        zip_postal_code zip_postcode wpsl_zip postcode_zip addresses_postcode
    """,
    "country": "country_code pays addr:country land pais paese maa kraj country_region "
    "country_iso code_pays landcode wpsl_country country_name region_code addresses_country",
    "phone": """
        telephone tel phone_number contact:phone primary_phone main_phone telefon telefono telefoon
        puhelin telefone telefonnummer phone1 local_phone phone_no store_phone wpsl_phone numero_tel
        numero_de_telephone phones mobile
    """,
    "website": "url web link contact:website site site_web webseite webpage homepage sito web_site "
    "website_url landing_page landing_page_url store_url home_page_url permalink wpsl_url websites",
    "opening_hours": "hours openinghours open_hours horaires offnungszeiten horario horarios orari "
    "openingstijden aukioloajat oppettider abningstider opening_times business_hours "
    "horaires_ouverture hours_of_operation store_hours wpsl_hours",
    "timezone": "time_zone tz fuseau_horaire zeitzone",
    "status": "state_of_operation permanently_closed_status open_status business_status "
    "operational_status statut store_status",
    "opening_date": "date_opened open_date opened_on date_ouverture eroffnung eroffnungsdatum",
    "end_date": "closing_date close_date closed_on date_closed closed_since date_fermeture closure "
    "schliessungsdatum fermeture_definitive",
    "private": "hidden is_private",
    "description": "store_description from_the_business short_description about beschreibung "
    "descripcion descrizione omschrijving kuvaus",
    "images": "image image_url image_urls photo photos picture pictures cover_photo bild bilder",
    "payment_methods": "payment_options payment_accepted payment_types payments "
    "moyens_de_paiement modes_de_paiement zahlungsarten betaalmethoden",
}
_SERVICE_COLUMNS = words(
    """
    services services_yes amenities amenity_list features facilities store_services service_list
    ausstattung servicios servizi prestations equipements palvelut leistungen store_features
    """
)
_EXTERNAL = {
    "gln": "gln",
    "global_location_number": "gln",
    "google_place_id": "place_id",
    "place_id": "place_id",
    "osm_id": "osm",
    "wikidata": "wikidata",
}
"""Columns with ids that other systems gave the store."""
_LOCALIZED = re.compile(
    "(name|description)[_:](ar|bg|cs|da|de|el|en|es|et|fi|fr|he|hr|hu|it|ja|ko|lt|lv|nb|nl|nn|pl|pt|ro|ru"
    "|sk|sl|sv|th|tr|uk|zh)"
)
"""Columns with a name or description in another language: `name_fi`, `Description (FR)`."""
_READ_OTHERWISE = words("attributes ownership insee") | _SERVICE_COLUMNS | frozenset(_EXTERNAL)
_PLACED = words("lat lon coordinates address address2 street city postcode state")
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What the caller says of the columns; it has priority over their names."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column name to field."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Field to the value that every row has, where the row has none of its own."""
    id_from: Sequence[str] = ()
    """The columns that make the id of a row together."""


def normal(column: str) -> str:
    """A column name in normal form: `Zip Code` and `zipCode` become `zip_code`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", clean(column))
    # `fold` drops punctuation; a colon of an OSM key stays, other marks part words.
    parts = [fold(re.sub(r"[^\w@]+", " ", part)).decode() for part in spaced.split(":")]
    name = ":".join(parts).replace(" ", "_").strip("_:")
    return name or spaced.casefold()


_FIELD_OF = {alias: field for field, names in _ALIASES.items() for alias in names.split()} | {
    field: field for field in FIELDS
}


class Columns:
    """The use of each column of a header."""

    def __init__(self, table: Table, given: ColumnMap) -> None:
        """Map the columns.

        Raises:
            ImporterError: a column is missing, or a field is unknown.
        """
        self._table = table
        self._given = given
        header = table.header
        _check(header, given)
        self._names = [normal(column) for column in header]
        self._fields = _fields_of(header, self._names, given.columns)
        taken = set(self._fields.values())
        self._days = DayColumns([c for i, c in enumerate(header) if i not in taken])
        self._tags = [name for name in dict.fromkeys(self._names) if attributes.is_tag(name)]
        self._services = [
            column
            for column, name in zip(header, self._names, strict=True)
            if name in _SERVICE_COLUMNS
        ]
        self._localized = any(map(_LOCALIZED.fullmatch, self._names))
        self._id_from = [header.index(column) for column in given.id_from]

    def records(self) -> Records:
        """One record for each row.

        Raises:
            ImporterError: no column has the id or the name.
        """
        self._check_needed()
        for row in self._table.rows():
            yield row if isinstance(row, Rejected) else self._record(row)

    def use(self) -> list[ColumnUse]:
        """What each column is used for, with the first values of it."""
        goes_to = {index: name for name, index in self._fields.items()}
        values = self._examples()
        found: list[ColumnUse] = []
        for index, column in enumerate(self._table.header):
            use = goes_to.get(index, "") or self._other_use(column, self._names[index])
            if index in self._id_from:
                use = "id" if not use else f"{use}, id"
            free = FIELDS - set(self._fields)
            suggestion = (
                "" if use else field_like(self._names[index], values[index], free, _FIELD_OF)
            )
            found.append(ColumnUse(column, use, tuple(values[index][:_EXAMPLES]), suggestion))
        return found

    def _other_use(self, column: str, name: str) -> str:
        if column in self._days.columns or name.startswith("hours_week"):
            return "hours"
        if name in _EXTERNAL:
            return "external id"
        if match := _LOCALIZED.fullmatch(name):
            return f"{match[1]} in {match[2]}"
        if name in _READ_OTHERWISE or attributes.is_tag(name):
            return "attributes"
        return ""

    def _examples(self) -> list[list[str]]:
        """Some different values of each column."""
        values: list[dict[str, None]] = [{} for _ in self._table.header]
        for number, row in enumerate(self._table.rows()):
            if number >= 2000:
                break
            if isinstance(row, Row):
                for seen, value in zip(values, row.values, strict=True):
                    if value and len(seen) < 200:
                        seen[value[:200]] = None
        return [list(seen) for seen in values]

    def _check_needed(self) -> None:
        header, fields, constants = self._table.header, self._fields, self._given.constants
        if "id" not in fields and {"station_id", "fuel"} <= set(self._names):
            raise ImporterError(
                "a row for each fuel, not for each station: no stores. The stations are in the "
                "feed's XML or its table, and the XML tells which fuels each sells"
            )
        used = frozenset(fields.values())
        if "id" not in fields and not self._id_from:
            raise ImporterError(missing_id(header, self._names, self._examples(), used))
        told = {*fields, *constants}
        if not told & _PLACED:
            raise ImporterError(
                f"no column has coordinates or an address among {', '.join(header)}; name one, for "
                "example --map COLUMN=address; products are read by `enrayon products import`"
            )
        if not told & {"name", "brand", "operator", "branch"}:
            raise ImporterError(missing_name(header, self._names, self._examples()))

    def _record(self, row: Row) -> Record:
        given = dict(self._given.constants)
        given |= {name: text for name, index in self._fields.items() if (text := row.values[index])}
        if self._id_from:
            parts = [row.values[index] for index in self._id_from]
            given["id"] = "-".join(parts) if all(parts) else ""
        if both := given.pop("coordinates", ""):
            given.setdefault("lat", both)
        record = Record(row.line, given, row.raw)
        others = dict(zip(self._names, row.values, strict=True))
        record.attributes |= attributes.from_tags({name: others[name] for name in self._tags})
        record.attributes |= set(others.get("attributes", "").split("|"))
        for column in self._services:  # the lines of a cell are a list, and `clean` joins them
            cell = row.raw.get(column, "")
            text = cell if isinstance(cell, str) else clean(cell)
            lines = "\n".join(filter(None, map(clean, text.splitlines())))
            record.attributes |= attributes.from_services(lines)
        record.attributes |= attributes.from_ownership(others.get("ownership", ""))
        if self._localized:
            record.localized = localized(others)
        record.external_ids |= {
            scheme: value[:300] for name, scheme in _EXTERNAL.items() if (value := others.get(name))
        }
        if "insee" in others:  # the number of a commune of France
            record.fields.setdefault("country", "FR")
        if record.fields.get("opening_hours", "").startswith("{"):
            record.day_texts = _days_of_json(record.fields)
        if "opening_hours" not in record.fields and not record.day_texts:
            by_column = dict(zip(self._table.header, row.values, strict=True))
            record.day_texts = self._days.texts(by_column)
            if "hours_weekday" in others:
                record.day_texts = day_texts(others)
        return record


def localized(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The names and descriptions in other languages among texts by normal column name."""
    found: dict[str, dict[str, str]] = {}
    for name, text in texts.items():
        if text and (match := _LOCALIZED.fullmatch(name)):
            found.setdefault(match[1], {})[match[2]] = text
    return found


def _check(header: Sequence[str], given: ColumnMap) -> None:
    if len(header) < 2:
        raise ImporterError("no header line with columns separated by comma, semicolon or tab")
    for column in (*given.columns, *given.id_from):
        if column not in header:
            raise ImporterError(f"no column {column!r}; the columns are {', '.join(header)}")
    for name in (*given.columns.values(), *given.constants):
        if name not in FIELDS:
            raise ImporterError(f"no field {name!r}; the fields are {', '.join(sorted(FIELDS))}")


def _fields_of(
    header: Sequence[str], names: Sequence[str], columns: Mapping[str, str]
) -> dict[str, int]:
    """The index of the column of each field."""
    fields: dict[str, int] = {}
    # The name of the field has priority over its aliases, these by their order, a map over all.
    for index, name in enumerate(names):
        target = _FIELD_OF.get(name)
        if target and header[index] not in columns:
            other = fields.get(target)
            if other is None or _rank(target, name) < _rank(target, names[other]):
                fields[target] = index
    return fields | {target: header.index(column) for column, target in columns.items()}


def _rank(target: str, name: str) -> int:
    return 0 if name == target else 1 + _ALIASES[target].split().index(name)


def _days_of_json(fields: dict[str, str]) -> dict[str, str]:
    """The texts of days in a cell such as `{"mon": ["09:00 - 17:00"]}`, taken out of the fields."""
    try:
        week = orjson.loads(fields["opening_hours"])
    except orjson.JSONDecodeError:
        return {}
    texts = {
        key: " / ".join(map(clean, value)) if isinstance(value, list) else clean(value)
        for key, value in week.items()
    }
    days = DayColumns(list(texts), fewest_short=1)
    if days.columns == set(texts):
        del fields["opening_hours"]
        return days.texts({key: text if text != "0" else "-" for key, text in texts.items()})
    return {}
