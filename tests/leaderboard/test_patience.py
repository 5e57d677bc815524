"""What a patient team lifts beyond its private score, by simulation."""

import pytest

from benchmarks.event_attacks import measured
from leaderboard.patience import EDGE, Gain, Rows, honest, patient

ROWS = Rows(1000, 2000)


def test_a_patient_team_gains_public_points_that_the_private_score_does_not_share() -> None:
    found = patient(ROWS, 490, 0.0)
    assert 0.02 < found.beyond < 0.08
    assert found.private <= 0


def test_more_files_give_more_until_every_wrong_row_is_found() -> None:
    few, many, all_rows = (patient(ROWS, files, 0.0).public for files in (100, 490, 14_000))
    assert few < many < all_rows
    # A file is wrong in 15 % of the rows, and the second guess is right in half of these.
    assert all_rows == pytest.approx(0.075, abs=0.005)
    assert patient(ROWS, 10**6, 0.0).public == pytest.approx(all_rows)


def test_fewer_public_rows_give_more() -> None:
    gains = [patient(Rows(n, 2 * n), 490, 0.0).beyond for n in (200, 1000, 5000)]
    assert gains == sorted(gains, reverse=True)


def test_a_ladder_of_several_steps_gives_almost_nothing() -> None:
    for files in (490, 14_000):
        assert patient(ROWS, files, 0.05).beyond < 0.005


def test_an_honest_team_gains_less_than_a_patient_one() -> None:
    assert 0 < honest(ROWS, 490).beyond < patient(ROWS, 490, 0.0).beyond / 2


@pytest.mark.parametrize("files", [0, 1, EDGE])
def test_whoever_has_not_found_the_edge_gains_nothing(files: int) -> None:
    assert patient(ROWS, files, 0.0) == Gain(0.0, 0.0)


def test_equal_questions_have_equal_answers() -> None:
    assert patient(ROWS, 490, 0.0) == patient(Rows(1000, 2000), 490, 0.0)
    assert honest(ROWS, 490) == honest(Rows(1000, 2000), 490)


@pytest.mark.parametrize("rows", [Rows(1, 0), Rows(1, 1), Rows(3, 0)])
def test_the_smallest_tasks_have_an_answer(rows: Rows) -> None:
    assert -1 <= patient(rows, 100, 0.0).beyond <= 1
    assert -1 <= honest(rows, 100).beyond <= 1


def test_the_table_of_an_event_has_the_modes_in_order_of_what_they_give_away() -> None:
    found = measured(Rows(500, 1500), 0.01)
    assert 0 < found["honest"] < found["one team, rounded"] < found["thirty accounts, rounded"]
    assert found["one team, ladder"] == found["thirty accounts, ladder"] == 0
