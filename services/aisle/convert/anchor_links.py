"""Makes and reads the link in the QR code of an anchor, which carries a signed token."""

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import orjson

from geodata.barcodes import is_gln
from services.chassis.keyring import Keyring
from services.chassis.messages.sealed import seal, unseal

PURPOSE = "anchor"
"""The purpose under which the keyring signs tokens."""
PARAMETER = "a"
"""The query parameter of a link that holds the token."""
GLN, EXTENSION = "414", "254"
"""GS1 application identifiers: the number of a location, and of a place within it."""


class Signed(NamedTuple):
    """The content of a token: where an anchor is put up."""

    store: str
    """The store's id."""
    anchor: str
    """The anchor's id."""
    level: str
    x_m: float
    y_m: float
    heading_deg: float | None


class Scanned(NamedTuple):
    """The content of the token in a code, and the GLN of the store if the link has one."""

    signed: Signed
    gln: str = ""


class Tokens:
    """Makes and reads the tokens and links of anchors."""

    def __init__(self, keyring: Keyring, base_url: str) -> None:
        self._keyring = keyring
        self._base_url = base_url

    def token(self, signed: Signed) -> str:
        """The signed token of this content."""
        return seal(self._keyring, PURPOSE, orjson.dumps(list(signed)))

    def url(self, signed: Signed, gln: str) -> str:
        """The link with the token: a GS1 Digital Link if there is a GLN (GS1 DL URI 1.4)."""
        path = f"/{GLN}/{gln}/{EXTENSION}/{signed.anchor}" if is_gln(gln) else "/"
        return f"{self._base_url}{path}?{PARAMETER}={self.token(signed)}"

    def read(self, text: str) -> Scanned | None:
        """The content of a token or of a link; None if it was not signed, or was altered."""
        if "/" not in text:
            signed = self._verified(text)
            return Scanned(signed) if signed else None
        try:
            link = urlsplit(text)
        except ValueError:
            return None
        tokens = parse_qs(link.query).get(PARAMETER, [])
        signed = self._verified(tokens[0]) if len(tokens) == 1 else None
        if signed is None:
            return None
        keys = link.path.split("/")
        if GLN not in keys:
            return Scanned(signed)
        values = keys[keys.index(GLN) + 1 :]
        if len(values) != 3 or values[1:] != [EXTENSION, signed.anchor]:
            return None
        return Scanned(signed, values[0])

    def _verified(self, token: str) -> Signed | None:
        data = unseal(self._keyring, PURPOSE, token)
        return Signed(*orjson.loads(data)) if data is not None else None
