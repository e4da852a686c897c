from decimal import Decimal

import pytest

from telegram_webapp.spreadsheet import csv_response


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("65725.000000000000000000"), "65725"),
        (Decimal("-0.000000010"), "-0.00000001"),
        (Decimal("1E+3"), "1000"),
        (Decimal(100), "100"),
        (Decimal("0.00"), "0"),
        (
            Decimal("9876543210987654321.123456789012345678"),
            "9876543210987654321.123456789012345678",
        ),
        (-2.5, "-2.5"),
        (None, ""),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ('a "quoted", word', '"a ""quoted"", word"'),
    ],
)
def test_a_cell_is_exact_and_no_formula(value: object, cell: str) -> None:
    text = csv_response("x.csv", ["head", "more"], [[value, 1]]).get_data(as_text=True)

    assert text == f"head,more\r\n{cell},1\r\n"
