"""Tests that a device's state survives encoding and decoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.fences.encoding import decode, encode
from geodata.fences.events import Reason
from geodata.fences.state import DeviceState, Fix, Visit
from geodata.points import Point

times = st.integers(-(1 << 53), 1 << 53)
sequences = st.integers(0, (1 << 63) - 1)
fixes = st.builds(
    Fix,
    point=st.builds(Point, st.floats(-90, 90), st.floats(-180, 180)),
    time_ms=times,
    sequence=sequences,
    accuracy_m=st.none() | st.floats(0, 1e6),
)
visits = st.builds(
    Visit,
    fence_id=st.text(max_size=40),
    inside_since_ms=times,
    enter_sequence=sequences,
    dwell_due_ms=st.none() | times,
    exit_due_ms=st.none() | times,
    reason=st.sampled_from(Reason),
)
states = st.one_of(
    st.just(DeviceState()),
    st.builds(
        DeviceState,
        last=fixes,
        received_ms=times,
        event_count=sequences,
        visits=st.lists(visits, max_size=5).map(tuple),
    ),
)


@given(states)
def test_a_state_comes_back_as_it_was(state: DeviceState) -> None:
    assert state == decode(encode(state))


def test_the_bytes_stay_readable_for_ever() -> None:
    state = DeviceState(
        last=Fix(point=Point(60.5, 24.25), time_ms=1_777_593_600_000, sequence=7, accuracy_m=12.5),
        received_ms=1_777_593_601_000,
        event_count=3,
        visits=(
            Visit(
                fence_id="kamppi",
                inside_since_ms=1_777_593_500_000,
                enter_sequence=5,
                dwell_due_ms=1_777_593_800_000,
                exit_due_ms=None,
                reason=Reason.EDGE_BEYOND_ACCURACY,
            ),
        ),
    )
    # Frozen: states written by an older version are in the database when a newer one starts.
    assert (
        "0103010000000300000000000000e8cbd5e09d0100000000000000404e40000000000040384000c8d5e09d01"
        "000007000000000000000000000000002940010206006041d4e09d010000050000000000000040d5d8e09d01"
        "00006b616d707069" == encode(state).hex()
    )
    assert 62 + 28 + len("kamppi") == len(encode(state))


@given(states, st.data())
def test_bytes_that_are_cut_short_or_too_many_are_refused(
    state: DeviceState, data: st.DataObject
) -> None:
    packed = encode(state)
    short = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(ValueError, match=r"device state (does not have version|is truncated)"):
        decode(short)
    with pytest.raises(ValueError, match="truncated or damaged"):
        decode(packed + b"\0")


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="device state does not have version 1"):
        decode(b"\2" + encode(DeviceState())[1:])


@given(states, st.integers(0, 61), st.binary(min_size=1, max_size=8))
def test_damaged_bytes_make_a_state_or_a_value_error(
    state: DeviceState, at: int, junk: bytes
) -> None:
    packed = encode(state)
    damaged = packed[:at] + junk + packed[at + len(junk) :]
    try:
        decoded = decode(damaged)
    except ValueError:
        return
    # A decoded state can be encoded.
    assert decoded == decode(encode(decoded))


def test_no_bytes_are_no_state() -> None:
    with pytest.raises(ValueError, match="device state does not have version 1"):
        decode(b"")
