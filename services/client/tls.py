"""TLS credentials of a channel, from PEM files."""

from pathlib import Path

import grpc


def credentials(
    ca: Path | None, certificate: Path | None = None, key: Path | None = None
) -> grpc.ChannelCredentials | None:
    """Credentials that check the services' certificate and present the caller's; None without TLS.

    Args:
        ca: authority of the services' certificate (PEM); None for no TLS.
        certificate: the caller's own certificate (PEM), where services authenticate by it.
        key: the private key of `certificate` (PEM).

    Raises:
        OSError: a file cannot be read.
    """
    if ca is None:
        return None
    return grpc.ssl_channel_credentials(
        ca.read_bytes(),
        key.read_bytes() if key else None,
        certificate.read_bytes() if certificate else None,
    )
