"""The token of an anchor reads back as it was signed, and any altered one is refused."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from services.aisle.convert.anchor_links import Signed, Tokens
from services.chassis.keyring import Key, Keyring
from tests.support.aisle import GLN

SIGNED = Signed("osm-node~299983963", "a1", "0", -7.75, 31.93, 90.0)
TOKENS = Tokens(Keyring([Key(1, bytes(32))]), "https://shop.example")
TOKEN = TOKENS.token(SIGNED)
LINK = TOKENS.url(SIGNED, GLN)


def test_a_token_and_its_links_read_back_as_they_were_signed() -> None:
    for scanned in (TOKEN, LINK, TOKENS.url(SIGNED, "")):
        read = TOKENS.read(scanned)
        assert read is not None
        assert SIGNED == read.signed
    assert "https://shop.example/414/9521321000018/254/a1?a=" + TOKEN == LINK


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="utf-8"))
def test_a_token_with_another_letter_is_refused(place: int, letter: str) -> None:
    altered = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert (TOKENS.read(altered) is None) == (altered != TOKEN)


@given(st.integers(0, len(TOKEN)), st.characters(codec="utf-8"))
def test_a_token_with_an_extra_letter_is_refused(place: int, letter: str) -> None:
    assert TOKENS.read(TOKEN[:place] + letter + TOKEN[place:]) is None


@given(st.integers(0, len(TOKEN) - 1), st.integers(1, len(TOKEN)))
def test_a_token_with_missing_letters_is_refused(place: int, count: int) -> None:
    assert TOKENS.read(TOKEN[:place] + TOKEN[place + count :]) is None


BYTES = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))


@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
def test_a_token_with_an_altered_byte_is_refused(place: int, flipped: int) -> None:
    altered = bytearray(BYTES)
    altered[place] ^= flipped
    text = base64.urlsafe_b64encode(bytes(altered)).decode().rstrip("=")
    assert TOKENS.read(text) is None


PATH = len("https://shop.example")


@given(st.integers(PATH, len(LINK) - 1), st.characters(codec="utf-8"))
def test_an_altered_link_is_refused_or_names_its_own_gln(place: int, letter: str) -> None:
    altered = LINK[:place] + letter + LINK[place + 1 :]
    read = TOKENS.read(altered)
    # A link that reads has a valid token. Resolving compares another GLN with the store's own.
    if altered != LINK and read is not None:
        assert SIGNED == read.signed
        assert read.gln != GLN
        assert TOKEN in altered


@given(st.binary(min_size=1, max_size=400))
def test_a_token_of_another_key_is_refused(data: bytes) -> None:
    others = Tokens(Keyring([Key(1, b"\x01" * 32)]), "https://shop.example")
    assert TOKENS.read(others.token(SIGNED)) is None
    assert TOKENS.read(base64.urlsafe_b64encode(data).decode().rstrip("=")) is None


def test_a_text_signed_for_another_purpose_is_refused() -> None:
    keyring = Keyring([Key(1, bytes(32))])
    receipt = keyring.sign("receipt", b'["a","b","0",0,0,null]')
    assert TOKENS.read(base64.urlsafe_b64encode(receipt).decode().rstrip("=")) is None
