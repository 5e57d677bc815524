"""Flips and McNemar's test beyond their vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from scoring.comparison import flips, mcnemar

HITS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(HITS)
def test_flips_explain_the_change_of_the_error_rate(rows: list[tuple[bool, bool]]) -> None:
    found = flips(*np.array(rows).T)
    assert found.er_new == pytest.approx(found.er_old - found.pfr + found.nfr)


@given(HITS)
def test_mcnemar_is_exact_and_symmetric(rows: list[tuple[bool, bool]]) -> None:
    a, b = np.array(rows).T
    found = mcnemar(a, b)
    if found.b + found.c:
        assert found.p_exact == pytest.approx(binomtest(found.b, found.b + found.c).pvalue)
    assert mcnemar(b, a).p_exact == pytest.approx(found.p_exact)
