"""Sessions of people at a page, as pure data: one-time links, and what they are exchanged for.

A link and a session are secrets of a key, kept like its others as hashes, each in a list of its
own: none of the three is taken for another. A link is used once; a session ends by its time, by its
owner, or with its key.
"""

import datetime as dt
from dataclasses import replace

from services.chassis import chance
from services.chassis.access.keys import SECRET_BYTES, ApiKey, Secret, digest, token_of
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings

LINK_LIFE = dt.timedelta(hours=1)
MOST = 50
"""Links and sessions of a key at one time."""
ROLES = (Role.STAFF, Role.ADMIN)
"""The roles whose people have pages."""


def with_link(key: ApiKey, now: dt.datetime) -> tuple[ApiKey, str]:
    """The key with one more link, and the link's code.

    Raises:
        ValueError: nobody signs in with such a key, or it has as many links and sessions as it may.
    """
    if key.role not in ROLES:
        raise ValueError("only keys of shop staff and of admins have links to sign in with")
    key = pruned(key, now)
    if len(key.links) + len(key.sessions) >= MOST:
        raise ValueError(f"the key has {MOST} links and sessions; end some first")
    secret = chance.token_urlsafe(SECRET_BYTES)
    link = Secret(digest(secret), now, now + LINK_LIFE)
    return replace(key, links=(*key.links, link)), token_of(key.name, secret)


def opened(
    key: ApiKey, secret: str, now: dt.datetime, settings: AccessSettings
) -> tuple[ApiKey, Secret, str] | None:
    """The key with a session in the place of a link, the session, and its token.

    None if the secret is that of no link which is still to be used.
    """
    left = tuple(link for link in key.links if not link.matches(secret, now))
    if len(left) == len(key.links) or not key.is_usable(now):
        return None
    hours = settings.session_admin_h if key.role is Role.ADMIN else settings.session_staff_h
    fresh = chance.token_urlsafe(SECRET_BYTES)
    session = Secret(digest(fresh), now, now + dt.timedelta(hours=hours))
    after = pruned(replace(key, links=left, sessions=(*key.sessions, session)), now)
    return after, session, token_of(key.name, fresh)


def session_of(key: ApiKey, secret: str, now: dt.datetime) -> Secret | None:
    """The session with a secret; None if there is none, or not any more."""
    if not key.is_usable(now):
        return None
    return next((each for each in key.sessions if each.matches(secret, now)), None)


def ended(key: ApiKey, name: str) -> ApiKey:
    """The key without a session, or without all sessions and links of an empty name."""
    if not name:
        return replace(key, sessions=(), links=())
    return replace(key, sessions=tuple(s for s in key.sessions if session_name(key, s) != name))


def pruned(key: ApiKey, now: dt.datetime) -> ApiKey:
    """The key without links and sessions that are over."""
    links, sessions = (
        tuple(each for each in all if each.expire_time and now < each.expire_time)
        for all in (key.links, key.sessions)
    )
    return replace(key, links=links, sessions=sessions)


def session_name(key: ApiKey, session: Secret) -> str:
    """The public name of a session: `sessions/tablet-1.0f3c5a7e9b21`."""
    return f"sessions/{key.name}.{session.digest.hex()[:12]}"


def key_of(name: str) -> str:
    """The name of the key in the name of a session."""
    return name.removeprefix("sessions/").partition(".")[0]
