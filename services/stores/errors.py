"""The errors of the stores service: one class for each `ErrorReason` of its contract.

PLACE_NOT_FOUND is `directory.origins.UnknownPlace`, CHANGES_EXPIRED `directory.watching`'s.
"""

from services.chassis.errors import Code, NotFound, ServiceError


class StoreNotFound(NotFound):
    """There is no store of that name, or it is private."""

    reason = "STORE_NOT_FOUND"


class InvalidGeometry(ServiceError):
    """A shape is not usable: it crosses itself, is empty, or is too large."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_GEOMETRY"


class TooManyCells(ServiceError):
    """The answer would have too many cells."""

    code = Code.INVALID_ARGUMENT
    reason = "TOO_MANY_CELLS"
