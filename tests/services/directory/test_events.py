"""Events of the suite survive the way through a stream, in the forms that Python and Lua write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.events import (
    LIFETIMES_S,
    Event,
    event_of,
    expire_ms,
    partitions,
    stream_key,
)

READY = Event(
    "reservation.ready",
    "fi-7",
    "stores/fi-7/reservations/r1",
    1_700_000_000_000,
    owner="app",
    reference="person-1",
    expire_ms=1_700_000_600_000,
    id="r1-4",
    data={"bay": "3", "units": 2},
)
TEXTS = st.text(max_size=20)


def test_an_event_has_the_short_names_that_scripts_write() -> None:
    assert (
        b'{"t":"reservation.ready","s":"fi-7","a":"stores/fi-7/reservations/r1",'
        b'"at":1700000000000,"o":"app","r":"person-1","x":1700000600000,"id":"r1-4",'
        b'"d":{"bay":"3","units":2}}' == READY.text
    )


@given(
    st.builds(
        Event,
        st.sampled_from(sorted(LIFETIMES_S)),
        TEXTS,
        TEXTS,
        st.integers(0, 2**52),
        TEXTS,
        TEXTS,
        st.integers(0, 2**52),
        TEXTS,
        st.dictionaries(TEXTS, TEXTS | st.integers(-(2**52), 2**52) | st.booleans()),
    )
)
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    assert event == event_of(event.text)


def test_numbers_and_empty_tables_of_lua_are_read() -> None:
    text = b'{"t":"alert.fired","s":"","a":"stockAlerts/a","at":1.7e+12,"x":1700000600000.0,"d":[]}'
    event = event_of(text)
    assert 1_700_000_000_000 == event.at_ms
    assert 1_700_000_600_000 == event.expire_ms
    assert {} == event.data


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"7", b"{", b'{"t":1,"s":"","a":"","at":[]}'])
def test_what_is_no_event_is_told(text: bytes) -> None:
    with pytest.raises(ValueError):
        event_of(text)


def test_near_is_worthless_after_ten_minutes_and_ready_is_not() -> None:
    assert 600_000 == expire_ms("fence.enter", 0)
    assert 0 == expire_ms("reservation.ready", 1)


def test_streams_lie_in_the_partitions_of_their_source() -> None:
    assert 64 == len(partitions("s"))
    assert "{f00}:events" == stream_key(partitions("f")[0])
    assert "{s63}:events" == stream_key(partitions("s")[-1])
