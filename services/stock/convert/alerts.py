"""Converts stock alerts to messages."""

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.times import timestamp_of_ms
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock.convert.names import alert_name, reservation_name
from services.stock.model.alerts import Alert, Found


def alert_message(alert: Alert) -> stock_pb2.StockAlert:
    """An alert as its owner sees it. The place that it was made around is not kept."""
    message = stock_pb2.StockAlert(
        name=alert_name(alert.id),
        expire_time=timestamp_of_ms(alert.expire_ms),
        store_count=len(alert.stores),
        shopper=alert.shopper,
    )
    if alert.lines:
        for sku in alert.skus:
            message.items.add(product=product_name(sku), quantity=alert.lines[sku])
    else:
        message.products.extend(map(product_name, alert.skus))
        message.min_quantity = alert.units
    if len(alert.stores) == 1:
        message.store = store_name(alert.stores[0])
    if alert.hold:
        message.hold.method = stock_pb2.PickupMethod.ValueType(alert.hold.method)
        if alert.hold.ttl_ms:
            message.hold.ttl.FromMilliseconds(alert.hold.ttl_ms)
        message.hold.SetInParent()
    if alert.fire_ms is not None:
        message.fire_time.CopyFrom(timestamp_of_ms(alert.fire_ms))
    if alert.found:
        message.finding.CopyFrom(finding(alert, alert.found))
    return message


def finding(alert: Alert, found: Found) -> stock_pb2.AlertFinding:
    """What an alert found when it fired."""
    message = stock_pb2.AlertFinding(store=store_name(found.store), hold_refusal=found.refusal)
    for sku in alert.skus:
        if sku in found.units:
            message.items.add(product=product_name(sku), quantity=found.units[sku])
    if found.hold:
        message.reservation = reservation_name(found.store, found.hold)
    return message
