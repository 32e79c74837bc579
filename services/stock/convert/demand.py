"""Converts unmet demand to messages."""

import datetime as dt

from enrayon.stock.v1 import stock_pb2
from services.chassis.errors import InvalidArgument
from services.chassis.messages.times import date
from services.directory.products import product_name
from services.stock.convert.times import date_message
from services.stock.model.demand import Unmet

MOST_DAYS = 92


def unmet_message(unmet: Unmet) -> stock_pb2.UnmetDemand:
    """Unmet demand for a product in a cell on a day."""
    return stock_pb2.UnmetDemand(
        product=product_name(unmet.sku) if unmet.sku else "",
        h3_cell=unmet.h3_cell,
        date=date_message(unmet.date),
        search_count=unmet.searches,
        requested_quantity=unmet.units,
    )


def days(request: stock_pb2.ListUnmetDemandRequest, today: dt.date) -> list[dt.date]:
    """The days of a request, today by default.

    Raises:
        InvalidArgument: the dates are in the wrong order, or too far apart.
    """
    first = date(request.first_date, "first_date") if request.HasField("first_date") else today
    last = date(request.last_date, "last_date") if request.HasField("last_date") else first
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise InvalidArgument.field(
            "last_date", f"must be 0 to {MOST_DAYS - 1} days after first_date"
        )
    return [first + dt.timedelta(number) for number in range(count)]
