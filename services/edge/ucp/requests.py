"""Parses UCP's requests: an unknown member is refused, because to ignore a filter widens an answer.

Of `context` and `signals`, which are hints, unknown members are ignored. Any optional member may be
null.
"""

import datetime as dt
import re
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from geodata.instants import check_instant
from services.chassis.errors import FieldViolation, InvalidArgument
from services.edge.ucp.amenities import REVERSE_DOMAIN
from services.edge.unknown_fields import MAX_NAME, nearest

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
MAX_ITEMS = 20
MAX_RADIUS_M = 1_000_000
AMBIENT = "ucp"
"""A member that any object may have, and that readers may ignore."""

ModelT = TypeVar("ModelT", bound="Model")


def _check_instant(text: str) -> str:
    instant(text)
    return text


def instant(text: str) -> dt.datetime:
    """The instant of an RFC 3339 text with `Z` or an offset.

    Raises:
        ValueError: the text is not an instant, or it is out of range.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("must be an RFC 3339 instant with Z or an offset")
    result = dt.datetime.fromisoformat(text.upper())
    check_instant(result)
    return result.astimezone(dt.UTC)


def _distinct(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise ValueError("must have no item twice")
    return values


ReverseDomain = Annotated[str, Field(pattern=REVERSE_DOMAIN, max_length=100)]
Instant = Annotated[str, Field(max_length=40), AfterValidator(_check_instant)]
ItemId = Annotated[str, Field(min_length=1, max_length=200)]
ItemIds = Annotated[
    list[ItemId], Field(min_length=1, max_length=MAX_ITEMS), AfterValidator(_distinct)
]
LocationId = Annotated[str, Field(max_length=300)]


class Model(BaseModel):
    """A part of a request: values are not converted to other types, numbers are finite."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_member(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if cls.model_config.get("extra") != "ignore":
            known = list(cls.model_fields)
            for name in value.keys() - {*known, AMBIENT}:
                near = nearest(name, known)
                told = f"the nearest is {near}" if near else f"the fields are {', '.join(known)}"
                raise PydanticCustomError(
                    "unknown_member",
                    "there is no such field; {told}",
                    {"told": told, "member": name[:MAX_NAME]},
                )
        return {name: part for name, part in value.items() if part is not None and name != AMBIENT}


class Geo(Model):
    """WGS84 degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


def _check_radius(metres: float) -> float:
    if metres > MAX_RADIUS_M:
        raise ValueError(f"the radius must be at most {MAX_RADIUS_M} m")
    return metres


class Distance(Model):
    """Within `max` metres of `center`, inclusive."""

    center: Geo
    max: Annotated[float, Field(ge=0), AfterValidator(_check_radius)]


class Address(Model):
    """A coarse address that a location must serve: all that is given must hold."""

    address_country: str | None = Field(None, max_length=100)
    address_region: str | None = Field(None, max_length=200)
    postal_code: str | None = Field(None, max_length=20)

    @model_validator(mode="after")
    def _can_be_evaluated(self) -> Self:
        if not self.postal_code or self.postal_code.isspace():
            raise ValueError(
                "an address needs a postal_code: whole countries and regions cannot be evaluated"
            )
        if self.address_country and not re.fullmatch("[A-Za-z]{2}", self.address_country):
            raise ValueError("address_country must be an ISO 3166-1 alpha-2 code")
        return self


class Serves(Model):
    """The target that a location must serve: exactly one, a point or an address."""

    point: Geo | None = None
    address: Address | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_known_target(cls, value: Any) -> Any:
        if isinstance(value, dict):
            if len(value) != 1:
                raise ValueError("must have exactly one target, point or address")
            if unknown := value.keys() - {"point", "address"}:
                raise ValueError(f"{str(*unknown)[:80]} was not negotiated; give point or address")
            if None in value.values():
                raise ValueError("the target must not be null")
        return value


class HoursFilter(Model):
    """Open at an instant."""

    open_at: Instant


class Filters(Model):
    """Filters; a location must match all of them."""

    hours: HoursFilter | None = None
    amenities: list[ReverseDomain] = Field([], max_length=MAX_ITEMS)
    items: ItemIds | None = None


class Pagination(Model):
    """The page of a search."""

    cursor: str = Field("", max_length=3000)
    limit: int = Field(10, ge=1)


class Context(Model):
    """Hints: a language for descriptions, a home store, the buyer's postcode."""

    model_config = ConfigDict(extra="ignore")

    language: str = Field("", max_length=100)
    location: LocationId = ""
    address_country: str = Field("", max_length=100)
    postal_code: str = Field("", max_length=100)


class Predicates(Model):
    """The common part of search and lookup."""

    distance: Distance | None = None
    serves: Serves | None = None
    filters: Filters = Filters()
    context: Context = Context()
    signals: dict[ReverseDomain, Any] = {}


class SearchRequest(Predicates):
    """A `search_request` of location_search.json."""

    query: str = Field("", max_length=200)
    pagination: Pagination = Pagination()


class LookupRequest(Predicates):
    """A `lookup_request` of location_lookup.json."""

    ids: list[LocationId] = Field(min_length=1, max_length=10_000)


def parsed(model: type[ModelT], value: Any) -> ModelT:
    """Checks a request against its model.

    Raises:
        InvalidArgument: with each field that breaks the schema.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        violations = [
            FieldViolation(
                ".".join(map(str, (*fault["loc"], *member_of(fault)))) or "request",
                fault["msg"].removeprefix("Value error, "),
            )
            for fault in error.errors(include_url=False, include_input=False)
        ]
        first = violations[0]
        raise InvalidArgument(
            f"{first.field}: {first.description}", violations=violations
        ) from None


def member_of(fault: Any) -> list[str]:
    """The unknown member that a fault is about, if it is about one."""
    member = fault.get("ctx", {}).get("member")
    return [member] if member else []
