"""Tests the import of the French fuel feed, as XML and as a table."""

import gzip
from pathlib import Path

import pytest

from geodata.importers import Import, ImporterError, read
from geodata.points import Point
from geodata.stores import StoreStatus

XML = """<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>
<pdv_liste>
  <pdv id="1000004" latitude="4618800" longitude="524500" cp="01000" pop="R">
    <adresse>20 Avenue du Maréchal Juin</adresse>
    <ville>Bourg-en-Bresse</ville>
    <horaires automate-24-24="1">
      <jour id="1" nom="Lundi" ferme="">
        <horaire ouverture="06.30" fermeture="12.00"/>
        <horaire ouverture="14.00" fermeture="20.00"/>
      </jour>
      <jour id="2" nom="Mardi" ferme=""><horaire ouverture="06.30" fermeture="20.00"/></jour>
      <jour id="7" nom="Dimanche" ferme="1"/>
    </horaires>
    <services><service>Toilettes publiques</service><service>Wifi</service></services>
    <prix nom="Gazole" id="1" maj="2022-10-11 09:00:00" valeur="2.049"/>
  </pdv>
  <pdv id="2" latitude="" longitude="" cp="69003" pop="A">
    <adresse/><ville>LYON</ville><services/>
    <fermeture type="D" debut="2022-01-01 00:00:00" fin=""/>
  </pdv>
</pdv_liste>
"""
HEADER = (
    "id,lat,lon,postcode,road_type,address,city,mon,tue,wed,thu,fri,sat,sun,services,closed_since"
)


def published(tmp_path: Path, text: str = XML) -> Import:
    path = tmp_path / "PrixCarburants_quotidien.xml"
    path.write_bytes(text.encode("iso-8859-1"))
    return read(path)


def table(tmp_path: Path, *lines: str) -> Import:
    path = tmp_path / "stations.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADER, *lines]).encode()))
    return read(path)


def test_a_station_of_the_feed_as_published(tmp_path: Path) -> None:
    result = published(tmp_path)
    assert ("fuel-fr", {"fuel_fr"}, 2) == (result.format, result.sources, result.rows)
    station, closed = result.stores
    assert "fuel_fr-1000004" == station.id
    assert "Station-service Bourg-en-Bresse" == station.display_name
    assert Point(46.188, 5.245) == station.location
    assert ("20 Avenue du Maréchal Juin",) == station.address.lines
    assert ("FR", "01000") == (station.address.region_code, station.address.postal_code)
    assert (
        '24/7 open "pumps, by card", Mo 06:30-12:00,14:00-20:00, Tu 06:30-20:00'
        == station.opening_hours_expression
    )
    assert (
        "dev.ucp.amenity.wi_fi",
        "osm.amenity.fuel",
        "osm.fuel.diesel",
        "osm.self_service",
        "osm.toilets",
    ) == station.attributes
    assert (StoreStatus.OPEN, StoreStatus.CLOSED_FOR_GOOD) == (station.status, closed.status)
    assert closed.location is None
    assert ("enrayon.service.motorway", "osm.amenity.fuel") == closed.attributes


def test_the_table_of_the_feed_says_the_same(tmp_path: Path) -> None:
    result = table(
        tmp_path,
        "1000004,46.188,5.245,01000,R,20 Avenue du Maréchal Juin,Bourg-en-Bresse,"
        "06.30-12.00;14.00-20.00,06.30-20.00,,,,,closed,"
        "Toilettes publiques|Wifi|Gazole|Automate CB 24/24,",
        "2,,,69003,A,,LYON,,,,,,,,,2022-01-01 00:00:00",
    )
    assert published(tmp_path).stores == result.stores
    assert "fuel-fr" == result.format


def test_a_station_in_the_norwegian_sea_loses_its_location(tmp_path: Path) -> None:
    result = table(tmp_path, "44240007,59.7739,-1.7160,44240,R,X,LA CHAPELLE,,,,,,,,,")
    assert result.stores[0].location is None
    assert "59.7739, -1.7160 is not in FR: kept without a location" == result.warnings[0].note


def test_hours_that_make_no_sense_are_told_by_day(tmp_path: Path) -> None:
    result = table(tmp_path, "1,46.188,5.245,01000,R,X,Y,6h-20h,06.30-20.00,,,,,,,")
    assert "Tu 06:30-20:00" in result.stores[0].opening_hours_expression
    assert [("opening_hours", "mon '6h-20h'")] == [
        (remark.field, remark.note[: len("mon '6h-20h'")]) for remark in result.warnings
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (XML[:700], "damaged XML"),
        (XML.replace("</pdv>", "</pvd>"), "damaged XML"),
        (
            XML.replace("<pdv_liste>", '<!DOCTYPE x [<!ENTITY a "b">]><pdv_liste>'),
            "damaged XML (it has a document type)",
        ),
        ("<rss/>", "unknown XML: neither OpenStreetMap, KML, GPX, a page nor the French fuel"),
    ],
)
def test_broken_xml_says_so(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ImporterError) as caught:
        published(tmp_path, text)
    assert message in str(caught.value)


def test_another_table_is_not_the_feed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,a\n")
    with pytest.raises(ImporterError, match="neither the XML of the feed nor its table"):
        read(path, format="fuel-fr")


def test_a_table_of_prices_is_said_to_have_no_stations(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("station_id,fuel,price_eur,updated_at\n1,Gazole,1.9,2022-10-11\n")
    with pytest.raises(ImporterError, match="a row for each fuel"):
        read(path, source="s")
