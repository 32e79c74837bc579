"""The errors of the stores service: one class for each `ErrorReason` of its contract.

PLACE_NOT_FOUND is `directory.origins.UnknownPlace`, CHANGES_EXPIRED `directory.watching`'s.
"""

import grpc

from services.chassis.errors import ServiceError


class StoreNotFound(ServiceError):
    """There is no store of that name, or it is private."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "STORE_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


class EtagMismatch(ServiceError):
    """The store was changed since its etag was read."""

    code = grpc.StatusCode.ABORTED
    reason = "ETAG_MISMATCH"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was changed since its etag was read; read it again, then retry",
            metadata={"name": name},
        )


class InvalidGeometry(ServiceError):
    """A shape is not usable: it crosses itself, is empty, or is too large."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_GEOMETRY"


class TooManyCells(ServiceError):
    """The answer would have too many cells."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "TOO_MANY_CELLS"
