"""Signed text is read in the one spelling it was given in, and what was given stays readable."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrayon.stores.v1.stores_pb2 import ListStoresRequest
from services.aisle.convert.anchor_links import Signed, Tokens
from services.chassis.keyring import Key, Keyring
from services.chassis.messages.paging import PageTokens
from services.chassis.messages.sealed import seal, unseal
from services.stock.model.holds import HeldItem, Hold
from services.stock.resources.receipts import Receipts

RING = Keyring([Key(1, bytes(32))])
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HOLD = Hold(
    *("h1", "kamppi", "CONFIRMED", "anonymous", "", 1, 1, 2, 1, 1),
    (HeldItem("milk", 2, 2, 0, 0, 1),),
)


@given(data=st.binary(max_size=200))
def test_a_sealed_text_brings_back_its_data_and_needs_no_escape_in_a_url(data: bytes) -> None:
    text = seal(RING, "receipt", data)
    assert data == unseal(RING, "receipt", text)
    assert set(text) <= set(ALPHABET)


@given(data=st.binary(max_size=40))
def test_no_other_spelling_of_the_same_bytes_is_read(data: bytes) -> None:
    text = seal(RING, "receipt", data)
    signed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    others = {text + "=", text + "=" * (-len(text) % 4), f"{text[:4]}\n{text[4:]}", f" {text}"}
    others.add(text.replace("-", "+").replace("_", "/"))
    # The last letter of two and of three has bits that no byte has.
    others |= {
        text[:-1] + letter
        for letter in ALPHABET
        if base64.urlsafe_b64decode(f"{text[:-1]}{letter}" + "=" * (-len(text) % 4)) == signed
    }
    assert {None} >= {unseal(RING, "receipt", other) for other in others - {text}}


@given(text=st.text(max_size=200))
def test_what_was_not_sealed_is_not_read(text: str) -> None:
    assert unseal(RING, "receipt", text) is None


@pytest.mark.parametrize(("ring", "purpose"), [(Keyring([Key(1, b"x" * 32)]), "a"), (RING, "b")])
def test_another_key_or_purpose_does_not_read_it(ring: Keyring, purpose: str) -> None:
    assert unseal(ring, purpose, seal(RING, "a", b"milk")) is None


def test_an_anchor_that_was_printed_stays_the_same() -> None:
    printed = "ATbKH9ShyKXCJ3pmfFOWsh1bImthbXBwaSIsImRvb3IiLCIwIiwxLjI1LDMuNSw5MF0"
    tokens, signed = Tokens(RING, ""), Signed("kamppi", "door", "0", 1.25, 3.5, 90)
    found = tokens.read(printed)
    assert found is not None
    assert (signed, printed) == (found.signed, tokens.token(signed))


def test_a_receipt_that_was_given_stays_the_same() -> None:
    given = "ENR1.AZAZ_cX_gX0ftQSrPaaqhvdbImthbXBwaSIsImgxIiwxLCIwMjkyOTNhOWMyODZmNWRlIl0"
    receipts = Receipts(RING)
    assert "stores/kamppi/reservations/h1" == receipts.read(given)
    assert given == receipts.of(HOLD)


def test_a_page_token_that_was_given_stays_the_same() -> None:
    given = "Aflm8lxRoyOoJcxDM-l8EC31EhA7jnKGMg-cSNk0NVbIWzAuMCwib3NtLTEiXQ"
    tokens = PageTokens(RING)
    asked = ListStoresRequest(page_size=10)
    assert given == tokens.encode(asked, [0.0, "osm-1"])
    asked.page_token = given
    assert [0.0, "osm-1"] == tokens.decode(asked)
