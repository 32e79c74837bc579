"""Limits of what one client address has open at once: connections, and requests in progress.

Envoy itself has neither (decision 17). `counter.wasm` is compiled from `counter.c`, by the C
compiler of `ziglang` 0.17.1:

    python -m ziglang cc --target=wasm32-freestanding -mcpu=mvp -mbulk-memory -Os -nostdlib
        -Wl,--no-entry -Wl,--strip-all -o counter.wasm counter.c
"""

import base64
import ipaddress
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

EXTENSIONS = "type.googleapis.com/envoy.extensions"
CODE = Path(__file__).with_name("counter.wasm")
SOURCE_SHA256 = "19ef883e756cdd3b161de707e763f9da21572dde0cc6399b398bed6453b69715"
"""The digest of the `counter.c` from which `counter.wasm` is compiled."""
MOST_NETWORKS = 256

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def connection_counter(most: int, times: Mapping[Network, int]) -> dict[str, Any]:
    """The network filter that closes the connections of an address beyond `most`.

    Args:
        most: the limit of an address, in each worker thread.
        times: networks whose addresses may have so many times more.
    """
    return _wasm("network", "connections", most, times)


def request_counter(most: int, times: Mapping[Network, int]) -> dict[str, Any]:
    """The HTTP filter that refuses requests of an address while `most` of its own are in progress.

    Args:
        most: the limit of an address, in each worker thread.
        times: networks whose addresses may have so many times more.
    """
    return _wasm("http", "requests", most, times)


def configuration(most: int, times: Mapping[Network, int]) -> str:
    """The configuration of `counter.c`: numbers in hexadecimal, the most specific network first."""
    numbers = [most]
    for network in sorted(times, key=lambda each: -_mask(each)):
        numbers += [_first(network), _mask(network), most * times[network]]
    return " ".join(f"{number:x}" for number in numbers)


def _first(network: Network) -> int:
    """The first client of a network: the upper 64 bits, or those of a mapped IPv4 address."""
    if network.version == 4:
        return 0xFFFF << 32 | int(network.network_address)
    return int(network.network_address) >> 64


def _mask(network: Network) -> int:
    if network.version == 4:
        return (1 << 64) - (1 << (32 - network.prefixlen))
    return (1 << 64) - (1 << (64 - min(network.prefixlen, 64)))


def _wasm(kind: str, counted: str, most: int, times: Mapping[Network, int]) -> dict[str, Any]:
    return {
        "name": f"envoy.filters.{kind}.wasm",
        "typed_config": {
            "@type": f"{EXTENSIONS}.filters.{kind}.wasm.v3.Wasm",
            "config": {
                "name": counted,
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": configuration(most, times),
                },
                "vm_config": {
                    "vm_id": counted,  # its own counters
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"inline_bytes": _code()}},
                },
            },
        },
    }


@cache
def _code() -> str:
    return base64.b64encode(CODE.read_bytes()).decode()
