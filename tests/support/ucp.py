"""The official models of the Universal Commerce Protocol as an oracle, made strict.

The models of `ucp-sdk` allow members that they do not know, any version, and any text as a time of
opening. Here an answer may have no unknown member anywhere, must be of the version that the rules
name, and its hours must be hours.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, TypeAdapter
from ucp_sdk.models.schemas.common.location_lookup import LookupRequest, LookupResponse
from ucp_sdk.models.schemas.common.location_search import SearchRequest, SearchResponse
from ucp_sdk.models.schemas.common.types.error_response import ErrorResponse
from ucp_sdk.models.schemas.common.types.time_interval import TimeInterval
from ucp_sdk.models.schemas.profile import BusinessSchema
from ucp_sdk.models.schemas.shopping.types.fulfillment import Fulfillment
from ucp_sdk.models.schemas.shopping.types.location_destination import (
    BusinessLocationDestination,
)
from ucp_sdk.models.schemas.ucp import ResponseLocationSchema

from tests.support.paths import ROOT

VERSION = "2026-08-25"
SITE = f"https://ucp.dev/{VERSION}"
RULES = ROOT.parent / "shared" / "ucp" / "README.md"
"""The rules that a server must keep beside the models."""
REQUESTS: dict[str, type[BaseModel]] = {"search": SearchRequest, "lookup": LookupRequest}
RESPONSES: dict[str, type[BaseModel]] = {"search": SearchResponse, "lookup": LookupResponse}
URLS = {
    ("services", "rest"): f"{SITE}/services/common/rest.openapi.json",
    ("services", "mcp"): f"{SITE}/services/common/mcp.openrpc.json",
    ("specification", "overview"): f"{SITE}/specification/overview",
    ("specification", "search"): f"{SITE}/specification/common/location/search",
    ("specification", "lookup"): f"{SITE}/specification/common/location/lookup",
    ("schemas", "search"): f"{SITE}/schemas/common/location_search.json",
    ("schemas", "lookup"): f"{SITE}/schemas/common/location_lookup.json",
}
_OFFSET = re.compile(r".*(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)")

ModelT = TypeVar("ModelT", bound=BaseModel)


def check_request(operation: str, request: dict[str, Any]) -> None:
    """Check that a request keeps the schema, and has no unknown member.

    `open_at` is checked on its own: the model of ucp-sdk 0.5.0 breaks on every instant with a
    TypeError, because it applies the pattern of the text to the instant.
    """
    hours = (request.get("filters") or {}).get("hours")
    if hours is not None:
        assert {"open_at"} == set(hours)
        assert _OFFSET.fullmatch(hours["open_at"])
        TypeAdapter(AwareDatetime).validate_python(hours["open_at"])
        filters = {name: part for name, part in request["filters"].items() if name != "hours"}
        request = {**request, "filters": filters}
    strict(REQUESTS[operation], request)


def check_answer(operation: str, answer: dict[str, Any]) -> None:
    """Check that an answer keeps the schema and the version, and has no unknown member."""
    checked = strict(RESPONSES[operation], answer)
    capability = f"dev.ucp.common.location.{operation}"
    assert VERSION == answer["ucp"]["version"]
    assert {capability: [{"version": VERSION}]} == answer["ucp"]["capabilities"]
    assert "success" == answer["ucp"]["status"]
    assert ResponseLocationSchema.model_validate(answer["ucp"]) == checked.ucp  # type: ignore[attr-defined]
    for location in answer["locations"]:
        check_hours(location)


def check_hours(location: dict[str, Any]) -> None:
    """Check the hours of a location by the rules that the models leave out."""
    if "hours" in location or "exception_hours" in location:
        ZoneInfo(location["timezone"])
    for interval in location.get("hours", []):
        check_interval(interval["opens"], interval["closes"])
    for exception in location.get("exception_hours", []):
        assert exception["valid_from"] <= exception["valid_through"]
        if "opens" in exception or "closes" in exception:
            check_interval(exception["opens"], exception["closes"])


def check_interval(opens: str, closes: str) -> None:
    """Check the times of an interval."""
    TimeInterval(opens=opens, closes=closes)
    assert opens != closes


def check_error(answer: dict[str, Any]) -> None:
    """Check that the answer to a malformed request is an error response."""
    strict(ErrorResponse, answer)
    assert VERSION == answer["ucp"]["version"]
    assert "error" == answer["ucp"]["status"]
    assert "error" == answer["messages"][0]["type"]


def check_fulfillment(answer: dict[str, Any]) -> None:
    """Check that an answer about fulfilment keeps the schema, and has no unknown member."""
    fulfillment = Fulfillment.model_validate(answer["fulfillment"])
    for method in fulfillment.methods or []:
        for destination in method.destinations or []:
            # The base type of destinations knows an id and a type alone.
            strict(BusinessLocationDestination, destination.model_dump(exclude_unset=True))
            (destination.model_extra or {}).clear()
    assert [] == list(unknown_members(fulfillment))


def check_profile(profile: dict[str, Any]) -> None:
    """Check that a business profile keeps the schema, the version and the published URLs."""
    strict(BusinessSchema, profile)
    ucp = profile["ucp"]
    assert VERSION == ucp["version"]
    for binding in ucp["services"]["dev.ucp.common"]:
        assert VERSION == binding["version"]
        assert URLS["specification", "overview"] == binding["spec"]
        assert URLS["services", binding["transport"]] == binding["schema"]
    assert {"dev.ucp.common.location.search", "dev.ucp.common.location.lookup"} == set(
        ucp["capabilities"]
    )
    for name, [declared] in ucp["capabilities"].items():
        operation = name.rpartition(".")[2]
        assert VERSION == declared["version"]
        assert URLS["specification", operation] == declared["spec"]
        assert URLS["schemas", operation] == declared["schema"]


def strict(model: type[ModelT], value: Any) -> ModelT:
    """The value as a model, which has no unknown member anywhere."""
    result = model.model_validate(value)
    assert [] == list(unknown_members(result)), model.__name__
    return result


def unknown_members(value: Any, path: str = "$") -> Iterator[str]:
    """Yields the paths of members that no model knows."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name}"
        for name in type(value).model_fields:
            yield from unknown_members(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from unknown_members(part, f"{path}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from unknown_members(part, f"{path}[{number}]")
