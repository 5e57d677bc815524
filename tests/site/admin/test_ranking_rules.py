"""What boards are made by, changed in the admin: refused if it cannot be, else they follow.

The file of a challenge asks the same of it (tests/site/challenges).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.definition import TIMES
from podium.challenges.models import Challenge, Task, Track
from podium.standings.actions import on_evaluation_stored
from podium.standings.models import Standing
from tests.site.factories import make_evaluation, make_submission, make_task, make_team

Row = Challenge | Track | Task


@pytest.fixture
def client(as_user: Callable[[User | None], Client], sam: User) -> Client:
    return as_user(sam)


@pytest.fixture
def task(challenge: Challenge) -> Task:
    """A task of a challenge that is not open yet."""
    challenge.opens_at = timezone.now() + timedelta(days=1)
    challenge.save()
    return make_task(challenge, "matching")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Track]:
    """The tracks that a message names because their boards are made by something else."""
    found: list[Track] = []
    monkeypatch.setattr("podium.challenges.actions.ranking_changed", [found.append])
    return found


def _send(client: Client, row: Row, **changed: Any) -> str:
    """Send the form of a row as it is except for what is `changed`; return the refusal, if any."""
    url = reverse(f"admin:challenges_{row._meta.model_name}_change", args=[row.pk])
    values = {name: "" if value is None else value for name, value in model_to_dict(row).items()}
    answer = client.post(url, {**values, **changed})
    return "" if answer.status_code == 302 else answer.content.decode()


def _send_inline(client: Client, track: Track, **changed: Any) -> str:
    """Send a track on the page of its challenge."""
    values = {**model_to_dict(track), **changed}
    form: dict[str, Any] = {f"tracks-0-{name}": value for name, value in values.items()}
    for inline, count in (("organizers", 0), ("tracks", 1)):
        form |= {f"{inline}-TOTAL_FORMS": count, f"{inline}-INITIAL_FORMS": count}
    for name in TIMES:
        moment = getattr(track.challenge, name)
        form[f"{name}_0"] = f"{moment:%Y-%m-%d}" if moment else ""
        form[f"{name}_1"] = f"{moment:%H:%M:%S}" if moment else ""
    return _send(client, track.challenge, **form)


@pytest.mark.parametrize("send", [_send, _send_inline])
def test_a_track_takes_no_mean_of_scores_of_which_less_is_better(
    task: Task, client: Client, send: Callable[..., str]
) -> None:
    Task.objects.update(headline="brier")
    told = send(client, task.track, aggregate="mean_score")
    assert "which higher must be better" in told
    assert Track.objects.get().aggregate == "mean_skill"


@pytest.mark.parametrize(
    ("headline", "says"),
    [
        ("brier", "which higher must be better"),
        ("accuracy", "headline `accuracy` is none of"),
        ("log_loss", "Use one of average_precision"),
    ],
)
def test_a_task_takes_no_headline_that_its_track_cannot_rank_by(
    task: Task, client: Client, headline: str, says: str
) -> None:
    Track.objects.update(aggregate="mean_score")
    told = _send(client, task, headline=headline)
    assert says in told.replace("&#x27;", "'")
    assert Task.objects.get().headline == "average_precision"


@pytest.mark.parametrize("send", [_send, _send_inline])
def test_the_board_of_a_track_follows_its_rule(
    task: Task, client: Client, send: Callable[..., str]
) -> None:
    trivial = make_team(task.challenge, "Trivial", baseline="trivial")
    submission = make_submission(trivial, task)
    on_evaluation_stored(make_evaluation(submission, public=0.73, private=0.5))
    rows = Standing.objects.filter(board__track=task.track, valid_until=None)
    assert rows.get().score == 0
    assert send(client, task.track, aggregate="mean_score") == ""
    assert rows.get().score == 0.73


@pytest.mark.parametrize(
    "change", [{"headline": "f1"}, {"feedback": "ladder"}, {"step": "0.05"}, {"step": ""}]
)
def test_boards_are_made_anew_when_what_a_task_ranks_by_changes(
    task: Task, client: Client, told: list[Track], change: dict[str, Any]
) -> None:
    assert _send(client, task, **change) == ""
    assert told == [task.track]


def test_texts_and_limits_leave_boards_alone(task: Task, client: Client, told: list[Track]) -> None:
    assert _send(client, task, title="New", daily_limit=9) == ""
    assert _send(client, task.track, title="New") == ""
    assert _send_inline(client, task.track, title="Newer") == ""
    assert Track.objects.get().title == "Newer"
    assert told == []
