"""Answers that a client need not load again while they are unchanged (RFC 9110, 8.8.3)."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response


def conditional(
    request: Request, content: bytes, media_type: str, cache_control: str, status: int = 200
) -> Response:
    """An answer with an entity tag; 304 without content if the client has it already.

    The tag is weak: Envoy may compress the content, and would remove a strong one.
    """
    tag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": cache_control}
    held = request.headers.get("if-none-match", "")
    if status == 200 and (held.strip() == "*" or tag in (each.strip() for each in held.split(","))):
        return Response(status_code=304, headers=headers)
    return Response(content, status, headers, media_type)
