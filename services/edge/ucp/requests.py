"""Parses UCP's requests; unknown fields are ignored, known fields must keep the schema."""

import datetime as dt
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from geodata.instants import check_instant
from services.chassis.errors import FieldViolation, InvalidArgument

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
_REVERSE_DOMAIN = r"^[a-z](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9_])?)+$"
MAX_ITEMS = 20


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


ReverseDomain = Annotated[str, Field(pattern=_REVERSE_DOMAIN, max_length=100)]
Instant = Annotated[str, Field(max_length=40), AfterValidator(_check_instant)]


class Model(BaseModel):
    """A part of a request: values are not converted to other types, numbers are finite."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class Geo(Model):
    """WGS84 degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Distance(Model):
    """Within `max` metres of `center`, inclusive."""

    center: Geo
    max: float = Field(ge=0)


class Address(Model):
    """A coarse address that a location must serve."""

    address_country: str | None = Field(None, min_length=1, max_length=100)
    address_region: str | None = Field(None, min_length=1, max_length=200)
    postal_code: str | None = Field(None, min_length=1, max_length=20)


class Serves(Model):
    """The target that a location must serve: exactly one, a point or an address."""

    point: Geo | None = None
    address: Address | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_known_target(cls, value: Any) -> Any:
        if isinstance(value, dict):
            if len(value) != 1:
                raise ValueError("must have exactly one target")
            if unknown := value.keys() - {"point", "address"}:
                raise ValueError(f"{str(*unknown)[:80]} was not negotiated")
        return value

    @model_validator(mode="after")
    def _can_be_evaluated(self) -> Self:
        if self.address and not self.address.postal_code:
            raise ValueError("an address needs a postal_code: regions cannot be evaluated")
        country = self.address.address_country if self.address else None
        if country and not re.fullmatch("[A-Za-z]{2}", country):
            raise ValueError("address_country must be an ISO 3166-1 alpha-2 code")
        if self.point is None and self.address is None:
            raise ValueError("must have exactly one target")
        return self


class HoursFilter(Model):
    """Open at an instant."""

    open_at: Instant


class ItemFilter(Model):
    """An item that a location must have; without a status, one that can be ordered now."""

    id: str = Field(max_length=200)
    availability_status: str | None = Field(None, max_length=50)


class Filters(Model):
    """Filters; a location must match all of them."""

    hours: HoursFilter | None = None
    amenities: list[ReverseDomain] = Field([], max_length=MAX_ITEMS)
    inventory: list[ItemFilter] = Field([], max_length=MAX_ITEMS)
    items: list[ItemFilter] = Field([], max_length=MAX_ITEMS)


class Pagination(Model):
    """The page of a search."""

    cursor: str = Field("", max_length=3000)
    limit: int = Field(10, ge=1)


class Predicates(Model):
    """The common part of search and lookup. Context and signals are hints, and not used."""

    distance: Distance | None = None
    serves: Serves | None = None
    filters: Filters = Filters()
    context: dict[str, Any] = {}
    signals: dict[str, Any] = {}


class SearchRequest(Predicates):
    """A `search_request` of location_search.json."""

    query: str = Field("", max_length=200)
    pagination: Pagination = Pagination()


class LookupRequest(Predicates):
    """A `lookup_request` of location_lookup.json."""

    ids: list[Annotated[str, Field(max_length=300)]] = Field(min_length=1, max_length=10_000)


def parsed(model: type[Model], value: Any) -> Any:
    """Checks a request against its model.

    Raises:
        InvalidArgument: with each field that breaks the schema.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        violations = [
            FieldViolation(
                ".".join(str(part) for part in fault["loc"]) or "request",
                fault["msg"].removeprefix("Value error, "),
            )
            for fault in error.errors(include_url=False, include_input=False)
        ]
        first = violations[0]
        raise InvalidArgument(
            f"{first.field}: {first.description}", violations=violations
        ) from None
