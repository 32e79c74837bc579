"""The file of a road network: columns behind a checksum.

A file is a line with the format's name and number, a line with the SHA-256 of the rest in
hexadecimal, and the rest: columns in numpy's `.npz`. Nothing of the rest is read before its
checksum is verified. The same columns give the same bytes.
"""

import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geodata.roads.errors import BadNetwork

Columns = Mapping[str, NDArray[Any]]

_FORMAT = b"enrayon roads 1\n"
_DIGEST_SIZE = 64
_ABOUT = "about"
_REBUILD = "write it anew with `enrayon roads build`"


def write(path: Path, about: Mapping[str, Any], columns: Columns) -> str:
    """Write a network, whole or not at all; returns its version."""
    buffer = io.BytesIO()
    text = np.frombuffer(orjson.dumps(about, option=orjson.OPT_SORT_KEYS), np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, **{_ABOUT: text}, **columns)
    body = buffer.getvalue()
    digest = hashlib.sha256(body).hexdigest()
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(_FORMAT + digest.encode() + b"\n" + body)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return digest


def read(path: Path) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    """The version, what the network says about itself, and its columns.

    Raises:
        BadNetwork: the file cannot be read, is no network, is damaged, or of another format.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadNetwork(f"{path}: {error.strerror}") from None
    return parse(data, path.name)


def parse(data: bytes, name: str) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    """`read`, of the bytes of a file."""
    start = len(_FORMAT) + _DIGEST_SIZE + 1
    if not data.startswith(_FORMAT):
        if data.startswith(b"enrayon roads "):
            raise BadNetwork(f"{name}: a network of another version of enrayon; {_REBUILD}")
        raise BadNetwork(
            f"{name}: not a road network; `enrayon roads build` makes one of an extract"
        )
    digest = data[len(_FORMAT) : start - 1]
    body = memoryview(data)[start:]
    if digest != hashlib.sha256(body).hexdigest().encode() or data[start - 1 : start] != b"\n":
        raise BadNetwork(f"{name}: damaged (its checksum is wrong); copy it again, or {_REBUILD}")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as columns:
            found = {key: columns[key] for key in columns.files}
        about = orjson.loads(found.pop(_ABOUT).tobytes())
    except Exception as error:
        # With a right checksum: written by something else than `write`.
        raise BadNetwork(f"{name}: not readable ({type(error).__name__}); {_REBUILD}") from error
    return digest.decode(), about, found
