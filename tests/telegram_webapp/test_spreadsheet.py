from decimal import Decimal

import msgspec
import pytest

from telegram_webapp.spreadsheet import ROWS_AT_ONCE, csv_response, json_response


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


def test_a_list_or_table_in_a_cell_is_json() -> None:
    text = csv_response("x.csv", ["head"], [[{"reasons": ["=1+1"]}]]).get_data(as_text=True)

    assert text == 'head\r\n"{""reasons"":[""=1+1""]}"\r\n'


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1])
def test_a_json_file_is_one_array_with_exact_amounts(count: int) -> None:
    row = [Decimal("9876543210987654321.123456780"), "=text", None, -2.5, {"a": [1]}]
    response = json_response("x.json", ["amount", "word", "none", "share", "more"], [row] * count)

    assert response.headers["Content-Disposition"] == 'attachment; filename="x.json"'
    found = msgspec.json.decode(response.get_data())
    assert len(found) == count
    for item in found:
        assert item == {
            "amount": "9876543210987654321.12345678", "word": "=text", "none": None,
            "share": -2.5, "more": {"a": [1]},
        }  # fmt: skip
