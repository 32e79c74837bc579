"""Unmet demand on the map: a closed outline around the centre of each cell."""

import h3
from shapely.geometry import Point, shape

from enrayon.stock.v1.stock_pb2 import UnmetDemand
from services.edge.staff.demand import features

HELSINKI = h3.latlng_to_cell(60.17, 24.94, 5)
TURKU = h3.latlng_to_cell(60.45, 22.27, 5)


def test_the_searches_of_a_cell_are_summed_and_the_most_wanted_comes_first():
    found = features(
        [
            UnmetDemand(product="products/milk", h3_cell=HELSINKI, search_count=2),
            UnmetDemand(product="products/bread", h3_cell=HELSINKI, search_count=3),
            UnmetDemand(product="products/milk", h3_cell=HELSINKI, search_count=2),
            UnmetDemand(product="products/milk", h3_cell=TURKU, search_count=1),
            UnmetDemand(search_count=1000),
        ]
    )["features"]
    told = {each["properties"]["searches"]: each["properties"]["products"] for each in found}
    assert {7: ["products/milk", "products/bread"], 1: ["products/milk"]} == told
    for cell, each in zip(sorted((HELSINKI, TURKU)), found, strict=True):
        latitude, longitude = h3.cell_to_latlng(cell)
        ring = each["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1]
        assert shape(each["geometry"]).contains(Point(longitude, latitude))
