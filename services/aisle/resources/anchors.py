"""QR codes that are put up in stores, and that say where."""

import datetime as dt

from enrayon.aisle.v1 import aisle_pb2 as pb
from services.aisle.convert.anchor_links import Signed, Tokens
from services.aisle.convert.plans import moment
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
from services.chassis.messages.times import check_instants
from services.directory.keys import parse_store, store_id, store_name
from services.directory.messages.plans import position_message
from services.directory.resources import Kind, Resources, new_id
from services.directory.writer import Writer

ANCHORS_MOST = 5000
GLN = "gln"
"""The scheme of a store's GLN among its external ids."""
ID_BYTES = 8
"""Of ids that the caller does not give: short, since a QR code holds them."""

ANCHOR = Kind(
    message=pb.Anchor,
    field="anchor",
    record_id=str,
    not_found=AnchorNotFound,
    output=("etag", "create_time"),
    stamp="create_time",
)


class Anchors:
    """Makes, reads and revokes anchors."""

    def __init__(
        self, writer: Writer, feeds: Feeds, shops: Shops, tokens: Tokens, clock: Clock
    ) -> None:
        self._resources = Resources(ANCHOR, writer, clock)
        self._feeds = feeds
        self._shops = shops
        self._tokens = tokens
        self._clock = clock

    async def create(self, request: pb.CreateAnchorRequest) -> pb.Anchor:
        """Make an anchor.

        Raises:
            StoreNotFound: there is no such store.
            InvalidArgument: it is nowhere on the plan in force, or expired.
            AlreadyExists: there is another of that name.
            ResourceExhausted: the store has as many as it may.
        """
        id = self._shops.check_store(request.parent)
        check_instants(request.anchor, "anchor", "expire_time")
        collection = f"{request.parent}/anchors"
        kept = self._prepared(request.anchor, id)
        scope = (current_caller().id, collection)
        anchor_id = new_id(request.anchor_id, request.request_id, scope, ID_BYTES)
        kept.name = f"{collection}/{anchor_id}"
        names = self._feeds.plans.replica.names(collection)
        if kept.name not in names and len(names) >= ANCHORS_MOST:
            raise ResourceExhausted(f"{request.parent} has {ANCHORS_MOST} anchors")
        [made] = await self._resources.create([kept], validate_only=request.validate_only)
        return self._shown(made, with_code=not request.validate_only)

    def get(self, name: str) -> pb.Anchor:
        """An anchor with its QR code.

        Raises:
            AnchorNotFound: there is none.
        """
        return self._shown(self._kept(name), with_code=True)

    def listed(self, parent: str) -> list[pb.Anchor]:
        """The anchors of a store, by name.

        Raises:
            StoreNotFound: there is no such store.
        """
        id = self._shops.check_store(parent)
        names = self._feeds.plans.replica.names(f"{store_name(id)}/anchors")
        return [self._shown(self._kept(name)) for name in names]

    def resolve(self, scanned: str) -> pb.Anchor:
        """Where a QR code is put up.

        Raises:
            AnchorInvalid: it was not signed here, or was altered.
            AnchorRevoked, AnchorExpired: it is good no more.
            StoreNotFound: its store is gone.
        """
        read = self._tokens.read(scanned)
        if read is None:
            raise AnchorInvalid
        name = f"{store_name(read.signed.store)}/anchors/{read.signed.anchor}"
        self._shops.check_store(store_name(read.signed.store))
        if read.gln and read.gln != self._gln(read.signed.store):
            raise AnchorInvalid
        kept = self._kept(name)
        if kept.HasField("revoke_time") or _signed(kept) != read.signed:
            raise AnchorRevoked(name)
        expires = moment(kept, "expire_time")
        if expires is not None and expires <= self._clock():
            raise AnchorExpired(name)
        return self._shown(kept)

    async def revoke(self, name: str) -> pb.Anchor:
        """Make an anchor invalid; one that is revoked stays as it is.

        Raises:
            AnchorNotFound: there is none.
        """

        async def end(stored: pb.Anchor | None) -> pb.Anchor | None:
            if stored is None:
                raise AnchorNotFound(name)
            if stored.HasField("revoke_time"):
                return None
            stored.revoke_time.FromDatetime(self._clock())
            return stored

        return self._shown(await self._resources.change(name, end))

    def _kept(self, name: str) -> pb.Anchor:
        encoded = self._feeds.plans.replica.record(name)
        if encoded is None:
            raise AnchorNotFound(name)
        return pb.Anchor.FromString(encoded)

    def _prepared(self, asked: pb.Anchor, id: str) -> pb.Anchor:
        expires = moment(asked, "expire_time")
        if expires is not None and expires <= self._clock():
            raise InvalidArgument.field("anchor.expire_time", "must be after now")
        shop = self._shops.find(id)
        at = position_on(shop.plan if shop else None, asked.position, "anchor.position")
        kept = pb.Anchor(display_name=asked.display_name)
        # To the centimetre and the degree: so it fits a smaller code.
        kept.position.level = at.level
        kept.position.x_m, kept.position.y_m = round(at.x_m, 2), round(at.y_m, 2)
        if asked.HasField("heading_degrees"):
            kept.heading_degrees = round(asked.heading_degrees)
        if expires is not None:
            kept.expire_time.FromDatetime(expires.astimezone(dt.UTC))
        return kept

    def _shown(self, kept: pb.Anchor, *, with_code: bool = False) -> pb.Anchor:
        """An anchor as it is answered; a revoked one has no code."""
        shown = pb.Anchor()
        shown.CopyFrom(kept)
        signed = _signed(kept)
        shop = self._shops.find(signed.store)
        if shop is not None:
            at = position_on(None, kept.position, "position")
            shown.position.CopyFrom(position_message(at, shop.plan.frame))
        if with_code and not kept.HasField("revoke_time"):
            shown.token = self._tokens.token(signed)
            shown.url = self._tokens.url(signed, self._gln(signed.store))
            shown.qr_svg = qr_svg(shown.url)
        return shown

    def _gln(self, store: str) -> str:
        encoded = self._feeds.directory.stores.replica.record(store)
        return parse_store(encoded).external_ids.get(GLN, "") if encoded is not None else ""


def _signed(anchor: pb.Anchor) -> Signed:
    store, _, id = anchor.name.partition("/anchors/")
    heading = anchor.heading_degrees if anchor.HasField("heading_degrees") else None
    at = anchor.position
    return Signed(store_id(store), id, at.level, at.x_m, at.y_m, heading)
