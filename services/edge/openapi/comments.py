"""The comments of the contracts, which `protos/generate.py` writes beside the stubs."""

import json
from functools import cache
from pathlib import Path

from enrayon.type.v1 import geometry_pb2


def comment(full_name: str) -> str:
    """The comment on a service, method, message, field or value; empty when there is none."""
    return _comments().get(full_name, "")


@cache
def _comments() -> dict[str, str]:
    folder = Path(geometry_pb2.__file__).parents[2]
    comments: dict[str, str] = json.loads((folder / "comments.json").read_text(encoding="utf-8"))
    return comments
