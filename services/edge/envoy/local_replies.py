"""Errors that Envoy itself answers, in the shape of those of the services: google.rpc.Status.

gRPC and gRPC-Web requests are left out: for them Envoy makes a gRPC status of its plain text.
"""

from typing import Any, NamedTuple

from google.rpc import code_pb2


class Reply(NamedTuple):
    """How an HTTP status of Envoy's is told. `{}` in the message stands for Envoy's own text."""

    code: "code_pb2.Code.ValueType"
    reason: str
    message: str


DOMAIN = "edge.enrayon"

ORIGINAL_CONTENT_TYPE = "x-original-content-type"
"""Request header that keeps the content type as it came: the transcoder overwrites it with gRPC's.
"""

REPLIES = {
    400: Reply(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", "bad request: {}"),
    401: Reply(code_pb2.UNAUTHENTICATED, "UNAUTHENTICATED", "the token does not hold: {}"),
    403: Reply(code_pb2.PERMISSION_DENIED, "FORBIDDEN", "forbidden: {}"),
    404: Reply(code_pb2.NOT_FOUND, "NO_SUCH_METHOD", "no method has this path"),
    405: Reply(code_pb2.UNIMPLEMENTED, "NO_SUCH_METHOD", "this path does not take this method"),
    408: Reply(code_pb2.DEADLINE_EXCEEDED, "REQUEST_TIMEOUT", "the request did not come in time"),
    413: Reply(code_pb2.INVALID_ARGUMENT, "REQUEST_TOO_LARGE", "the request is too large"),
    415: Reply(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", "bad request: {}"),
    426: Reply(code_pb2.INVALID_ARGUMENT, "BAD_REQUEST", "bad request: {}"),
    429: Reply(code_pb2.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "too many requests"),
    431: Reply(code_pb2.INVALID_ARGUMENT, "REQUEST_TOO_LARGE", "path or headers are too large"),
    500: Reply(code_pb2.INTERNAL, "INTERNAL", "the answer could not be delivered"),
    502: Reply(code_pb2.UNAVAILABLE, "UNAVAILABLE", "the service broke off; try again"),
    503: Reply(code_pb2.UNAVAILABLE, "UNAVAILABLE", "the service cannot be reached; try again"),
    504: Reply(code_pb2.DEADLINE_EXCEEDED, "TIMEOUT", "the service did not answer in time"),
}


def local_reply_config() -> dict[str, Any]:
    """The `LocalReplyConfig` of the HTTP connection manager."""
    return {"mappers": [_mapper(status, reply) for status, reply in REPLIES.items()]}


def _mapper(status: int, reply: Reply) -> dict[str, Any]:
    mapper: dict[str, Any] = {
        "filter": {"and_filter": {"filters": [_status_is(status), _IS_JSON]}},
        "body_format_override": {
            "json_format": {
                "code": reply.code,
                "message": reply.message.format("%LOCAL_REPLY_BODY%"),
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": reply.reason,
                        "domain": DOMAIN,
                    },
                    {
                        "@type": "type.googleapis.com/google.rpc.RequestInfo",
                        "requestId": "%REQ(x-request-id)%",
                    },
                ],
            }
        },
    }
    if reply.code in {code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED}:
        mapper["headers_to_add"] = [{"header": {"key": "retry-after", "value": "1"}}]
    return mapper


def _status_is(status: int) -> dict[str, Any]:
    value = {"default_value": status, "runtime_key": "none"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


_IS_JSON = {
    "header_filter": {
        "header": {
            "name": ORIGINAL_CONTENT_TYPE,
            "string_match": {"prefix": "application/grpc"},
            "treat_missing_header_as_empty": True,
            "invert_match": True,
        }
    }
}
