"""Field masks: read masks (AIP-157) and update masks (AIP-161)."""

from collections.abc import Collection
from typing import TypeVar

from google.protobuf.descriptor import Descriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.chassis.errors import InvalidArgument

MessageT = TypeVar("MessageT", bound=Message)


def check_mask(mask: FieldMask, descriptor: Descriptor, field: str) -> None:
    """Check that each path of a mask names a field of a message.

    Args:
        mask: the mask.
        descriptor: of the message.
        field: the mask's own name.

    Raises:
        InvalidArgument: naming the first path that names no field.
    """
    for path in mask.paths:
        if path != "*" and not has_path(descriptor, path):
            raise InvalidArgument.field(field, f"{descriptor.name} has no field {path!r}")


def has_path(descriptor: Descriptor, path: str) -> bool:
    """True if the path leads to a field, through single messages only."""
    here: Descriptor | None = descriptor
    *parents, last = path.split(".")
    for name in parents:
        step = here.fields_by_name.get(name) if here else None
        if step is None or step.is_repeated:
            return False
        here = step.message_type
    return here is not None and last in here.fields_by_name


def selects_all(mask: FieldMask) -> bool:
    """True if a read mask asks for every field."""
    return not mask.paths or "*" in mask.paths


class ReadMask:
    """The fields of each message of an answer that a caller asks for.

    Args:
        mask: The mask of the request, whose field is `read_mask`.
        descriptor: Of the messages.
        dear: Fields that an empty mask leaves out, because they cost more than others.

    Raises:
        InvalidArgument: a path names no field.
    """

    def __init__(self, mask: FieldMask, descriptor: Descriptor, dear: Collection[str] = ()) -> None:
        check_mask(mask, descriptor, "read_mask")
        names = set(descriptor.fields_by_name)
        if "*" in mask.paths:
            self.fields = names
        elif mask.paths:
            self.fields = {path.partition(".")[0] for path in mask.paths}
        else:
            self.fields = names.difference(dear)
        self._unwanted = names - self.fields if mask.paths else set()
        self._narrower = mask if any("." in path for path in mask.paths) else None

    def __contains__(self, field: str) -> bool:
        """True if a field of this name is asked for."""
        return field in self.fields

    def cut(self, message: Message) -> None:
        """Leave in a message only what is asked for."""
        for field in self._unwanted:
            message.ClearField(field)
        if self._narrower and not selects_all(self._narrower):
            message.CopyFrom(read(self._narrower, message))


class ReadMasks:
    """The read masks of one kind of message; that of most requests, the empty one, is made once."""

    def __init__(self, descriptor: Descriptor, dear: Collection[str] = ()) -> None:
        self._descriptor = descriptor
        self._dear = dear
        self._empty = ReadMask(FieldMask(), descriptor, dear)

    def of(self, mask: FieldMask) -> ReadMask:
        """The read mask of a request.

        Raises:
            InvalidArgument: a path names no field.
        """
        return ReadMask(mask, self._descriptor, self._dear) if mask.paths else self._empty


def merged(
    stored: MessageT, change: MessageT, mask: FieldMask, keep: Collection[str] = ()
) -> MessageT:
    """The stored message with the fields of an update mask changed (AIP-134).

    Args:
        stored: The message as it is.
        change: The values of the fields that change.
        mask: Their paths. Empty means the fields that are set, `*` all, unset fields too.
        keep: Names of fields that no mask changes.
    """
    if "*" in mask.paths:
        paths = [field.name for field in change.DESCRIPTOR.fields]
    else:
        paths = list(mask.paths) or [field.name for field, _ in change.ListFields()]
    wanted = FieldMask(paths=[path for path in paths if path.partition(".")[0] not in keep])
    result = type(stored)()
    result.CopyFrom(stored)
    wanted.MergeMessage(change, result, True, True)
    return result


def read(mask: FieldMask, message: Message) -> Message:
    """A copy of the message with the fields of the mask alone."""
    result = type(message)()
    mask.MergeMessage(message, result)
    return result


def changed_fields(before: Message, after: Message, but: Collection[str] = ()) -> list[str]:
    """The names of the fields in which two messages of one type differ, a few left out."""
    return [
        field.name
        for field in before.DESCRIPTOR.fields
        if field.name not in but and getattr(before, field.name) != getattr(after, field.name)
    ]
