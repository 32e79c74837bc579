"""Builds the aisle service from settings and the shared parts of a process."""

from enrayon.aisle.v1 import aisle_pb2, aisle_servicer
from services.aisle.convert.anchor_links import Tokens
from services.aisle.replica.feeds import PLACEMENTS, PLANS, Feeds
from services.aisle.replica.shops import Shops
from services.aisle.resources.anchors import Anchors
from services.aisle.resources.blocked_areas import BlockedAreas
from services.aisle.resources.floor_plans import FloorPlans
from services.aisle.resources.located_products import LocatedProducts
from services.aisle.resources.pictures import Pictures
from services.aisle.resources.placement_feedback import PlacementFeedback
from services.aisle.resources.placements import Placements
from services.aisle.resources.routes import Routes
from services.aisle.servicer import AisleServicer
from services.aisle.settings import AisleSettings
from services.chassis.messages.paging import PageTokens
from services.chassis.processes.pool import Pool
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.writer import Writer

CONTRACT = aisle_pb2.DESCRIPTOR.services_by_name["AisleService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = AisleSettings()
    clock, keyring = parts.clock, parts.keyring
    feeds = Feeds(parts.client, parts.directory, parts.settings.data_dir, clock)
    shops = Shops(feeds, clock)
    plans = Writer(Records(parts.client, PLANS), feeds.plans)
    placements = Writer(Records(parts.client, PLACEMENTS), feeds.placements)
    page = settings.anchor_url.rstrip("/") or f"http://localhost:{parts.settings.http_port}"
    anchors = Anchors(plans, feeds, shops, Tokens(keyring, page), clock)
    products = LocatedProducts(feeds, shops)
    walking, drawing = (
        Pool(settings.drawers, settings.drawings_waiting, settings.drawing_s) for _ in range(2)
    )
    routes = Routes(shops, products, anchors, walking, clock)
    feedback_per_day = settings.feedback_per_day
    servicer: aisle_servicer.AisleServicer = AisleServicer(
        feeds,
        shops,
        PageTokens(keyring),
        floor_plans=FloorPlans(plans, feeds, shops, clock),
        placements=Placements(placements, feeds, shops),
        feedback=PlacementFeedback(placements, feeds, shops, keyring, clock, feedback_per_day),
        blocked_areas=BlockedAreas(plans, feeds, shops, clock),
        anchors=anchors,
        located_products=products,
        routes=routes,
        pictures=Pictures(feeds, shops, products, routes, drawing),
    )
    return Service(
        CONTRACT, servicer, feeds=(feeds.plans, feeds.placements), pools=(walking, drawing)
    )
