"""Checks and converts values from a file to the field types of a dataclass."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_type_hints

import pydantic

_Count = Annotated[int, pydantic.Field(ge=-(2**31), lt=2**31)]
NARROWED: Mapping[Any, Any] = {
    dt.datetime | None: pydantic.AwareDatetime | None,
    int: _Count,
}
"""Narrower types for values from a file: instants with a UTC offset, 32-bit integers."""


def checked(part: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields of a dataclass, converted to their types, with defaults.

    Raises:
        ValueError: a value does not fit its field; `message_of` gives one line about it.
    """
    model = _model(part)
    return dict(model(**{name: values[name] for name in model.model_fields if name in values}))


def message_of(fault: ValueError) -> str:
    """The message of a fault in one line, with the field and without its value."""
    if isinstance(fault, pydantic.ValidationError):
        first = fault.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(fault)


@cache
def _model(part: type) -> type[pydantic.BaseModel]:
    hints = get_type_hints(part)
    fields: dict[str, Any] = {
        field.name: (
            NARROWED.get(hints[field.name], hints[field.name]),
            ... if field.default is dataclasses.MISSING else field.default,
        )
        for field in dataclasses.fields(part)
    }
    config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    return pydantic.create_model(part.__name__, __config__=config, **fields)
