"""Products: found by word, barcode and department; wrong barcodes are refused."""

from enrayon.stock.v1 import stock_pb2
from tests.support.stock import BREAD, MILK, SHEARS


async def test_products_are_found_by_word_barcode_and_department(stock):
    async def search(**options: object) -> list[str]:
        answer = await stock.SearchProducts(stock_pb2.SearchProductsRequest(**options))
        return [product.name for product in answer.products]

    assert [MILK] == await search(query="maito")
    assert [BREAD] == await search(query="ruisleipa")
    assert [SHEARS] == await search(query="shears green")
    assert [MILK] == await search(gtin="06408430000012")
    assert [SHEARS] == await search(department="garden")
    assert [BREAD, MILK, SHEARS] == await search()


async def test_a_product_with_a_wrong_barcode_is_rejected_and_the_others_are_created(stock):
    request = stock_pb2.UpsertProductsRequest(
        products=[
            stock_pb2.Product(name="products/a", display_name="A", gtins=["6408430000013"]),
            stock_pb2.Product(name="products/b", display_name="B"),
        ]
    )

    answer = await stock.UpsertProducts(iter([request]))

    assert (1, 1) == (answer.created_count, answer.rejected_count)
    assert (0, "gtins[0]") == (answer.rejected[0].index, answer.rejected[0].field)
