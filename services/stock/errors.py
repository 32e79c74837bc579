"""The errors of the stock service: one class for each `ErrorReason` of its contract."""

import datetime as dt

import grpc

from services.chassis.errors import FieldViolation, ServiceError


class ProductNotFound(ServiceError):
    """There is no product of that name."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "PRODUCT_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


class StoreNotFound(ServiceError):
    """There is no store of that name."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "STORE_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


class InsufficientStock(ServiceError):
    """The store does not have the quantity."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "INSUFFICIENT_STOCK"

    def __init__(self, store: str, product: str, available: int) -> None:
        super().__init__(
            f"{store} has {available} of {product}, fewer than asked for",
            metadata={"store": store, "product": product, "available": str(available)},
        )


class StockUnknown(ServiceError):
    """Nothing fresh is known of a product at the store."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "STOCK_UNKNOWN"

    def __init__(self, store: str, product: str) -> None:
        super().__init__(
            f"nothing fresh is known of {product} at {store}",
            metadata={"store": store, "product": product},
        )


class QuantityNotSold(ServiceError):
    """The quantity is below the least or above the most that the store sells at once."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "QUANTITY_NOT_SOLD"

    def __init__(self, store: str, product: str, least: int, most: int) -> None:
        limits = f"{least} to {most}" if most else f"{least} or more"
        super().__init__(
            f"{store} sells {limits} of {product} at once",
            metadata={"store": store, "product": product},
            violations=[FieldViolation("items", f"{product}: want {limits}")],
        )


class ReservationNotFound(ServiceError):
    """There is no hold of that name, or it is someone else's."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "RESERVATION_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


class ReservationExpired(ServiceError):
    """The hold has expired."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "RESERVATION_EXPIRED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has expired", metadata={"name": name})


class ReservationState(ServiceError):
    """The hold's state does not allow this."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "RESERVATION_STATE"

    def __init__(self, name: str, state: str) -> None:
        super().__init__(
            f"{name} is {state}, which does not allow this", metadata={"name": name, "state": state}
        )


class RequestIdReused(ServiceError):
    """The `request_id` was used with another request."""

    code = grpc.StatusCode.ALREADY_EXISTS
    reason = "REQUEST_ID_REUSED"

    def __init__(self) -> None:
        super().__init__("request_id: was used with another request; use a new one")


class ExceedsHeld(ServiceError):
    """More is asked for than is held."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "EXCEEDS_HELD"

    def __init__(self, name: str, product: str) -> None:
        super().__init__(
            f"{name} holds fewer of {product}", metadata={"name": name, "product": product}
        )


class QuotaExceeded(ServiceError):
    """The caller or the shopper has as many holds as allowed."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "QUOTA_EXCEEDED"

    def __init__(self, who: str, most: int) -> None:
        super().__init__(
            f"the {who} has {most} live holds, as many as allowed",
            metadata={"who": who, "limit": str(most)},
            retry_after=dt.timedelta(minutes=1),
        )


class ReceiptInvalid(ServiceError):
    """The receipt was not signed by this service, or was altered."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "RECEIPT_INVALID"

    def __init__(self) -> None:
        super().__init__("receipt: was not signed by this service, or was altered")


class AlertNotFound(ServiceError):
    """There is no alert of that name, or it is someone else's."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "ALERT_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


class ChangesExpired(ServiceError):
    """The resume token is older than the changes that are kept."""

    code = grpc.StatusCode.OUT_OF_RANGE
    reason = "CHANGES_EXPIRED"


class DatabaseNotDurable(ServiceError):
    """The database may lose acknowledged holds at a power loss, and no setting allows that."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "DATABASE_NOT_DURABLE"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}: a power loss may lose acknowledged holds; set appendonly yes, appendfsync "
            "always, or allow it with ENRAYON_STOCK_ALLOW_LOSS=true"
        )


class PartitionsDiffer(ServiceError):
    """The data lie in another number of partitions than this version has."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "PARTITIONS_DIFFER"

    def __init__(self, found: int, wanted: int) -> None:
        super().__init__(
            f"the stock in this store lies in {found} partitions, and this version has {wanted}: "
            "use the version that wrote it, or another store, and feed it anew"
        )


class EtagMismatch(ServiceError):
    """The hold was changed since its etag was read."""

    code = grpc.StatusCode.ABORTED
    reason = "ETAG_MISMATCH"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was changed since its etag was read; read it again, then retry",
            metadata={"name": name},
        )


class GroupNotFound(ServiceError):
    """There is no group of that name."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "GROUP_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})
