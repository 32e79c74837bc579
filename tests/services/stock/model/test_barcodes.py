"""Check digits of barcodes from real products, against the law of GS1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stock.model.barcodes import check_digit, has_right_check_digit


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
