"""TLS: the server's certificate, and callers that are known by theirs (mTLS)."""

import grpc

from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.caller import Caller


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


def bearer(settings: AccessSettings, common_name: str) -> tuple[Caller, Role] | None:
    """The caller that a certificate names; None for a proxy, and without a certificate."""
    if not common_name or common_name in settings.tls_proxies:
        return None
    is_admin = common_name in settings.tls_admins
    return Caller(f"tls/{common_name}", is_admin), Role.ADMIN if is_admin else Role.CHANNEL
