"""Builds the aisle service."""

from enrayon.aisle.v1 import aisle_pb2
from services.aisle.anchors import Anchors
from services.aisle.closures import Closures
from services.aisle.feedback import Feedback
from services.aisle.feeds import PLACEMENTS, PLANS, Feeds
from services.aisle.locating import Locating
from services.aisle.pictures import Pictures
from services.aisle.planograms import Planograms
from services.aisle.publishing import Publishing
from services.aisle.routing import Routing
from services.aisle.servicer import AisleServicer
from services.aisle.settings import AisleSettings
from services.aisle.shops import Shops
from services.aisle.tokens import Tokens
from services.aisle.writer import Writer
from services.chassis.messages.paging import PageTokens
from services.directory.parts import Parts, Service
from services.directory.records import Records

CONTRACT = aisle_pb2.DESCRIPTOR.services_by_name["AisleService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = AisleSettings()
    clock, keyring = parts.clock, parts.keyring
    feeds = Feeds(parts.client, parts.directory, parts.settings.data_dir, clock)
    shops = Shops(feeds, clock)
    plans = Writer(Records(parts.client, PLANS), feeds.plans)
    placements = Writer(Records(parts.client, PLACEMENTS), feeds.placements)
    anchors = Anchors(plans, feeds, shops, Tokens(keyring, settings.anchor_url), clock)
    locating = Locating(feeds, shops)
    routing = Routing(shops, locating, anchors)
    servicer = AisleServicer(
        feeds,
        shops,
        PageTokens(keyring),
        publishing=Publishing(plans, feeds, shops, clock),
        planograms=Planograms(placements, feeds, shops),
        feedback=Feedback(placements, feeds, shops, keyring, clock, settings.feedback_per_day),
        closures=Closures(plans, feeds, shops, clock),
        anchors=anchors,
        locating=locating,
        routing=routing,
        pictures=Pictures(feeds, shops, locating, routing),
    )
    return Service(CONTRACT, servicer, background={"aisle feeds": feeds.run})
