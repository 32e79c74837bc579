"""The pick-up methods as UCP's fulfilment options: their ids and their titles for buyers."""

from enrayon.stock.v1 import stock_pb2
from services.edge.languages import LANGUAGES
from services.edge.ucp.amenities import description

OPTIONS: dict[stock_pb2.PickupMethod.ValueType, str] = {
    stock_pb2.PICKUP_METHOD_UNSPECIFIED: "any",
    stock_pb2.PICKUP_METHOD_IN_STORE: "in_store",
    stock_pb2.PICKUP_METHOD_CURBSIDE: "curbside",
    stock_pb2.PICKUP_METHOD_LOCKER: "locker",
}
_AMENITIES = {
    stock_pb2.PICKUP_METHOD_IN_STORE: "dev.ucp.amenity.shopping.in_store_pickup",
    stock_pb2.PICKUP_METHOD_CURBSIDE: "dev.ucp.amenity.shopping.curbside_pickup",
}
_TITLES = {
    stock_pb2.PICKUP_METHOD_UNSPECIFIED: ("Pickup", "Retrait", "Nouto", "Abholung"),
    stock_pb2.PICKUP_METHOD_LOCKER: (
        "Locker pickup",
        "Retrait en consigne",
        "Nouto lokerosta",
        "Abholung am Schließfach",
    ),
}


def title(method: stock_pb2.PickupMethod.ValueType, language: str) -> str:
    """The title of a pick-up method."""
    if method in _AMENITIES:
        return description(_AMENITIES[method], language)
    return _TITLES[method][LANGUAGES.index(language)]
