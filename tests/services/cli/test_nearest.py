"""`enrayon nearest` refuses distance and travel where nothing says from where."""

from typing import Any
from unittest.mock import Mock

import pytest

from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import travel_pb2
from services.cli.nearest import find
from services.cli.output import CommandError

WALK = travel_pb2.Travel(mode=travel_pb2.TRAVEL_MODE_WALK)


@pytest.mark.parametrize("bound", [{"radius_m": 3000.0}, {"radius_m": 0.0}, {"travel": WALK}])
def test_distance_without_an_origin_is_refused_and_nothing_is_searched(bound: dict[str, Any]):
    stub = Mock()
    request = stores_pb2.FindNearestStoresRequest(query="Lidl", **bound)
    with pytest.raises(CommandError, match="a place, or latitude and longitude"):
        find(stub, request)
    assert not stub.mock_calls


def test_words_alone_are_searched_in_the_order_of_the_match():
    stub = Mock()
    store = stores_pb2.Store(name="stores/z-1")
    stub.SearchStores.return_value = stores_pb2.SearchStoresResponse(
        matches=[stores_pb2.StoreMatch(store=store)]
    )
    found = find(stub, stores_pb2.FindNearestStoresRequest(query="Lidl"))
    assert [store] == [each.store for each in found.stores]
    assert not stub.FindNearestStores.called
