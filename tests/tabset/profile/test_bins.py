"""Bins hold every value once, on rising edges, whatever the numbers are."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset.profile import bins

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE, min_size=1, max_size=60))
def test_every_number_is_in_one_bin(numbers: list[float]) -> None:
    values = np.array(numbers)
    found = bins.of_numbers(values)
    assert np.all(np.diff(found.edges) > 0)
    assert np.all(np.isfinite(found.edges))
    assert len(found.edges) <= bins.BINS + 2
    assert sum(found.count(values)) == len(numbers)


@given(
    st.lists(
        st.datetimes(min_value=dt.datetime(1, 1, 1), max_value=dt.datetime(9999, 12, 31)),
        min_size=1,
        max_size=40,
    )
)
def test_every_date_is_in_one_bin(dates: list[dt.datetime]) -> None:
    values = np.array(dates, dtype="datetime64[us]").astype(np.int64)
    found, texts = bins.of_dates(values)
    assert len(texts) == len(found.edges) <= bins.BINS + 1
    assert np.all(np.diff(found.edges) > 0)
    assert sum(found.count(values)) == len(dates)


def test_small_whole_numbers_have_a_bin_each() -> None:
    found = bins.of_numbers(np.array([3.0, 1.0, 1.0, 2.0]))
    assert found.edges.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert found.count(np.array([3.0, 1.0, 1.0, 2.0])) == (2, 1, 1)


def test_a_far_outlier_does_not_flatten_the_rest() -> None:
    values = np.append(np.linspace(-1, 1, 999), 1e9)
    found = bins.of_numbers(values)
    assert found.open_high
    assert not found.open_low
    assert found.edges[-1] < 2
    assert sum(found.count(values)) == 1000


def test_skewed_positive_numbers_are_binned_by_factors() -> None:
    values = np.exp(np.linspace(0, 9, 500))
    found = bins.of_numbers(values)
    assert found.log
    assert found.edges[:3].tolist() == [1.0, 1.5, 2.0]
    assert max(found.count(values)) < 100


def test_a_few_numbers_that_are_not_positive_are_in_the_first_bin_by_factors() -> None:
    values = np.append(np.round(np.exp(np.linspace(0, 9, 500))), [-1.0, 0.0])
    found = bins.of_numbers(values)
    assert (found.log, found.open_low) == (True, True)
    assert found.edges[:4].tolist() == [1.0, 2.0, 3.0, 5.0]
    assert sum(found.count(values)) == 502


@pytest.mark.parametrize(
    ("days", "first"),
    [(0, "2026-01-01T00:00"), (3, "2026-01-01T00"), (20, "2026-01-01"), (800, "2026-01")],
)
def test_dates_are_binned_by_the_calendar(days: int, first: str) -> None:
    start = np.datetime64("2026-01-01", "us").astype(np.int64)
    values = start + np.linspace(0, days * 86_400e6 + 7_200e6, 50).astype(np.int64)
    _, texts = bins.of_dates(values)
    assert texts[0] == first
    assert len(texts) <= bins.BINS + 1
