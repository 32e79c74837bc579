"""Bytes have one text in base64url, and only that text is read."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.messages.base64url import base64url, from_base64url


@given(st.binary(max_size=80))
def test_the_text_is_that_of_the_standard_library_without_padding(data: bytes) -> None:
    assert base64.urlsafe_b64encode(data).rstrip(b"=").decode() == base64url(data)
    assert data == from_base64url(base64url(data))


@given(st.text(max_size=20))
def test_a_text_is_read_only_if_it_is_written_so(text: str) -> None:
    data = from_base64url(text)
    assert data is None or text == base64url(data)


@pytest.mark.parametrize("text", ["AA==", "AB", "A", "A A", "A+/A", "ä", "AAA\n"])
def test_padding_other_spellings_and_other_characters_are_refused(text: str) -> None:
    assert from_base64url(text) is None
