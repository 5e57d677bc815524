"""How pairs were chosen says which match: by how often a record occurs, or by a missing key."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from tabset.checks.evidence import smaller
from tabset.draft import Order, Roles, SplitMethod, SplitRule
from tabset.findings import Finding, Level
from tests.tabset.checks import drafts

THINGS = 120
CODES = {"telling-degree", "telling-candidates"}
GIVEN = {
    "roles": Roles(label="label", split="side"),
    "split": SplitRule(SplitMethod.GIVEN),
    "order": Order.SHUFFLE,
}
Pair = tuple[int, int]
# Of thing n, record 2 n is compared with record 2 n + 1.
MATCHES = [(2 * n, 2 * n + 1) for n in range(THINGS)]


def others(step: int = 1) -> list[Pair]:
    """As many pairs of two things, in which each record is once."""
    return [(2 * n, (2 * (n + step) + 1) % (2 * THINGS)) for n in range(THINGS)]


def of(
    folder: Path,
    matches: Sequence[Pair],
    other: Sequence[Pair],
    columns: Mapping[str, Iterable[str | None]] | None = None,
) -> list[Finding]:
    """The findings about how pairs were chosen, one in two of them in train."""
    random = np.random.default_rng(8)
    names = random.permutation(2 * THINGS)
    rows = random.permutation(np.array([(*m, 1) for m in matches] + [(*o, 0) for o in other]))
    tables: dict[str, drafts.Cells] = {
        "pairs": {
            "left_id": [f"r{names[left]}" for left, _, _ in rows],
            "right_id": [f"r{names[right]}" for _, right, _ in rows],
            "label": [str(label) for _, _, label in rows],
            "side": [("train", "test")[place % 2] for place in range(len(rows))],
        },
        "records": {
            "record_id": [f"r{name}" for name in names],
            **{
                name: list(values)
                for name, values in (columns or {"title": ["thing"] * 2 * THINGS}).items()
            },
        },
    }
    found = drafts.of_pairs(folder, tables, **GIVEN)
    return [each for each in found if each.code in CODES]


def test_pairs_in_which_each_record_is_alike_say_nothing(tmp_path: Path) -> None:
    assert of(tmp_path, MATCHES, [*others(1), *others(5)]) == []


def test_records_that_are_only_in_a_match_are_told(tmp_path: Path) -> None:
    half = others()[: THINGS // 2]
    (found,) = of(tmp_path, MATCHES, [*half, *others(5)[: THINGS // 2]])
    assert (found.level, found.code) == (Level.WARNING, "telling-degree")
    assert "The rarer of the two records is in fewer pairs if they match in 7" in found.message
    assert "choose the pairs so that each record" in found.message


def test_records_that_are_in_more_pairs_where_they_match_are_told_too(tmp_path: Path) -> None:
    few = [(2 * n, 2 * n + 1) for n in range(THINGS // 2)]
    more = [(2 * n, 2 * ((n + 1) % (THINGS // 2)) + 1) for n in range(THINGS // 2)]
    rare = [(2 * n, 2 * n + 3) for n in range(THINGS // 2, THINGS - 1)]
    (found,) = of(tmp_path, [*few], [*more, *rare])
    assert found.code == "telling-degree"
    assert "in fewer pairs if they match in 2" in found.message


def test_records_that_are_as_frequent_as_each_other_only_in_matches_are_told(
    tmp_path: Path,
) -> None:
    """One half of the records is in two matches, the other in one; others are of both halves."""
    half = THINGS // 2
    often = [(n, (n + 1) % half) for n in range(half)]
    rare = [(n, n + 1) for n in range(half, 2 * half, 2)]
    (found,) = of(tmp_path, [*often, *rare], [(n, n + half) for n in range(half)])
    assert found.code == "telling-degree"
    assert "records are in more nearly equal numbers of pairs if they match in" in found.message


def test_matches_without_a_key_that_all_others_have_are_told(tmp_path: Path) -> None:
    """Half of the matches share no key, and of the others each shares one of two."""
    given, family = [f"g{n}" for n in range(2 * THINGS)], [f"f{n}" for n in range(2 * THINGS)]
    for place, (left, right) in enumerate(others()):
        if place % 2:
            given[right] = given[left]
        else:
            family[right] = family[left]
    (found,) = of(tmp_path, MATCHES, others(), {"given": given, "family": family})
    assert (found.level, found.code) == (Level.WARNING, "telling-candidates")
    assert "no word in common in 'given' and 'family' match in 100.0%" in found.message
    assert "the others in 0.0%: add pairs without a common word" in found.message


def test_numbers_are_a_key_if_they_are_equal(tmp_path: Path) -> None:
    prices = [f"1.{n:03d}" for n in range(2 * THINGS)]
    for left, right in others():
        prices[right] = prices[left]
    (found,) = of(tmp_path, MATCHES, others(), {"price": prices})
    assert "no word in common in 'price'" in found.message


@pytest.mark.parametrize("kept", [0, THINGS // 2])
def test_a_key_that_matches_have_more_often_says_nothing_of_the_choice(
    tmp_path: Path, kept: int
) -> None:
    words = [f"word{n}" for n in range(2 * THINGS)]
    for left, right in MATCHES[kept:]:
        words[right] = words[left]
    assert of(tmp_path, MATCHES, others(), {"title": words}) == []


def test_a_handful_of_pairs_says_nothing(tmp_path: Path) -> None:
    prices = [str(n) for n in range(2 * THINGS)]
    for left, right in others():
        prices[right] = prices[left]
    few = [*MATCHES[:20]]
    assert of(tmp_path, few, others()[:20], {"price": prices}) == []


def test_the_probability_of_a_smaller_value_counts_ties_half() -> None:
    positive = np.array([True, False, True, False])
    assert smaller(np.array([1, 2, 2, 3]), positive) == (1 + 1 + 0.5 + 1) / 4
    assert smaller(np.array([1, 1, 1, 1]), positive) == 0.5
