"""Reads places from KML and KMZ, as Google My Maps and Google Earth export them, and from GPX."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from shapely.geometry import LineString, Polygon

from geodata.importers import archives, rows
from geodata.importers.files import Source, check_values
from geodata.importers.record import clean
from geodata.importers.report import ImporterError
from geodata.importers.table import Table
from geodata.importers.xml_tree import tree_of

_TAG = re.compile(r"<[^>]{0,1000}>")


def table_of(file: Source) -> Table:
    """The placemarks of a KML or KMZ file, with the data that each has."""
    objects = [
        _placemark(element, folder)
        for document in _kml(file)
        for element, folder in _placemarks(tree_of(document))
    ]
    if not objects:
        raise ImporterError("the KML has no placemark; a link to a map is not followed")
    return rows.table_of("kml", objects)


def waypoints_of(file: Source) -> Table:
    """The waypoints of a GPX file."""
    root = tree_of(file.document())
    objects = []
    for element in root.iter("wpt"):
        found = {"lat": element.get("lat", ""), "lon": element.get("lon", "")}
        found |= {child.tag: clean(child.text) for child in element if clean(child.text)}
        objects.append(found)
    if not objects:
        raise ImporterError("the GPX has no waypoint; a track is no list of stores")
    return rows.table_of("gpx", objects)


def _kml(file: Source) -> list[bytes]:
    """The documents of a file; in an archive one may link to the others."""
    if not file.head().startswith(b"PK"):
        return [file.document()]
    with archives.opened(file.path) as archive:
        names = archive.ending(".kml")
        if not names:
            raise ImporterError("the archive has no KML")
        documents = [archive.read(name).removeprefix(b"\xef\xbb\xbf") for name in names]
    for document in documents:
        check_values(document)
    return documents


def _placemarks(root: Element) -> Iterator[tuple[Element, str]]:
    """The placemarks, each with the name of its folder."""
    pending = [(root, "")]
    while pending:
        element, folder = pending.pop()
        if element.tag == "Placemark":
            yield element, folder
            continue
        if element.tag == "Folder":
            folder = _text(element, "name") or folder
        pending.extend((child, folder) for child in reversed(list(element)))


def _placemark(element: Element, folder: str) -> dict[str, str]:
    found = {
        "id": element.get("id", ""),
        "name": _text(element, "name"),
        "folder": folder,
        "address": _text(element, "address"),
        "phone": _text(element, "phoneNumber"),
        "description": clean(_TAG.sub(" ", _text(element, "description"))),
    }
    for data in element.iter("Data"):
        found[data.get("name", "")] = _text(data, "value")
    for data in element.iter("SimpleData"):
        found[data.get("name", "")] = clean(data.text)
    latitude, longitude = _point(element)
    if latitude:
        found |= {"lat": latitude, "lon": longitude}
    return {key: value for key, value in found.items() if key and value}


def _text(element: Element, tag: str) -> str:
    child = element.find(tag)
    return clean(child.text) if child is not None else ""


def _point(element: Element) -> tuple[str, str]:
    """Latitude and longitude: of the point, else inside the first line or outline."""
    for kind in ("Point", "Polygon", "LineString"):
        geometry = next(element.iter(kind), None)
        text = next(geometry.iter("coordinates"), None) if geometry is not None else None
        corners = (
            [part.split(",")[:2] for part in (text.text or "").split()] if text is not None else []
        )
        if corners and len(corners[0]) == 2:
            if kind == "Point":
                return corners[0][1], corners[0][0]
            try:
                points = [(float(lon), float(lat)) for lon, lat in corners]
                shape = Polygon(points) if kind == "Polygon" else LineString(points)
                inside = shape.point_on_surface()
                return str(inside.y), str(inside.x)
            except ValueError:
                return "", ""
    return "", ""
