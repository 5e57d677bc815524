"""Sweeps come every few seconds, whatever the clock does."""

from datetime import timedelta

import pytest

from podium.celery import app
from podium.schedules import Every


@pytest.mark.parametrize(
    ("ago", "is_due"),
    [(4, False), (11, True), (3600, True), (-3600, True)],
    ids=["just now", "a while ago", "the clock was put forward", "the clock was put back"],
)
def test_a_sweep_is_due_after_its_seconds_and_after_any_jump_of_the_clock(
    ago: int, is_due: bool
) -> None:
    every = Every(10, app=app)
    due, ask_again = every.is_due(every.now() - timedelta(seconds=ago))
    assert due == is_due
    assert ask_again <= 10


def test_all_that_beat_starts_is_so_scheduled() -> None:
    assert {type(entry["schedule"]) for entry in app.conf.beat_schedule.values()} == {Every}
