"""Anchors resolve to their position, and are refused once forged, expired or revoked."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from enrayon.aisle.v1 import aisle_pb2 as pb
from services.aisle.convert.anchor_links import Signed, Tokens
from services.chassis.keyring import Key, Keyring
from tests.geodata.floorplans.shops import NOON
from tests.support.aisle import BARE, CORNER, GLN, VILLAGE, route
from tests.support.refusals import refusal

CODE = grpc.StatusCode
HERE = {"level": "0", "x_m": 5.0, "y_m": 6.5}

TOKENS = Tokens(Keyring([Key(1, bytes(32))]), "https://shop.example")


def anchor(store: str = CORNER, id: str = "a1", **options: Any) -> pb.CreateAnchorRequest:
    anchor = pb.Anchor(position=options.pop("position", HERE), heading_degrees=-90.0, **options)
    return pb.CreateAnchorRequest(parent=store, anchor=anchor, anchor_id=id)


def resolving(token: str) -> pb.ResolveAnchorRequest:
    return pb.ResolveAnchorRequest(token=token)


async def test_a_scan_of_either_form_gives_the_store_level_position_and_heading(aisle):
    made = await aisle.CreateAnchor(anchor())
    for scanned in (made.token, made.url):
        found = await aisle.ResolveAnchor(resolving(scanned))
        assert f"{CORNER}/anchors/a1" == found.name
        at = found.position
        assert ("0", 5.0, 6.5, -90.0) == (at.level, at.x_m, at.y_m, found.heading_degrees)
        assert at.location.latitude == pytest.approx(60.1795, abs=1e-3)
        assert ("", "", "") == (found.token, found.url, found.qr_svg)


async def test_a_store_with_a_gln_has_gs1_digital_links_and_others_plain_ones(aisle, settings):
    made = await aisle.CreateAnchor(anchor())
    assert f"/414/{GLN}/254/a1" == urlsplit(made.url).path
    assert f"a={made.token}" == urlsplit(made.url).query
    plain = await aisle.CreateAnchor(anchor(VILLAGE))
    assert f"http://localhost:{settings.http_port}/?a={plain.token}" == plain.url


async def test_a_scan_can_start_a_route(aisle):
    made = await aisle.CreateAnchor(anchor())
    answer = await aisle.PlanRoute(
        route(CORNER, "rice", anchor=made.url, end=pb.ROUTE_END_LAST_STOP)
    )
    assert answer.length_m == pytest.approx(0.4)
    foreign = (await aisle.CreateAnchor(anchor(VILLAGE))).token
    code, _, fields = await refusal(aisle.PlanRoute(route(CORNER, "rice", anchor=foreign)))
    assert (CODE.INVALID_ARGUMENT, ["walk.anchor"]) == (code, fields)
    code, reason, _ = await refusal(aisle.PlanRoute(route(CORNER, "rice", anchor="x" * 999)))
    assert (CODE.INVALID_ARGUMENT, "ANCHOR_INVALID") == (code, reason)


async def test_the_qr_code_is_an_svg_drawing(aisle):
    made = await aisle.GetAnchor(
        pb.GetAnchorRequest(name=(await aisle.CreateAnchor(anchor())).name)
    )
    assert ElementTree.fromstring(made.qr_svg).tag.endswith("svg")
    assert "" != made.token


async def test_a_revoked_anchor_stays_refused(aisle):
    made = await aisle.CreateAnchor(anchor())
    revoked = await aisle.RevokeAnchor(pb.RevokeAnchorRequest(name=made.name))
    again = await aisle.RevokeAnchor(pb.RevokeAnchorRequest(name=made.name))
    assert revoked.revoke_time == again.revoke_time
    for scanned in (made.token, made.url):
        assert (CODE.FAILED_PRECONDITION, "ANCHOR_REVOKED", []) == await refusal(
            aisle.ResolveAnchor(resolving(scanned))
        )
    code, reason, _ = await refusal(aisle.CreateAnchor(anchor()))
    assert (CODE.ALREADY_EXISTS, "ALREADY_EXISTS") == (code, reason)
    [listed] = (await aisle.ListAnchors(pb.ListAnchorsRequest(parent=CORNER))).anchors
    assert listed.HasField("revoke_time")
    assert "" == (await aisle.GetAnchor(pb.GetAnchorRequest(name=made.name))).token


async def test_an_expired_anchor_is_refused(aisle, clock):
    expires = Timestamp()
    expires.FromDatetime(NOON + dt.timedelta(hours=1))
    made = await aisle.CreateAnchor(anchor(expire_time=expires))
    await aisle.ResolveAnchor(resolving(made.token))
    clock.forward(hours=1)
    assert (CODE.FAILED_PRECONDITION, "ANCHOR_EXPIRED", []) == await refusal(
        aisle.ResolveAnchor(resolving(made.token))
    )
    code, _, fields = await refusal(aisle.CreateAnchor(anchor(id="a2", expire_time=expires)))
    assert (CODE.INVALID_ARGUMENT, ["anchor.expire_time"]) == (code, fields)


async def test_creating_an_equal_anchor_again_succeeds_and_a_different_one_is_refused(aisle):
    first, again = [await aisle.CreateAnchor(anchor()) for _ in range(2)]
    assert first == again
    other = anchor(position={"level": "0", "x_m": 1.0, "y_m": 1.0})
    code, reason, _ = await refusal(aisle.CreateAnchor(other))
    assert (CODE.ALREADY_EXISTS, "ALREADY_EXISTS") == (code, reason)


async def test_validate_only_creates_no_anchor_and_no_code(aisle):
    request = anchor()
    request.validate_only = True
    checked = await aisle.CreateAnchor(request)
    assert (f"{CORNER}/anchors/a1", "") == (checked.name, checked.token)
    assert [] == list((await aisle.ListAnchors(pb.ListAnchorsRequest(parent=CORNER))).anchors)


async def test_a_retry_with_its_request_id_creates_one_anchor(aisle):
    requests = [anchor(id="") for _ in range(2)]
    for request in requests:
        request.request_id = "r-1"
    first, again = [await aisle.CreateAnchor(request) for request in requests]
    assert first.name == again.name
    assert first.name != (await aisle.CreateAnchor(anchor(id=""))).name


async def test_a_link_with_the_gln_of_another_store_is_refused(aisle):
    made = await aisle.CreateAnchor(anchor())
    forged = made.url.replace(GLN, "9521321000025")
    assert (CODE.INVALID_ARGUMENT, "ANCHOR_INVALID", ["anchor"]) == await refusal(
        aisle.ResolveAnchor(resolving(forged))
    )


@pytest.mark.parametrize("text", ["https://[x/?a=1", "//[::1", "http://[]/"])
async def test_a_text_that_is_no_link_is_no_anchor(aisle, text):
    assert (CODE.INVALID_ARGUMENT, "ANCHOR_INVALID", ["anchor"]) == await refusal(
        aisle.ResolveAnchor(resolving(text))
    )


async def test_a_token_of_an_anchor_that_was_never_created_is_refused(aisle):
    signed = Signed("a-corner", "unmade", "0", 1.0, 1.0, None)
    code, reason, _ = await refusal(aisle.ResolveAnchor(resolving(TOKENS.token(signed))))
    assert (CODE.NOT_FOUND, "ANCHOR_NOT_FOUND") == (code, reason)
    # Signed, but with another position than the anchor of that name: it was replaced.
    await aisle.CreateAnchor(anchor())
    moved = Signed("a-corner", "a1", "0", 1.0, 1.0, None)
    code, reason, _ = await refusal(aisle.ResolveAnchor(resolving(TOKENS.token(moved))))
    assert (CODE.FAILED_PRECONDITION, "ANCHOR_REVOKED") == (code, reason)


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (anchor(position={"level": "7"}), ["anchor.position.level"]),
        (anchor(position={"level": "0", "x_m": 1e9}), ["anchor.position.x_m"]),
        (anchor(position={"level": "0", "location": {"latitude": 91}}),
         ["anchor.position.location"]),
        (anchor(BARE, position={"level": "0", "location": {"latitude": 60}}),
         ["anchor.position.location"]),
        (anchor(expire_time=Timestamp(nanos=2**31 - 1)), ["anchor.expire_time"]),
        (anchor(id="No!"), ["anchor_id"]),
        (anchor(display_name="x" * 10_240), ["anchor.display_name"]),
    ],
    ids=["no level", "far", "latitude 91", "no frame", "no instant", "bad id", "10 kB"],
)  # fmt: skip
async def test_an_anchor_without_a_valid_position_is_refused(
    aisle, request_: Any, fields: list[str]
):
    code, _, named = await refusal(aisle.CreateAnchor(request_))
    assert (CODE.INVALID_ARGUMENT, fields) == (code, named)
