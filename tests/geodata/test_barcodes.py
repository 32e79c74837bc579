"""Check digits of barcodes from real products, against the law of GS1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.barcodes import (
    GTIN_LENGTHS,
    check_digit,
    gtin_14,
    has_right_check_digit,
    is_gln,
    is_gtin,
)


@pytest.mark.parametrize(
    "gtin",
    [
        "4006381333931",  # a Stabilo pen, EAN-13
        "036000291452",  # Kleenex, UPC-A
        "73513537",  # the example of EAN-8
        "9783161484100",  # the example of ISBN-13
    ],
)
def test_a_real_barcode_is_right_and_with_another_last_digit_it_is_wrong(gtin):
    assert has_right_check_digit(gtin)
    assert not has_right_check_digit(gtin[:-1] + str((int(gtin[-1]) + 1) % 10))


@given(st.text("0123456789", min_size=7, max_size=13))
def test_with_its_check_digit_the_weighted_sum_is_a_multiple_of_ten(digits):
    whole = digits + check_digit(digits)

    assert 0 == (sum(map(int, whole[-1::-2])) + 3 * sum(map(int, whole[-2::-2]))) % 10


@given(st.text("0123456789", max_size=16))
def test_a_gtin_has_one_of_four_lengths_and_keeps_its_check_digit_as_a_gtin_14(digits):
    assert (len(digits) in GTIN_LENGTHS) == is_gtin(digits)
    if is_gtin(digits):
        assert 14 == len(gtin_14(digits))
        assert int(digits) == int(gtin_14(digits))
        assert has_right_check_digit(digits) == has_right_check_digit(gtin_14(digits))


@pytest.mark.parametrize("text", ["", "milk", "4006381 33931", "4006381٣٣٣٩٣١"])
def test_words_and_other_digits_have_not_the_form_of_a_gtin(text):
    assert not is_gtin(text)


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("9521321000018", True),
        ("9521321000010", False),
        ("952132100001", False),
        ("95213210000١١", False),
        ("", False),
    ],
)
def test_a_gln_has_13_digits_and_a_right_check_digit(text: str, is_valid: bool) -> None:
    assert is_valid == is_gln(text)
