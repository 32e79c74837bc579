"""The errors of the stock service: one class for each `ErrorReason` of its contract."""

from services.chassis import errors as shapes
from services.chassis.errors import (
    Code,
    Expired,
    FieldViolation,
    NotFound,
    NotSigned,
    ServiceError,
)


class ProductNotFound(NotFound):
    """There is no product of that name."""

    reason = "PRODUCT_NOT_FOUND"


class StoreNotFound(NotFound):
    """There is no store of that name."""

    reason = "STORE_NOT_FOUND"


class InsufficientStock(ServiceError):
    """The store has fewer units than wanted."""

    code = Code.FAILED_PRECONDITION
    reason = "INSUFFICIENT_STOCK"

    def __init__(self, store: str, product: str, available: int | None) -> None:
        """`available` is None where the store answers with bands alone."""
        metadata = {"store": store, "product": product}
        text = f"{store} has fewer units of {product} than wanted"
        if available is not None:
            metadata["available"] = str(available)
            text += f": {available}"
        super().__init__(text, metadata=metadata)


class StockUnknown(ServiceError):
    """The store has no level of a product, or only one past its freshness limit."""

    code = Code.FAILED_PRECONDITION
    reason = "STOCK_UNKNOWN"

    def __init__(self, store: str, product: str) -> None:
        super().__init__(
            f"the level of {product} at {store} is unknown or too old",
            metadata={"store": store, "product": product},
        )


class QuantityNotSold(ServiceError):
    """The quantity is outside the limits of the store's policy."""

    code = Code.INVALID_ARGUMENT
    reason = "QUANTITY_NOT_SOLD"

    def __init__(self, store: str, product: str, least: int, most: int) -> None:
        limits = f"{least} to {most}" if most else f"{least} or more"
        super().__init__(
            f"{store} sells {limits} of {product} at once",
            metadata={"store": store, "product": product},
            violations=[FieldViolation("items", f"{product}: want {limits}")],
        )


class MethodNotOffered(ServiceError):
    """The store does not hand goods over in that way."""

    code = Code.FAILED_PRECONDITION
    reason = "METHOD_NOT_OFFERED"

    def __init__(self, store: str, method: str) -> None:
        super().__init__(
            f"{store} does not offer {method}", metadata={"store": store, "method": method}
        )


class SlotNotOffered(ServiceError):
    """The store does not offer the pick-up slot, or no longer."""

    code = Code.FAILED_PRECONDITION
    reason = "SLOT_NOT_OFFERED"

    def __init__(self, slot: str) -> None:
        super().__init__(
            f"{slot} is not offered; list the slots again", metadata={"pickup_slot": slot}
        )


class SlotFull(ServiceError):
    """All places of the pick-up slot are taken."""

    code = Code.FAILED_PRECONDITION
    reason = "SLOT_FULL"

    def __init__(self, slot: str) -> None:
        super().__init__(f"{slot} is full", metadata={"pickup_slot": slot})


class ReservationNotFound(NotFound):
    """There is no hold of that name, or it is another caller's."""

    reason = "RESERVATION_NOT_FOUND"


class ReservationExpired(Expired):
    """The hold has expired."""

    reason = "RESERVATION_EXPIRED"


class ReservationState(ServiceError):
    """The hold's state does not allow this."""

    code = Code.FAILED_PRECONDITION
    reason = "RESERVATION_STATE"

    def __init__(self, name: str, state: str) -> None:
        super().__init__(
            f"{name} is {state}, which does not allow this", metadata={"name": name, "state": state}
        )


class RequestIdReused(ServiceError):
    """The `request_id` was used with another request."""

    code = Code.ALREADY_EXISTS
    reason = "REQUEST_ID_REUSED"

    def __init__(self) -> None:
        super().__init__("request_id: was used with another request; use a new one")


class ExceedsHeld(ServiceError):
    """The hold has fewer units than wanted."""

    code = Code.FAILED_PRECONDITION
    reason = "EXCEEDS_HELD"

    def __init__(self, name: str, product: str) -> None:
        super().__init__(
            f"{name} holds fewer units of {product}", metadata={"name": name, "product": product}
        )


class ReceiptInvalid(NotSigned):
    """The receipt was not signed by this service, or was altered."""

    reason = "RECEIPT_INVALID"
    field = "receipt"


class AlertNotFound(NotFound):
    """There is no alert of that name, or it is another caller's."""

    reason = "ALERT_NOT_FOUND"


class ChangesExpired(ServiceError):
    """The resume token is older than the changes that are kept."""

    code = Code.OUT_OF_RANGE
    reason = "CHANGES_EXPIRED"


class DatabaseNotDurable(ServiceError):
    """The database may lose acknowledged holds at a power loss, and no setting allows that."""

    code = Code.FAILED_PRECONDITION
    reason = "DATABASE_NOT_DURABLE"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}: a power loss may lose acknowledged holds; set appendonly yes, appendfsync "
            "always, or allow it with ENRAYON_STOCK_ALLOW_LOSS=true"
        )


class PartitionsDiffer(shapes.PartitionsDiffer):
    """The data set has another number of partitions than this version works with."""

    reason = "PARTITIONS_DIFFER"


class GroupNotFound(NotFound):
    """There is no group of that name."""

    reason = "GROUP_NOT_FOUND"
