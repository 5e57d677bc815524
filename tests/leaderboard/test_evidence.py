import numpy as np
import pytest

from leaderboard.evidence import Evidence
from tests.leaderboard.evidences import evidence


def test_a_part_is_taken_from_the_rows_of_whole_artefacts() -> None:
    arrays = {"hit": np.array([1, 0, -1, 1]), "influence": np.array([0.5, -0.5, np.nan, 0.25])}
    groups, rows = np.array([7, 7, 8, 9]), np.array([0, 1, 3])
    found = Evidence.of("accuracy", groups, rows, [(0.5, arrays), (0.4, arrays)])
    assert found.groups.tolist() == [7, 7, 9]
    assert found.scores.tolist() == [0.5, 0.4]
    assert found.hit.tolist() == [[1, 0, 1]] * 2
    assert found.sums.tolist() == [[0.0, 0.25]] * 2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"scores": [0.5]}, "1 × 2 rows"),
        ({"scores": [0.5, np.nan]}, "without a score"),
        ({"groups": [0, 1, 2]}, "2 × 3 rows"),
        ({"influence": np.zeros((2, 3))}, "2 × 2 rows"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(changes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        evidence([[1, 0], [0, 1]], **changes)


def test_a_part_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        Evidence("accuracy", np.zeros(0, int), np.zeros(2), np.zeros((2, 0)), np.zeros((2, 0)))


def test_a_board_without_entries_is_evidence_of_nothing() -> None:
    assert evidence(np.zeros((0, 3)), [0, 0, 1], scores=[]).sums.shape == (0, 2)
