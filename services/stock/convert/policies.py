"""Converts stock policies between messages and the model."""

from enrayon.stock.v1 import stock_pb2
from enrayon.stock.v1.stock_pb2 import PickupMethod, SellPolicy
from services.stock.convert.names import policy_name
from services.stock.convert.times import duration, seconds
from services.stock.model.policies import (
    DEFAULT_PAGE_LIMITS,
    DEFAULT_POLICY,
    PageLimits,
    Policy,
    Sell,
    SlotRule,
)


def policy(message: stock_pb2.StockPolicy) -> Policy:
    """The policy of a message; fields that are not set get the default."""
    default = DEFAULT_POLICY
    return Policy(
        Sell(message.sell_policy),
        message.min_quantity or 1,
        message.max_quantity,
        message.limited_up_to if message.HasField("limited_up_to") else default.limited_up_to,
        message.bands_only,
        message.freshness_limit.ToMilliseconds() if message.HasField("freshness_limit") else None,
        tuple(sorted(set(message.pickup_methods))) or default.methods,
        seconds(message.preparation_time)
        if message.HasField("preparation_time")
        else default.preparation_s,
        message.cutoff_minute if message.HasField("cutoff_minute") else None,
        seconds(message.transfer_time) if message.HasField("transfer_time") else None,
        seconds(message.keep_time) if message.HasField("keep_time") else default.keep_s,
        page_limits(message.page_hold_limits),
        seconds(message.hold_open_time)
        if message.HasField("hold_open_time")
        else default.hold_open_s,
        tuple(slot_rule(rule) for rule in message.pickup_slots),
    )


def slot_rule(message: stock_pb2.PickupSlotRule) -> SlotRule:
    """The rule of the slots of a method; a horizon that is not set gets the default."""
    rule = SlotRule(message.method, seconds(message.duration), message.capacity)
    return (
        rule._replace(horizon_s=seconds(message.horizon)) if message.HasField("horizon") else rule
    )


def page_limits(message: stock_pb2.PageHoldLimits) -> PageLimits:
    """The bounds of a page's holds; fields that are not set get the default."""
    default = DEFAULT_PAGE_LIMITS
    return PageLimits(
        message.max_hold_count if message.HasField("max_hold_count") else default.holds,
        message.max_line_count if message.HasField("max_line_count") else default.lines,
        message.max_quantity if message.HasField("max_quantity") else default.units,
        message.max_share_percent
        if message.HasField("max_share_percent")
        else default.share_percent,
    )


def policy_message(store: str, kept: Policy) -> stock_pb2.StockPolicy:
    """A store's policy as a message."""
    message = stock_pb2.StockPolicy(
        name=policy_name(store),
        sell_policy=SellPolicy.ValueType(kept.sell or Sell.DENY),
        min_quantity=kept.least,
        max_quantity=kept.most,
        limited_up_to=kept.limited_up_to,
        bands_only=kept.bands_only,
        pickup_methods=map(PickupMethod.ValueType, kept.methods),
        preparation_time=duration(kept.preparation_s),
        cutoff_minute=kept.cutoff_minute,
        keep_time=duration(kept.keep_s),
        page_hold_limits=stock_pb2.PageHoldLimits(
            max_hold_count=kept.page.holds,
            max_line_count=kept.page.lines,
            max_quantity=kept.page.units,
            max_share_percent=kept.page.share_percent,
        ),
        hold_open_time=duration(kept.hold_open_s),
        pickup_slots=[
            stock_pb2.PickupSlotRule(
                method=PickupMethod.ValueType(rule.method),
                duration=duration(rule.duration_s),
                capacity=rule.capacity,
                horizon=duration(rule.horizon_s),
            )
            for rule in kept.slots
        ],
    )
    if kept.fresh_ms is not None:
        message.freshness_limit.CopyFrom(duration(kept.fresh_ms / 1000))
    if kept.transfer_s is not None:
        message.transfer_time.CopyFrom(duration(kept.transfer_s))
    return message
