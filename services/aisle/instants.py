"""Instants of requests."""

from google.protobuf.message import Message

from services.chassis.errors import InvalidArgument


def check_instants(message: Message, field: str, *names: str) -> None:
    """Check those fields of a message that are instants; `field` is the message's own name.

    Raises:
        InvalidArgument: one is out of range.
    """
    for name in names:
        try:
            getattr(message, name).ToDatetime()
        except ValueError:
            why = "must be in the years 1 to 9999"
            raise InvalidArgument.field(f"{field}.{name}", why) from None
