"""Links and sessions as pure data."""

import datetime as dt
from dataclasses import replace

import pytest

from services.chassis.access.credentials import (
    SESSION_COOKIE,
    SESSION_HEADER,
    session_token_of,
)
from services.chassis.access.keys import (
    ApiKey,
    Secret,
    decode,
    encode,
    new_key,
    parse_token,
    rotated,
)
from services.chassis.access.policy import Role
from services.chassis.access.sessions import (
    LINK_LIFE,
    MOST,
    ended,
    key_of,
    opened,
    pruned,
    session_name,
    session_of,
    with_link,
)
from services.chassis.access.settings import AccessSettings
from services.edge.envoy.filters import cors_policy

NOW = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
SETTINGS = AccessSettings(session_staff_h=48.0, session_admin_h=2.0)
COOKIE = f"{SESSION_COOKIE}=enrayon_tablet_x"


def secret_of(token: str) -> str:
    parsed = parse_token(token)
    assert parsed
    return parsed[1]


def staff() -> ApiKey:
    return new_key("tablet", Role.STAFF, NOW, stores=("us-1",))[0]


def entered(key: ApiKey, code: str) -> tuple[ApiKey, Secret, str]:
    """What a link that is valid opens."""
    found = opened(key, secret_of(code), NOW, SETTINGS)
    assert found
    return found


def test_a_link_is_exchanged_once_for_a_session_that_ends():
    key, code = with_link(staff(), NOW)
    after, session, token = entered(key, code)

    assert None is opened(after, secret_of(code), NOW, SETTINGS)
    assert session == session_of(after, secret_of(token), NOW)
    end = NOW + dt.timedelta(hours=48)
    assert session == session_of(after, secret_of(token), end - dt.timedelta(seconds=1))
    assert None is session_of(after, secret_of(token), end)


def test_a_link_that_is_too_old_opens_nothing():
    key, code = with_link(staff(), NOW)
    assert None is opened(key, secret_of(code), NOW + LINK_LIFE, SETTINGS)


def test_an_admin_is_signed_in_for_less_long():
    key, code = with_link(new_key("office", Role.ADMIN, NOW)[0], NOW)
    _, session, _ = entered(key, code)
    assert NOW + dt.timedelta(hours=2) == session.expire_time


def test_neither_key_nor_link_nor_session_stands_for_another():
    key, token = new_key("tablet", Role.STAFF, NOW, stores=("us-1",))
    key, code = with_link(key, NOW)
    key, other = with_link(key, NOW)
    key, _, cookie = entered(key, other)

    assert [True, False, False] == [
        key.matches(secret_of(each), NOW) for each in (token, code, cookie)
    ]
    assert [False, False, True] == [
        session_of(key, secret_of(each), NOW) is not None for each in (token, code, cookie)
    ]
    assert [False, True, False] == [
        opened(key, secret_of(each), NOW, SETTINGS) is not None for each in (token, code, cookie)
    ]


def test_a_session_lives_no_longer_than_its_key():
    lives = NOW + dt.timedelta(hours=1)
    key, _ = new_key("tablet", Role.STAFF, NOW, stores=("us-1",), expire_time=lives)
    key, code = with_link(key, NOW)
    key, session, token = entered(key, code)
    assert session == session_of(key, secret_of(token), NOW)
    assert None is session_of(key, secret_of(token), lives)


def test_a_session_outlives_a_rotation_and_ends_by_its_name_or_with_all():
    key = staff()
    for _ in range(2):
        key, code = with_link(key, NOW)
        key, _, _ = entered(key, code)
    key, _ = rotated(key, NOW, dt.timedelta())
    one, other = (session_name(key, session) for session in key.sessions)

    assert "tablet" == key_of(one)
    assert [other] == [session_name(key, s) for s in ended(key, one).sessions]
    assert ((), ()) == (ended(key, "").sessions, ended(key, "").links)


@pytest.mark.parametrize("role", [Role.PAGE, Role.CHANNEL])
def test_only_people_sign_in(role):
    origins = ("https://shop.example",) if role is Role.PAGE else ()
    with pytest.raises(ValueError, match="staff and of admins"):
        with_link(new_key("app", role, NOW, origins=origins)[0], NOW)


def test_links_and_sessions_are_bounded_and_those_that_are_over_make_room():
    key = staff()
    for _ in range(MOST):
        key, _ = with_link(key, NOW)
    with pytest.raises(ValueError, match=str(MOST)):
        with_link(key, NOW)
    assert 1 == len(with_link(key, NOW + LINK_LIFE)[0].links)
    assert () == pruned(key, NOW + LINK_LIFE).links


def test_a_record_has_them_and_is_as_before_without():
    plain = staff()
    assert {b"links", b"sessions"} & set(encode(plain).split(b'"')) == set()
    key, code = with_link(plain, NOW)
    key, _, _ = entered(key, code)
    key, _ = with_link(key, NOW)
    assert key == decode("tablet", encode(key))
    assert secret_of(code).encode() not in encode(key)
    assert plain == replace(decode("tablet", encode(key)), links=(), sessions=())


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"cookie": COOKIE}, ""),
        ({"cookie": COOKIE, SESSION_HEADER: "1"}, "enrayon_tablet_x"),
        ({"cookie": f"a=b; {COOKIE}; c=d", SESSION_HEADER: "1"}, "enrayon_tablet_x"),
        ({"cookie": f"a=b,{COOKIE}", SESSION_HEADER: "1"}, "enrayon_tablet_x"),
        ({"cookie": f"x{COOKIE}", SESSION_HEADER: "1"}, ""),
        ({SESSION_HEADER: "1"}, ""),
        ({"cookie": COOKIE, SESSION_HEADER: "1", "sec-fetch-site": "same-origin"},
         "enrayon_tablet_x"),
        ({"cookie": COOKIE, SESSION_HEADER: "1", "sec-fetch-site": "same-site"}, ""),
        ({"cookie": COOKIE, SESSION_HEADER: "1", "sec-fetch-site": "cross-site"}, ""),
    ],
)  # fmt: skip
def test_a_cookie_counts_with_the_header_of_our_own_pages_alone(headers, token):
    assert token == session_token_of(headers)


@pytest.mark.parametrize("origins", [["*"], [r"https://.*\.shop\.example"]])
def test_no_page_of_another_origin_may_send_that_header(origins):
    allowed = cors_policy(origins)["allow_headers"].split(", ")
    assert "x-api-key" in allowed
    assert SESSION_HEADER not in allowed
