"""Keys and sessions as messages."""

import datetime as dt

from enrayon.access.v1 import access_pb2 as pb
from services.chassis.access.keys import ApiKey, Secret
from services.chassis.access.policy import Role
from services.chassis.access.sessions import session_name

ROLES = {
    Role.PAGE: pb.ROLE_PAGE,
    Role.STAFF: pb.ROLE_STAFF,
    Role.CHANNEL: pb.ROLE_CHANNEL,
    Role.ADMIN: pb.ROLE_ADMIN,
}


def session_message(key: ApiKey, session: Secret, token: str = "") -> pb.Session:
    """A session, with its token where it is opened."""
    message = pb.Session(
        name=session_name(key, session),
        key=key.id,
        role=ROLES[key.role],
        stores=sorted(key.caller.stores or ()),
        token=token,
    )
    message.create_time.FromDatetime(session.create_time)
    if session.expire_time:
        message.expire_time.FromDatetime(session.expire_time)
    return message


def key_message(key: ApiKey, now: dt.datetime) -> pb.Key:
    """A key, without its secrets."""
    message = pb.Key(
        name=key.id,
        role=ROLES[key.role],
        stores=sorted(key.caller.stores or ()),
        scopes=key.scopes,
        origins=key.origins,
        note=key.note,
        session_count=sum(s.expire_time is None or now < s.expire_time for s in key.sessions),
    )
    newest = key.secrets[0]
    message.create_time.FromDatetime(newest.create_time)
    if newest.expire_time:
        message.expire_time.FromDatetime(newest.expire_time)
    return message
