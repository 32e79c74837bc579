"""News of levels to be matched with wishes, on a real database."""

from services.stock.model.partitions import partition_of, tag
from services.stock.state.levels import Levels
from services.stock.state.matching import Matching
from tests.support.stock_state import STORE, stated

SKUS = [f"sku-{number}" for number in range(9_000)]
ROWS_AT_ONCE = 500


async def test_nine_thousand_products_with_wishes_come_into_stock_at_once(levels: Levels, database):
    await database.sadd(f"{tag(partition_of(STORE))}:wished", *(f"{STORE} {sku}" for sku in SKUS))
    for sequence, start in enumerate(range(0, len(SKUS), ROWS_AT_ONCE), 1):
        units = dict.fromkeys(SKUS[start : start + ROWS_AT_ONCE], 1)
        await stated(levels, sequence=sequence, **units)

    news = (await Matching(database).news())[partition_of(STORE)]

    assert {(STORE, sku) for sku in SKUS} == set(news.places)
