"""Converts OSM tags, which AllThePlaces uses too, to a record."""

from collections.abc import Mapping

from geodata.importers import attributes
from geodata.importers.columns import localized
from geodata.importers.record import Record, clean

_FIELDS = {
    "name": ("name", "name:en", "official_name"),
    "brand": ("brand",),
    "branch": ("branch",),
    "operator": ("operator",),
    "housenumber": ("addr:housenumber",),
    "street": ("addr:street", "addr:place"),
    "unit": ("addr:unit",),
    "address": ("addr:full", "addr:street_address"),
    "city": ("addr:city",),
    "state": ("addr:state", "addr:province"),
    "postcode": ("addr:postcode",),
    "country": ("addr:country",),
    "phone": ("phone", "contact:phone", "contact:mobile"),
    "website": ("website", "contact:website", "url"),
    "opening_hours": ("opening_hours",),
    "opening_date": ("opening_date",),
    "end_date": ("end_date",),
    "description": ("description",),
    "images": ("image",),
}
_EXTERNAL_IDS = {
    "brand:wikidata": "brand_wikidata",
    "wikidata": "wikidata",
    "ref": "ref",
    "ref:gln": "gln",
    "gln": "gln",
    "ref:google": "place_id",
    "ref:google:place_id": "place_id",
}
_MAX_EXTERNAL_ID = 300


def record_of(
    row: int,
    tags: Mapping[str, object],
    identifier: str,
    source: str,
    point: tuple[object, object],
) -> Record:
    """The record of a tagged feature.

    Args:
        row: the number of the feature in the file, from 1.
        tags: the tags, in OSM's vocabulary.
        identifier: the id in the source: `node/1`, or AllThePlaces' `ref`.
        source: the source named by the file; may be empty.
        point: latitude and longitude; (None, None) without a point.
    """
    texts = {key: text for key, value in tags.items() if (text := clean(value))}
    fields = {
        field: value
        for field, keys in _FIELDS.items()
        if (value := next((texts[key] for key in keys if key in texts), ""))
    }
    fields["id"] = identifier
    fields["lat"], fields["lon"] = map(clean, point)
    return Record(
        row,
        fields,
        {**tags, "@id": identifier, "@lat": point[0], "@lon": point[1]},
        source=source,
        attributes=attributes.from_tags(texts),
        localized=localized(texts),
        external_ids={
            scheme: texts[key]
            for key, scheme in _EXTERNAL_IDS.items()
            if len(texts.get(key, "")) in range(1, _MAX_EXTERNAL_ID + 1)
        },
    )
