"""A key is shown once, kept as a digest, rotated without a gap, and ends when it says."""

import datetime as dt

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.access.keys import (
    ApiKey,
    decode,
    encode,
    new_key,
    parse_token,
    rotated,
)
from services.chassis.access.policy import Role

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
HELSINKI = "https://shop.example"


def secret_of(token: str) -> str:
    parsed = parse_token(token)
    assert parsed
    return parsed[1]


def test_a_token_opens_what_it_was_made_for_and_nothing_else():
    till, token = new_key("till", Role.CHANNEL, NOON)
    _, other = new_key("till", Role.CHANNEL, NOON)

    assert ("till", secret_of(token)) == parse_token(token)
    assert till.matches(secret_of(token), NOON)
    assert not till.matches(secret_of(other), NOON)


def test_what_is_kept_of_a_key_does_not_hold_its_secret():
    key, token = new_key("till", Role.ADMIN, NOON, scopes=("stock.AdjustStock",), note="till 4")

    assert secret_of(token).encode() not in encode(key)
    assert secret_of(token) not in repr(key)
    assert key == decode("till", encode(key))
    assert encode(key) == encode(decode("till", encode(key)))


def test_after_a_rotation_both_secrets_work_for_the_overlap_then_the_new_one_alone():
    key, old = new_key("app", Role.CHANNEL, NOON)
    key, new = rotated(key, NOON, HOUR)

    assert [True, True] == [key.matches(secret_of(t), NOON + HOUR / 2) for t in (old, new)]
    assert [False, True] == [key.matches(secret_of(t), NOON + HOUR) for t in (old, new)]


def test_a_second_rotation_prolongs_no_older_secret():
    key, first = new_key("app", Role.CHANNEL, NOON)
    key, second = rotated(key, NOON, HOUR)
    key, third = rotated(key, NOON + HOUR / 2, HOUR)
    works = [key.matches(secret_of(t), NOON + HOUR) for t in (first, second, third)]

    assert [False, True, True] == works
    assert 2 == len(rotated(key, NOON + HOUR, HOUR)[0].secrets) - 1


def test_a_rotation_without_overlap_ends_the_old_secret_at_once():
    key, old = new_key("app", Role.CHANNEL, NOON)
    key, new = rotated(key, NOON, dt.timedelta())

    assert [False, True] == [key.matches(secret_of(t), NOON) for t in (old, new)]


def test_a_key_with_an_end_does_not_outlive_it_by_rotation():
    key, old = new_key("fair", Role.CHANNEL, NOON, expire_time=NOON + HOUR)
    assert key.matches(secret_of(old), NOON + HOUR / 2)
    assert not key.matches(secret_of(old), NOON + HOUR)

    key, _ = rotated(key, NOON, 5 * HOUR)
    assert not key.matches(secret_of(old), NOON + HOUR)


@pytest.mark.parametrize(
    ("name", "role", "origins"),
    [
        ("Till", Role.CHANNEL, ()),
        ("", Role.CHANNEL, ()),
        ("a" * 64, Role.CHANNEL, ()),
        ("till_4", Role.CHANNEL, ()),
        ("till", Role.PUBLIC, ()),
        ("web", Role.PAGE, ()),
        ("till", Role.CHANNEL, (HELSINKI,)),
        ("web", Role.PAGE, ("shop.example",)),
        ("web", Role.PAGE, ("https://shop.example/",)),
        ("web", Role.PAGE, ("https://Shop.example",)),
        ("web", Role.PAGE, ("*",)),
        ("web", Role.PAGE, ("null",)),
    ],
)
def test_a_key_that_could_not_be_meant_is_not_made(name, role, origins):
    with pytest.raises(ValueError):
        new_key(name, role, NOON, origins=origins)


@pytest.mark.parametrize(
    ("role", "stores"),
    [
        (Role.STAFF, ()),
        (Role.CHANNEL, ("us-1",)),
        (Role.ADMIN, ("us-1",)),
        (Role.STAFF, ("us-1", "-")),
        (Role.STAFF, ("*",)),
        (Role.STAFF, ("",)),
        (Role.STAFF, ("stores/us-1",)),
        (Role.STAFF, ("US-1",)),
        (Role.STAFF, tuple(f"us-{number}" for number in range(101))),
    ],
)
def test_a_binding_that_could_not_be_meant_is_not_made(role, stores):
    with pytest.raises(ValueError):
        new_key("till", role, NOON, stores=stores)


def test_a_key_of_shop_staff_has_its_stores():
    key, _ = new_key("till", Role.STAFF, NOON, stores=("us-1", "us-2"))

    assert ("us-1", "us-2") == key.stores
    assert key == decode("till", encode(key))
    assert key.stores == rotated(key, NOON, HOUR)[0].stores


def test_a_record_of_before_the_binding_is_read():
    """And is the same when it is written again, so that it can be rotated."""
    record = (
        b'{"role":"CHANNEL","scopes":["stock"],"origins":[],"note":"by the door",'
        b'"secrets":[{"sha256":"00ff","create":"2026-11-01T12:00:00+00:00","expire":null}]}'
    )
    key = decode("till", record)
    assert (Role.CHANNEL, ()) == (key.role, key.stores)
    assert record == encode(key)


@pytest.mark.parametrize("stores", [[], None, ["*"], "us-1", [1]])
def test_a_damaged_binding_is_good_for_nothing(stores):
    key, _ = new_key("till", Role.STAFF, NOON, stores=("us-1",))
    record = orjson.loads(encode(key)) | {"stores": stores}
    with pytest.raises(ValueError):
        decode("till", orjson.dumps(record))


@given(st.text(max_size=200))
def test_no_other_text_is_a_token(text):
    assert parse_token(text) is None


def test_a_publishable_key_names_its_origins():
    key, _ = new_key("web", Role.PAGE, NOON, origins=(HELSINKI, "http://localhost:8080"))

    assert (HELSINKI, "http://localhost:8080") == key.origins
    assert isinstance(decode("web", encode(key)), ApiKey)
