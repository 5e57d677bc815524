"""Entries with the same mistakes are found; good entries and hard rows are left in peace."""

import numpy as np
import pytest

from leaderboard.likeness import NEAR, Codes, Group, groups, top

N = 1000


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def truth(draw: np.random.Generator) -> Codes:
    return draw.integers(0, 5, N).astype(np.int32)


def changed(answers: Codes, rows: object) -> Codes:
    """The answers with the next class in these rows."""
    other = answers.copy()
    other[rows] = (other[rows] + 1) % 5
    return other


def honest(truth: Codes, draw: np.random.Generator, count: int, share: float = 0.1) -> list[Codes]:
    """Entries that are wrong in rows of their own, and all in the first five."""
    return [changed(changed(truth, draw.random(N) < share), slice(5)) for _ in range(count)]


def test_an_edited_copy_is_found_with_what_is_shared_and_expected(
    truth: Codes, draw: np.random.Generator
) -> None:
    entries = honest(truth, draw, 8)
    wrong = np.flatnonzero(entries[2] != truth)
    entries.append(changed(entries[2], wrong[:4]))
    (found,) = groups(entries, truth)
    assert found.entries == (2, 8)
    assert found.equal == 1 - 4 / N
    assert found.shared == len(wrong) - 4
    others = [entry != truth for place, entry in enumerate(entries) if place not in (2, 8)]
    rates = (np.sum(others, axis=0) + 1) / (len(others) + 1)
    by_both = [rates[entries[place] != truth].sum() for place in (2, 8)]
    assert found.expected == pytest.approx(max(by_both))


def test_a_crowd_is_one_group_with_the_numbers_of_its_weakest_pair(
    truth: Codes, draw: np.random.Generator
) -> None:
    entries = honest(truth, draw, 4)
    base = entries[0]
    crowd = [changed(base, slice(100 + 3 * n, 103 + 3 * n)) for n in range(10)]
    (found,) = groups([*entries, *crowd], truth)
    assert found.entries == (0, *range(4, 14))
    assert found.equal == 1 - 6 / N


def test_good_entries_agree_without_being_alike(truth: Codes, draw: np.random.Generator) -> None:
    strong = honest(truth, draw, 20, share=0.002)
    assert min((one == strong[0]).mean() for one in strong) >= NEAR
    assert groups([*strong, *honest(truth, draw, 5)], truth) == []


@pytest.mark.parametrize("weak", [0, 5])
def test_labels_that_are_wrong_make_nobody_alike(
    truth: Codes, draw: np.random.Generator, weak: int
) -> None:
    """All good entries are wrong in the same rows, with or without others to compare with."""
    believed = changed(truth, slice(60))
    entries = [*honest(believed, draw, 10, share=0.002), *honest(believed, draw, weak)]
    assert groups(entries, truth) == []


def test_the_same_wrong_rows_with_other_answers_are_not_shared(
    truth: Codes, draw: np.random.Generator
) -> None:
    rest = honest(truth, draw, 6)
    one = changed(truth, slice(500, 510))
    assert groups([*rest, one, one], truth) != []
    assert groups([*rest, one, changed(one, slice(500, 510))], truth) == []


def test_right_answers_alone_are_no_sign(truth: Codes, draw: np.random.Generator) -> None:
    assert groups([truth, truth, *honest(truth, draw, 5)], truth) == []


def test_what_is_not_listed_is_in_no_group_but_compared_with(
    truth: Codes, draw: np.random.Generator
) -> None:
    entries = honest(truth, draw, 4)
    both = [*entries, entries[0], entries[0]]
    listed = [False, True, True, True, True, True]
    assert [each.entries for each in groups(both, truth, listed)] == [(4, 5)]
    listed[4] = False
    assert groups(both, truth, listed) == []


def test_two_groups_come_with_the_larger_first(truth: Codes, draw: np.random.Generator) -> None:
    entries = honest(truth, draw, 6)
    entries += [entries[1], entries[0], entries[1]]
    assert [each.entries for each in groups(entries, truth)] == [(1, 6, 8), (0, 7)]


def test_few_entries_or_rows_are_no_group(truth: Codes) -> None:
    nothing = np.zeros(0, dtype=np.int32)
    assert groups([], truth) == groups([truth], truth) == groups([nothing] * 3, nothing) == []


def test_scores_without_a_decision_match_as_many_rows_as_there_are() -> None:
    truth = np.array([0, 1, 0, 1, 0], dtype=np.int32)
    scores = np.array([4, 3, 0, 1, 2], dtype=np.int32)
    assert top(scores, truth).tolist() == [1, 1, 0, 0, 0]
    tied = np.array([4, 3, 0, 3, 3], dtype=np.int32)
    assert top(tied, truth).tolist() == [1, 1, 0, 1, 1]
    assert top(scores, np.zeros(5, dtype=np.int32)).tolist() == [0] * 5


def test_a_group_says_what_it_is() -> None:
    assert Group((1, 2), 1.0, 3, 0.5) == Group((1, 2), 1.0, 3, 0.5)
