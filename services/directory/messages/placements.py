"""Converts placements of products on shelves to messages of the aisle contract."""

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.placements import Placement
from services.chassis.messages.times import timestamp
from services.directory.messages.kinds import SIDE_VALUES


def placement_message(placement: Placement) -> pb.Placement:
    """A placement, without its SKU, which the message around it has."""
    return pb.Placement(
        level=placement.floor,
        aisle=placement.aisle,
        side=SIDE_VALUES[placement.side] if placement.side else pb.SIDE_UNSPECIFIED,
        bay=placement.bay or 0,
        shelf=placement.shelf or 0,
        position=placement.position or 0,
        description=placement.description,
        valid_start_time=timestamp(placement.valid_from),
        valid_end_time=timestamp(placement.valid_until),
        confidence=placement.confidence,
    )
