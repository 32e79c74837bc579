"""Products are listed page by page, and searched by words, barcode, department and group."""

from enrayon.stock.v1 import stock_pb2
from services.directory.products import ProductsReplica
from services.directory.text import Match

MILK, BREAD, OATS = (
    stock_pb2.Product(
        name=f"products/{sku}",
        display_name=name,
        department=department,
        gtins=[gtin],
        variant_group=group,
    )
    for sku, name, department, gtin, group in (
        ("b", "Milk", "dairy", "4006381333931", "milk"),
        ("c", "Oat milk", "dairy", "4006381333948", "milk"),
        ("a", "Bread", "bakery", "4006381333955", ""),
    )
)


async def test_a_search_takes_products_that_meet_all():
    replica = ProductsReplica(
        (each.name.removeprefix("products/"), each.SerializeToString())
        for each in (MILK, BREAD, OATS)
    )

    async def found(**wanted: str) -> list[str]:
        return [match.id for match in await replica.search(**wanted)]

    assert ["a", "b", "c"] == await found()
    assert [Match(0, 0, "b")] == (await replica.search())[1:2]
    assert ["b", "c"] == await found(department="dairy")
    assert ["b", "c"] == await found(query="milk")
    assert ["c"] == await found(query="milk", gtin="4006381333948")
    assert [] == await found(department="bakery", gtin="4006381333931")
    assert [] == await found(department="toys")
    assert ["b", "c"] == await found(group="milk")
    replica.apply("c", None)
    assert ["b"] == await found(group="milk")
