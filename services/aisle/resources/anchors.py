"""Creates, reads, resolves and revokes anchors: QR codes at known positions in stores."""

import datetime as dt

from enrayon.aisle.v1 import aisle_pb2 as pb
from services.aisle.convert.anchor_links import Signed, Tokens
from services.aisle.convert.positions import position_on
from services.aisle.errors import (
    AnchorExpired,
    AnchorInvalid,
    AnchorNotFound,
    AnchorRevoked,
)
from services.aisle.replica.feeds import Feeds
from services.aisle.replica.shops import Shops
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import InvalidArgument, ResourceExhausted
from services.chassis.messages.qr import qr_svg
from services.chassis.messages.times import check_instants, instant_if_set
from services.directory.ids import new_id
from services.directory.keys import parse_store, store_id, store_name
from services.directory.kind import Kind
from services.directory.messages.plans import position_message
from services.directory.resources import Resources
from services.directory.writer import Writer

ANCHORS_MOST = 5000
"""Anchors of a store, at most."""
GLN = "gln"
"""The scheme of the GLN in the external ids of a store."""
ID_BYTES = 8
"""Bytes of an id that the caller does not give: few, since a QR code holds it."""

ANCHOR = Kind(
    message=pb.Anchor,
    field="anchor",
    record_id=str,
    not_found=AnchorNotFound,
    output=("etag", "create_time"),
    stamp="create_time",
)


class Anchors:
    """Creates, reads, resolves and revokes anchors."""

    def __init__(
        self, writer: Writer, feeds: Feeds, shops: Shops, tokens: Tokens, clock: Clock
    ) -> None:
        self._resources = Resources(ANCHOR, writer, clock)
        self._feeds = feeds
        self._shops = shops
        self._tokens = tokens
        self._clock = clock

    async def create(self, request: pb.CreateAnchorRequest) -> pb.Anchor:
        """Create an anchor.

        Raises:
            StoreNotFound: there is no such store.
            InvalidArgument: the position is not on the plan in force, or the anchor has expired.
            AlreadyExists: another anchor has this name.
            ResourceExhausted: the store has `ANCHORS_MOST` anchors.
        """
        id = self._shops.check_store(request.parent)
        check_instants(request.anchor, "anchor", "expire_time")
        collection = f"{request.parent}/anchors"
        anchor = self._prepared(request.anchor, id)
        scope = (current_caller().id, collection)
        anchor_id = new_id(request.anchor_id, request.request_id, scope, ID_BYTES)
        anchor.name = f"{collection}/{anchor_id}"
        names = self._feeds.plans.replica.names(collection)
        if anchor.name not in names and len(names) >= ANCHORS_MOST:
            raise ResourceExhausted(f"{request.parent} has {ANCHORS_MOST} anchors")
        [created] = await self._resources.create([anchor], validate_only=request.validate_only)
        return self._shown(created, with_code=not request.validate_only)

    def get(self, name: str) -> pb.Anchor:
        """An anchor with its QR code.

        Raises:
            AnchorNotFound: there is no such anchor.
        """
        return self._shown(self._stored(name), with_code=True)

    def listed(self, parent: str) -> list[pb.Anchor]:
        """The anchors of a store, by name.

        Raises:
            StoreNotFound: there is no such store.
        """
        id = self._shops.check_store(parent)
        names = self._feeds.plans.replica.names(f"{store_name(id)}/anchors")
        return [self._shown(self._stored(name)) for name in names]

    def resolve(self, scanned: str) -> pb.Anchor:
        """The anchor of a scanned QR code.

        Raises:
            AnchorInvalid: the code was not signed by this service, or was altered.
            AnchorRevoked, AnchorExpired: the anchor is no longer valid.
            AnchorNotFound, StoreNotFound: the anchor or its store no longer exists.
        """
        code = self._tokens.read(scanned)
        if code is None:
            raise AnchorInvalid
        name = f"{store_name(code.signed.store)}/anchors/{code.signed.anchor}"
        self._shops.check_store(store_name(code.signed.store))
        if code.gln and code.gln != self._gln(code.signed.store):
            raise AnchorInvalid
        anchor = self._stored(name)
        if anchor.HasField("revoke_time") or _signed(anchor) != code.signed:
            raise AnchorRevoked(name)
        expires = instant_if_set(anchor, "expire_time")
        if expires is not None and expires <= self._clock():
            raise AnchorExpired(name)
        return self._shown(anchor)

    async def revoke(self, name: str) -> pb.Anchor:
        """Revoke an anchor; a revoked one stays as it is.

        Raises:
            AnchorNotFound: there is no such anchor.
        """

        async def revoked(stored: pb.Anchor | None) -> pb.Anchor | None:
            if stored is None:
                raise AnchorNotFound(name)
            if stored.HasField("revoke_time"):
                return None
            stored.revoke_time.FromDatetime(self._clock())
            return stored

        return self._shown(await self._resources.change(name, revoked))

    def _stored(self, name: str) -> pb.Anchor:
        encoded = self._feeds.plans.replica.record(name)
        if encoded is None:
            raise AnchorNotFound(name)
        return pb.Anchor.FromString(encoded)

    def _prepared(self, given: pb.Anchor, id: str) -> pb.Anchor:
        """The anchor to store, without its name."""
        expires = instant_if_set(given, "expire_time")
        if expires is not None and expires <= self._clock():
            raise InvalidArgument.field("anchor.expire_time", "must be after now")
        shop = self._shops.find(id)
        at = position_on(shop.plan if shop else None, given.position, "anchor.position")
        anchor = pb.Anchor(display_name=given.display_name)
        # Rounded to the centimetre and the degree, so that a smaller QR code holds it.
        anchor.position.level = at.level
        anchor.position.x_m, anchor.position.y_m = round(at.x_m, 2), round(at.y_m, 2)
        if given.HasField("heading_degrees"):
            anchor.heading_degrees = round(given.heading_degrees)
        if expires is not None:
            anchor.expire_time.FromDatetime(expires.astimezone(dt.UTC))
        return anchor

    def _shown(self, stored: pb.Anchor, *, with_code: bool = False) -> pb.Anchor:
        """An anchor as answers have it; a revoked one has no code."""
        shown = pb.Anchor()
        shown.CopyFrom(stored)
        signed = _signed(stored)
        shop = self._shops.find(signed.store)
        if shop is not None:
            at = position_on(None, stored.position, "position")
            shown.position.CopyFrom(position_message(at, shop.plan.frame))
        if with_code and not stored.HasField("revoke_time"):
            shown.token = self._tokens.token(signed)
            shown.url = self._tokens.url(signed, self._gln(signed.store))
            shown.qr_svg = qr_svg(shown.url)
        return shown

    def _gln(self, store: str) -> str:
        encoded = self._feeds.directory.stores.replica.record(store)
        return parse_store(encoded).external_ids.get(GLN, "") if encoded is not None else ""


def _signed(anchor: pb.Anchor) -> Signed:
    """The content of an anchor's token."""
    store, _, id = anchor.name.partition("/anchors/")
    heading = anchor.heading_degrees if anchor.HasField("heading_degrees") else None
    at = anchor.position
    return Signed(store_id(store), id, at.level, at.x_m, at.y_m, heading)
