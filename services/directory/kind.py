"""The rules of a kind of resource: its message, its name, its checks, its output fields.

| resource | record | create | batch | update | upsert | delete |
|---|---|---|---|---|---|---|
| Store | stores | by update | | yes | rows of a stream | yes |
| StoreHours | hours | by update | | yes | | |
| StoreEvent | hours | yes | | | | yes |
| Fence | fences | yes | all or none | yes | | yes |
| Rule | rules | yes | | yes | | yes |
| Subscription | subscriptions | yes | | yes | | yes |
| FloorPlan | plans | by publishing | | | one | yes |
| BlockedArea | plans | yes | | | | yes |
| Anchor | plans | yes | | revoking | | |
| ProductPlacements | placements | | | | rows of a stream | by an empty row |
| Product | products | | | | rows of a stream | yes |
| StockGroup | groups | | | | one | by an empty group |

Not of this kind: a *closure* is a part of its store's hours and changes with them; a *stock policy*
lies in the partition of its store's stock, since each hold reads it; *holds*, *alerts* and *trips*
change state by scripts of their own, together with stock, quotas and events; a placement *report*
is a counter without a name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from services.chassis.errors import FieldViolation, NotFound
from services.chassis.serving.requests import violations_of

MessageT = TypeVar("MessageT", bound=Any)


def _as_it_is(_message: Any) -> None:
    """Normalize nothing."""


def no_note(_stored: Any, _new: Any) -> str:
    """Note nothing."""
    return ""


@dataclass(frozen=True)
class Kind(Generic[MessageT]):
    """The rules of one kind of resource."""

    message: type[MessageT]
    field: str
    """The request field that carries the resource; error paths begin with it."""
    record_id: Callable[[str], str]
    """Makes the record id of a resource's name."""
    not_found: Callable[[str], NotFound]
    """Makes the NOT_FOUND error with the reason of this kind."""
    output: tuple[str, ...] = ("etag", "update_time")
    """The fields that the server sets. They are not part of the content and the etag."""
    fixed: tuple[str, ...] = ()
    """Further fields that callers cannot change; they are a part of the content."""
    stamp: str = "update_time"
    """The output field with the time of the write or creation; empty if there is none."""
    parse: Callable[[bytes], MessageT] | None = None
    """Reads a stored message, where older versions stored another form; by default as it is."""
    normalize: Callable[[MessageT], None] = _as_it_is
    """Brings a message, in place, into its stored form."""
    note: Callable[[MessageT | None, MessageT | None], str] = no_note
    """The type of the event of a change, by the stored message and the new one (None: deleted);
    empty for the one that belongs to every change."""
    violations: Callable[[MessageT], Sequence[FieldViolation]] = violations_of
    """Lists the violations of a message. May raise a `ServiceError` with a reason of its own."""
