"""The seven columns of the French fuel price feed."""

from collections.abc import Callable

import pytest

from geodata.schedule.formats import fuel
from geodata.schedule.grammar import parse
from geodata.schedule.model import Schedule, State
from geodata.schedule.timeline import Timeline
from tests.geodata.schedule.formats.weeks import FIRST
from tests.geodata.schedule.stores import PARIS, local, special


def row(*cells: str) -> dict[str, str]:
    return dict(zip(fuel.COLUMNS, cells, strict=True))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["06.30-20.00"] * 5 + ["07.30-20.00", "closed"], "Mo-Fr 06:30-20:00; Sa 07:30-20:00"),
        (["08.00-12.00;14.00-19.00"] * 7, "Mo-Su 08:00-12:00,14:00-19:00"),
        (["00.00-23.59"] * 7, "24/7"),
        (["00.00-00.00"] * 7, "24/7"),
        (["01.00-01.00"] * 7, "24/7"),
        (["01.00-01.00"] * 6 + ["closed"], "Mo-Sa 00:00-24:00"),
        (["22.00-06.00"] * 7, "Mo-Su 22:00-06:00"),
        (["closed"] * 7, "off"),
        ([""] * 7, ""),
        (["07.00-12.00"] * 6 + [""], 'Su unknown "not known"; Mo-Sa 07:00-12:00'),
        ([""] * 6 + ["closed"], 'Mo-Sa unknown "not known"'),
    ],
)
def test_a_station(cells: list[str], expected: str) -> None:
    reading = fuel.read(row(*cells))
    assert expected == reading.expression
    assert () == reading.faults


def test_what_stands_for_the_whole_day_is_told_as_a_repair() -> None:
    reading = fuel.read(row("01.00-01.00", *["00.00-23.59"] * 3, *["closed"] * 3))
    assert ("mon", "01.00-01.00", "00:00-24:00") in [
        (repair.field, repair.before, repair.after) for repair in reading.repairs
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (
            ["09.00-19.30"] * 6 + ["00.00-00.00"],
            'Mo-Sa 09:00-19:30; Su unknown "00:00-24:00 or off"',
        ),
        (
            ["00.00-00.00"] + [""] * 6,
            'Tu-Su unknown "not known"; Mo unknown "00:00-24:00 or off"',
        ),
        (["01.00-01.00"] + ["closed"] * 6, 'off; Mo unknown "00:00-24:00 or off"'),
    ],
)
def test_equal_times_beside_other_hours_may_mean_closed(cells: list[str], expected: str) -> None:
    reading = fuel.read(row(*cells))
    assert expected == reading.expression
    assert {"could mean 00:00-24:00 or off"} == {fault.message for fault in reading.faults}


@pytest.mark.parametrize("cell", ["06.00-06.00", "6.30-20.00", "06:30-20:00", "24h", "25.00-26.00"])
def test_a_day_that_cannot_be_read_is_unknown_with_a_fault_and_the_others_stay(cell: str) -> None:
    reading = fuel.read(row(cell, *["07.00-20.00"] * 6))
    assert 'Mo unknown "not known"; Tu-Su 07:00-20:00' == reading.expression
    [fault] = reading.faults
    assert fault.field.startswith("mon")


def test_every_station_of_the_feed_is_read(
    shared_rows: Callable[[str], list[dict[str, str]]],
) -> None:
    rows = shared_rows("fr_fuel_stations")
    readings = [fuel.read(each) for each in rows]
    told = [reading for reading in readings if reading.expression]
    for expression in {reading.expression for reading in told}:
        parse(expression)
    assert 3906 == len(told)
    assert 60 == sum(len(reading.faults) for reading in readings)
    assert {"00.00-00.00": 1186, "00.00-23.59": 1904} == {
        cell: sum(repair.before == cell for reading in readings for repair in reading.repairs)
        for cell in ("00.00-00.00", "00.00-23.59")
    }


def test_a_station_told_for_sunday_only_is_unknown_on_monday() -> None:
    schedule = fuel.read(row(*[""] * 6, "closed")).schedule(time_zone=PARIS)
    line = Timeline(schedule)
    assert State.UNKNOWN is line.state_at(local("2026-11-30 12:00")).state
    assert State.CLOSED is line.state_at(local("2026-11-29 12:00")).state


def test_a_schedule_is_written_without_its_special_days() -> None:
    schedule = Schedule(
        expression="Mo-Fr 08:00-12:00,14:00-19:00; Sa 00:00-24:00",
        time_zone=PARIS,
        exceptions=(special("2026-12-25"),),
    )
    written = fuel.write(schedule, FIRST)
    hours = "08.00-12.00;14.00-19.00"
    assert row(*[hours] * 5, "00.00-23.59", "closed") == written.document
    assert ["exceptions"] == [loss.field for loss in written.losses]
