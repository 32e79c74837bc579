"""TLS: the server's certificate, and callers that are known by theirs (mTLS)."""

from collections.abc import Sequence

import grpc

from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.access.stores import STORES_MOST, bound_to
from services.chassis.caller import Caller
from services.chassis.errors import Unauthenticated

SCHEME = "enrayon:"
"""Of the URIs that bind a certificate to stores: `enrayon:stores/us-1`."""


def server_credentials(settings: AccessSettings) -> grpc.ServerCredentials | None:
    """The server's certificate and the authority of its clients; None without TLS.

    Raises:
        OSError: a file cannot be read.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    ca = settings.tls_client_ca
    return grpc.ssl_server_credentials(
        [(settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())],
        root_certificates=ca.read_bytes() if ca else None,
        require_client_auth=ca is not None,
    )


def bearer(
    settings: AccessSettings, common_name: str, uris: Sequence[str]
) -> tuple[Caller, Role] | None:
    """The caller that a certificate names; None for a proxy, and without a certificate.

    One with a URI of `SCHEME` is of shop staff, whatever its common name.

    Raises:
        Unauthenticated: such a URI names no store.
    """
    if not common_name or common_name in settings.tls_proxies:
        return None
    if bound := [uri for uri in uris if uri.lower().startswith(SCHEME)]:
        stores = bound_to([uri.removeprefix(f"{SCHEME}stores/") for uri in bound])
        if stores is None:
            raise Unauthenticated(
                f"certificate: a URI of {SCHEME} is like {SCHEME}stores/us-1, at most {STORES_MOST}"
            )
        return Caller(f"tls/{common_name}", stores=stores), Role.STAFF
    is_admin = common_name in settings.tls_admins
    return Caller(f"tls/{common_name}", is_admin), Role.ADMIN if is_admin else Role.CHANNEL
