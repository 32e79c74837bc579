"""Tests the invented catalogue of the demo: it is deterministic, and its barcodes are in-store."""

from geodata import importers
from geodata.samples import HELSINKI_STORES
from geodata.samples.catalogue import catalogue, stock_of


def test_articles_have_skus_and_barcodes_of_their_own():
    articles = catalogue()
    names = {article.name for article in articles}

    assert {"Milk", "Bread", "Garden shears"} <= names
    assert 200 < len(articles)
    assert len(articles) == len({article.sku for article in articles})
    assert len(articles) == len({article.gtin for article in articles})
    for article in articles:
        digits = [int(digit) for digit in article.gtin]
        assert (13, "20") == (len(digits), article.gtin[:2])
        assert 0 == (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10


def test_shops_sell_what_their_kind_sells_the_same_each_time():
    stores = importers.read(HELSINKI_STORES, "auto", source="osm").stores
    florist = next(store for store in stores if "osm.shop.florist" in store.attributes)
    bank = next(store for store in stores if "osm.amenity.bank" in store.attributes)

    first, again = (list(stock_of(florist, catalogue())) for _ in range(2))

    assert first == again
    assert {"garden"} == {article.department for article, _ in first}
    assert [] == list(stock_of(bank, catalogue()))
