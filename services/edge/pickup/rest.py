"""The pick-up call over HTTP: `/v1/pickupOptions:find`, in the contracts' JSON."""

import re
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from enrayon.stock.v1 import stock_pb2
from services.chassis.errors import InvalidArgument
from services.edge import unknown_fields
from services.edge.pickup.options import Option, Options, PickupFinder

PATH = "/v1/pickupOptions:find"
LANGUAGE = ("languageCode", "language_code")
MAX_LANGUAGE_LENGTH = 35
_ITEM = re.compile(r"(products/[^:]*)(?::([0-9]{1,9}))?")
_QUERY: dict[str, tuple[str, ...]] = {
    "origin.place": ("origin", "place"),
    "origin.h3_cell": ("origin", "h3Cell"),
    "origin.point.latitude": ("origin", "point", "latitude"),
    "origin.point.longitude": ("origin", "point", "longitude"),
    "radius_m": ("radiusM",),
    "method": ("method",),
    "max_results": ("maxResults",),
    "open_at": ("openAt",),
    "read_mask": ("readMask",),
    "language_code": ("languageCode",),
}


def routes() -> list[Route]:
    """The route; its handler uses `app.state.pickup`."""
    return [Route(PATH, find_pickup_options, methods=["GET", "POST"])]


async def find_pickup_options(request: Request) -> Response:
    """Find the stores where a basket can be collected."""
    finder: PickupFinder = request.app.state.pickup
    if request.method == "POST":
        body = _object(await request.body())
    else:
        body = _of_query(request.query_params.multi_items())
    wanted, language = _parsed(body)
    return JSONResponse(as_json(await finder.find(wanted, language)))


def as_json(found: Options) -> dict[str, Any]:
    """The answer: each `PickupOption` with the additions of hours and aisle."""
    answer: dict[str, Any] = {"options": [_option(option) for option in found.options]}
    unreachable = {"unreachable": found.unreachable} if found.unreachable else {}
    return answer | MessageToDict(found.rest) | unreachable


def _option(option: Option) -> dict[str, Any]:
    result: dict[str, Any] = MessageToDict(option.pickup)
    if option.open_state is not None:
        result["openState"] = MessageToDict(option.open_state)
    if option.located is not None:
        result |= MessageToDict(option.located)
        result.pop("asOf", None)
    return result


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidArgument(f"the body is not valid JSON: {error.msg}") from None
    if not isinstance(value, dict):
        raise InvalidArgument("the body must be a JSON object")
    return value


def _of_query(parameters: list[tuple[str, str]]) -> dict[str, Any]:
    """The request body that a query means."""
    body: dict[str, Any] = {}
    for name, value in parameters:
        if name == "items":
            body.setdefault("items", []).append(_item(value))
            continue
        if name == "services":
            body.setdefault("services", []).append(value)
            continue
        snake = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
        if snake not in _QUERY:
            known = ["items", "services", *map(".".join, _QUERY.values())]
            raise unknown_fields.refusal(name[:100], known, unknown_fields.nearest(name, known))
        *parents, last = _QUERY[snake]
        owner = body
        for parent in parents:
            owner = owner.setdefault(parent, {})
        owner[last] = value
    return body


def _item(text: str) -> dict[str, Any]:
    match = _ITEM.fullmatch(text)
    if match is None:
        raise InvalidArgument.field("items", "must be products/{sku} or products/{sku}:{quantity}")
    return {"product": match[1], "quantity": int(match[2] or 1)}


def _parsed(body: dict[str, Any]) -> tuple[stock_pb2.FindPickupOptionsRequest, str]:
    language = next((body[name] for name in LANGUAGE if body.get(name) is not None), "")
    if not isinstance(language, str) or len(language) > MAX_LANGUAGE_LENGTH:
        raise InvalidArgument.field("language_code", "must be a string of at most 35 characters")
    request = stock_pb2.FindPickupOptionsRequest()
    try:
        unknown_fields.check(body, request.DESCRIPTOR, LANGUAGE)
        ParseDict({name: body[name] for name in body if name not in LANGUAGE}, request)
    except (ParseError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidArgument(f"not a pick-up request: {error}") from None
    return request, language
