"""Hours go out in the formats of others and come back the same, or say what was lost."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from enrayon.hours.v1 import hours_pb2
from tests.services.hours.shops import GROCERY, HOURS, NAME, date, give, put, shop

OSM = hours_pb2.HOURS_FORMAT_OSM
SCHEMA_ORG, GOOGLE = hours_pb2.HOURS_FORMAT_SCHEMA_ORG, hours_pb2.HOURS_FORMAT_GOOGLE
UCP, FUEL = hours_pb2.HOURS_FORMAT_UCP, hours_pb2.HOURS_FORMAT_FUEL
TEXT_FR, TEXT_US = hours_pb2.HOURS_FORMAT_TEXT_FR, hours_pb2.HOURS_FORMAT_TEXT_US
EVE = {
    "first_date": date("2026-12-24"),
    "last_date": date("2026-12-24"),
    "hours": [{"opens": "09:00", "closes": "16:00"}],
    "label": "Réveillon",
}


async def export(hours, format: int, first: str = "2026-11-23", **fields: object):
    return await hours.ExportStoreHours(
        hours_pb2.ExportStoreHoursRequest(
            name=HOURS, format=format, start_date=date(first), **fields
        )
    )


async def parse(hours, format: int, **content: object) -> Any:
    return await hours.ParseHours(hours_pb2.ParseHoursRequest(format=format, **content))


def struct(document: dict[str, object]) -> Struct:
    result = Struct()
    result.update(document)
    return result


async def grocery(stores, hours, **fields: object) -> None:
    await put(stores, shop("grocery", GROCERY))
    await give(hours, NAME, exceptions=[EVE], **fields)


@pytest.mark.parametrize("format", [SCHEMA_ORG, GOOGLE, UCP])
async def test_week_and_special_dates_go_out_and_come_back(stores, hours, format):
    await grocery(stores, hours)
    written = await export(hours, format)
    found = (await parse(hours, format, document=written.document)).hours
    assert GROCERY == found.expression
    [exception] = found.exceptions
    assert EVE["hours"] == [MessageToDict(each) for each in exception.hours]
    assert date("2026-12-24") == exception.first_date == exception.last_date
    assert {"Réveillon" if format != GOOGLE else ""} == {exception.label}
    has_loss = ["the label is left out: Réveillon"] if format == GOOGLE else []
    assert has_loss == [loss.description for loss in written.losses]


@pytest.mark.parametrize("format", [FUEL, TEXT_FR, TEXT_US])
async def test_a_week_alone_goes_out_and_says_that_the_dates_are_lost(stores, hours, format):
    await grocery(stores, hours)
    written = await export(hours, format)
    found = (await parse(hours, format, document=written.document)).hours
    assert GROCERY == found.expression
    assert ["1 are left out"] == [loss.description for loss in written.losses]


async def test_osm_has_all_but_the_midnight_of_exceptions(stores, hours):
    await grocery(stores, hours)
    written = await export(hours, OSM)
    assert f'{GROCERY}; 2026 Dec 24 09:00-16:00 open "Réveillon"' == written.text
    assert written.text == (await parse(hours, OSM, text=written.text)).hours.expression


async def test_google_has_the_services_as_more_hours(stores, hours):
    service = {"name": f"{NAME}/services/drive-through", "expression": "Mo-Su 07:00-22:00"}
    await grocery(stores, hours, services=[service])
    written = await export(hours, GOOGLE)
    answer = await parse(hours, GOOGLE, document=written.document)
    assert "Mo-Su 07:00-22:00" == answer.services["DRIVE_THROUGH"].expression
    assert "24/7" != (await export(hours, OSM, service="drive-through")).text


async def test_holidays_are_written_as_dates_for_a_year_and_that_is_told(stores, hours):
    await put(stores, shop("grocery", "Mo-Su 09:00-18:00; PH off", address={"region_code": "FR"}))
    written = await export(hours, SCHEMA_ORG)
    special = MessageToDict(written.document)["specialOpeningHoursSpecification"]
    assert "Noël" in [each["name"] for each in special]
    assert ["what is not the same every week is written as dates until 2027-11-21"] == [
        loss.description for loss in written.losses
    ]


async def test_repairs_and_losses_are_told(hours):
    answer = await parse(hours, OSM, text="Mo-Sat 0900-1800")
    assert "Mo-Sa 09:00-18:00" == answer.hours.expression
    assert {"Sat": "Sa", "0900-1800": "09:00-18:00"} == {
        repair.before: repair.after for repair in answer.hours.repairs
    }
    fuel = await parse(hours, FUEL, document=struct({"mon": "00.00-23.59", "tue": "soon"}))
    assert ["stands for the whole day"] == [each.description for each in fuel.hours.repairs]
    assert ["tue"] == [fault.field for fault in fuel.hours.faults]
    assert 'Tu-Su unknown "not known"; Mo 00:00-24:00' == fuel.hours.expression


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        (TEXT_FR, "lundi-vendredi 9:00 - 12:30 / 14:00 - 17:30", "Mo-Fr 09:00-12:30,14:00-17:30"),
        (TEXT_US, "Mon-Sun 5:00 AM to 9:00 PM", "Mo-Su 05:00-21:00"),
    ],
)
async def test_text_as_people_write_it(hours, format, text, expected):
    assert expected == (await parse(hours, format, text=text)).hours.expression


async def test_what_was_parsed_can_be_given(stores, hours):
    await put(stores, shop("grocery", ""))
    week = {
        "timezone": "Europe/Paris",
        "hours": [{"day": "monday", "opens": "22:00", "closes": "02:00"}],
    }
    found = (await parse(hours, UCP, document=struct(week))).hours
    kept = await give(hours, NAME, expression=found.expression, exceptions=found.exceptions)
    assert "Mo 22:00-02:00" == kept.expression
