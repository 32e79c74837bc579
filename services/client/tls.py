"""Connections by TLS, from files."""

from pathlib import Path

import grpc


def credentials(
    ca: Path | None, certificate: Path | None = None, key: Path | None = None
) -> grpc.ChannelCredentials | None:
    """What the services must show, and what they are shown; None without TLS.

    Args:
        ca: who signs the services' certificate (PEM); None for no TLS.
        certificate: one's own (PEM), where the services know callers by theirs.
        key: its private key (PEM).

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
