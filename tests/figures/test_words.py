"""Foreign texts cannot leave their place; numbers and shares read well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figures import words


@given(st.text(), st.integers(2, 50))
def test_a_shortened_text_is_one_harmless_line(text: str, limit: int) -> None:
    found = words.short(text, limit)
    assert len(found) <= limit
    assert not set(found) & (words.TURNING | set("\n\r\t\x00"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\n lines", "two lines"),
        ("left\u202eright", "left�right"),
        ("zero\x00byte", "zero�byte"),
        ("x" * 11, "xxxxxxxxx…"),
        ("x" * 10, "x" * 10),
        ("x" + " " * 100, "x…"),
    ],
)
def test_texts_are_folded_cleaned_and_cut(text: str, expected: str) -> None:
    assert words.short(text, 10) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (1990, "1990"), (-3.0, "-3"), (12345, "12,345"), (12345.6, "12,346"),
     (1e20, "1e+20"), (0.12345, "0.1235"), (1234.56, "1234.6"), (123456789.0, "123,456,789")],
)  # fmt: skip
def test_numbers_have_about_four_digits(value: float, expected: str) -> None:
    assert words.significant(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0 %"), (1, "100 %"), (0.0001, "under 0.1 %"), (0.9999, "over 99.9 %"), (0.054, "5.4 %"),
     (0.25, "25 %"), (0.995, "99.5 %"), (0.05, "5 %")],
)  # fmt: skip
def test_shares_never_read_as_nothing_or_all_unless_they_are(value: float, expected: str) -> None:
    assert words.share(value) == expected
