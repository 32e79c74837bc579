"""A TLS channel checks the server's certificate against its authority."""

import datetime as dt

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from services.client import Client
from tests.support.stores_stub import NEAREST, Stub


def certified(host: str) -> tuple[bytes, bytes]:
    """A private key and its self-signed certificate, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(pem)


async def test_a_server_is_believed_only_by_who_signed_its_certificate() -> None:
    private, certificate = certified("localhost")
    _, another = certified("localhost")
    server, stub = grpc.aio.server(), Stub()  # type: ignore[abstract]  # the test asks for no more
    stores_pb2_grpc.add_StoresServiceServicer_to_server(stub, server)
    port = server.add_secure_port(
        "localhost:0", grpc.ssl_server_credentials([(private, certificate)])
    )
    await server.start()
    request = stores_pb2.FindNearestStoresRequest(origin={"place": "Kamppi"})
    signed, strange = (grpc.ssl_channel_credentials(ca) for ca in (certificate, another))
    try:
        async with Client(f"localhost:{port}", credentials=signed, api_key="k") as enrayon:
            assert NEAREST == await enrayon.stores.FindNearestStores(request)
        async with Client(f"localhost:{port}", credentials=strange, timeout_s=2) as enrayon:
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await enrayon.stores.FindNearestStores(request)
    finally:
        await server.stop(None)
    assert "k" == stub.metadata["x-api-key"]
    assert failure.value.code() in {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
