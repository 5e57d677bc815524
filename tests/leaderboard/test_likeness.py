"""Entries with the same mistakes are found; good entries and hard rows are left in peace."""

import numpy as np
import pytest

from leaderboard.likeness import LISTED, NEAR, Codes, pairs, top

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
    (found,) = pairs(entries, truth)
    assert found.entries == (2, 8)
    assert found.equal == 1 - 4 / N
    assert found.shared == len(wrong) - 4
    others = [entry != truth for place, entry in enumerate(entries) if place not in (2, 8)]
    rates = (np.sum(others, axis=0) + 1) / (len(others) + 1)
    by_both = [rates[entries[place] != truth].sum() for place in (2, 8)]
    assert found.expected == pytest.approx(max(by_both))
    assert found.wrong == (len(wrong), len(wrong))
    assert found.p < 1e-9


def test_in_a_crowd_every_two_are_a_pair(truth: Codes, draw: np.random.Generator) -> None:
    entries = honest(truth, draw, 4)
    crowd = [changed(entries[0], slice(100 + 3 * n, 103 + 3 * n)) for n in range(4)]
    found = {pair.entries for pair in pairs([*entries, *crowd], truth)}
    assert found == {(i, j) for i in (0, 4, 5, 6, 7) for j in (4, 5, 6, 7) if i < j}


@pytest.mark.parametrize("copies", [1, 3])
def test_a_copy_with_three_percent_of_its_rows_changed_is_found(
    truth: Codes, draw: np.random.Generator, copies: int
) -> None:
    entries = honest(truth, draw, 8, share=0.15)
    edited = [changed(entries[2], draw.random(N) < 0.03) for _ in range(copies)]
    found = pairs([*entries, *edited], truth)
    assert {pair.entries for pair in found} >= {(2, 8 + n) for n in range(copies)}
    assert {place for pair in found for place in pair.entries} == {2, *range(8, 8 + copies)}
    assert all(LISTED <= pair.equal < NEAR and pair.p < 1e-9 for pair in found if 2 in pair.entries)


def test_strong_models_with_correlated_errors_are_not_alike(
    truth: Codes, draw: np.random.Generator
) -> None:
    """Equal on 96 % of the rows, because what is hard is hard for all."""
    hardness = draw.beta(0.2, 4, N)
    entries = [changed(truth, draw.random(N) < hardness) for _ in range(12)]
    equal = [(one == other).mean() for one in entries for other in entries if one is not other]
    assert np.mean(equal) > 0.9
    assert pairs(entries, truth) == []


def test_good_entries_agree_without_being_alike(truth: Codes, draw: np.random.Generator) -> None:
    strong = honest(truth, draw, 20, share=0.002)
    assert min((one == strong[0]).mean() for one in strong) >= NEAR
    assert pairs([*strong, *honest(truth, draw, 5)], truth) == []


@pytest.mark.parametrize("weak", [0, 5])
def test_labels_that_are_wrong_make_nobody_alike(
    truth: Codes, draw: np.random.Generator, weak: int
) -> None:
    """All good entries are wrong in the same rows, with or without others to compare with."""
    believed = changed(truth, slice(60))
    entries = [*honest(believed, draw, 10, share=0.002), *honest(believed, draw, weak)]
    assert pairs(entries, truth) == []


def test_the_same_wrong_rows_with_other_answers_are_not_shared(
    truth: Codes, draw: np.random.Generator
) -> None:
    rest = honest(truth, draw, 6)
    one = changed(truth, slice(500, 510))
    assert pairs([*rest, one, one], truth) != []
    assert pairs([*rest, one, changed(one, slice(500, 510))], truth) == []


def test_right_answers_alone_are_no_sign(truth: Codes, draw: np.random.Generator) -> None:
    assert pairs([truth, truth, *honest(truth, draw, 5)], truth) == []


def test_few_entries_or_rows_are_no_group(truth: Codes) -> None:
    nothing = np.zeros(0, dtype=np.int32)
    assert pairs([], truth) == pairs([truth], truth) == pairs([nothing] * 3, nothing) == []


def test_scores_without_a_decision_match_as_many_rows_as_there_are() -> None:
    truth = np.array([0, 1, 0, 1, 0], dtype=np.int32)
    scores = np.array([4, 3, 0, 1, 2], dtype=np.int32)
    assert top(scores, truth).tolist() == [1, 1, 0, 0, 0]
    tied = np.array([4, 3, 0, 3, 3], dtype=np.int32)
    assert top(tied, truth).tolist() == [1, 1, 0, 1, 1]
    assert top(scores, np.zeros(5, dtype=np.int32)).tolist() == [0] * 5
