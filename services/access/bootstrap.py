"""Builds the access service from settings and the shared parts of a process."""

from enrayon.access.v1 import access_pb2 as pb
from enrayon.access.v1 import access_servicer
from services.access.resources.sessions import Sessions
from services.access.servicer import AccessServicer
from services.chassis.access.key_store import KeyStore
from services.chassis.access.settings import AccessSettings
from services.chassis.messages.paging import PageTokens
from services.directory.parts import Parts, Service

CONTRACT = pb.DESCRIPTOR.services_by_name["AccessService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    sessions = Sessions(KeyStore(parts.client), AccessSettings(), parts.clock)
    servicer: access_servicer.AccessServicer = AccessServicer(
        PageTokens(parts.keyring), sessions, parts.clock
    )
    return Service(CONTRACT, servicer)
