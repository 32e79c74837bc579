"""Random ids, secrets and jitter, all from the operating system's source.

A simulation sets `source` to one that its seed repeats.
"""

import random
import uuid

from services.chassis.messages.base64url import base64url

source: random.Random = random.SystemRandom()
"""The source in use."""


def token_bytes(count: int) -> bytes:
    """Random bytes."""
    return source.randbytes(count)


def token_hex(count: int) -> str:
    """Random bytes in hexadecimal digits."""
    return source.randbytes(count).hex()


def token_urlsafe(count: int) -> str:
    """Random bytes in base64 for addresses, without padding."""
    return base64url(source.randbytes(count))


def uuid4() -> str:
    """A random UUID."""
    return str(uuid.UUID(bytes=source.randbytes(16), version=4))


def choices(letters: str, count: int) -> str:
    """A text of random letters, each as likely as the others."""
    return "".join(source.choice(letters) for _ in range(count))


def uniform(low: float, high: float) -> float:
    """A random number between two."""
    return source.uniform(low, high)


def generator() -> random.Random:
    """A generator of its own, quick and for jitter alone."""
    return random.Random(source.getrandbits(64))
