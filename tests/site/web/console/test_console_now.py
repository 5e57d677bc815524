"""What the console says of workers and teams at the moment."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from podium import celery, workers
from podium.accounts.models import User
from podium.challenges.models import Task
from podium.submissions.models import Quota, State
from podium.teams.models import Team
from podium.web.console import busy
from tests.site.factories import (
    make_challenge,
    make_submission,
    make_task,
    make_team,
    make_user,
)
from tests.site.web.console.test_console import _all_is_well, _console

__all__ = ["_all_is_well"]
AsUser = Callable[[User | None], Client]


def test_it_says_what_each_worker_does_and_names_no_submission_of_another_challenge(
    team: Team, matching_task: Task, as_user: AsUser, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = make_submission(team, matching_task, State.SCORING)
    other = make_challenge("other")
    theirs = make_submission(
        make_team(other, "Theirs", make_user("dora")),
        make_task(other, matching_task.dataset_version.kind, slug="theirs"),
        State.SCORING,
    )
    since = datetime.now(UTC)
    works = (
        workers.Work("submissions.score", str(ours.pk), since),
        workers.Work("submissions.score", str(theirs.pk), since),
        workers.Work("notices.sweep", "", since),
    )
    worker = workers.Worker("w@h", ("scoring", "control"), pid=7, concurrency=4, busy=works)
    monkeypatch.setattr(workers, "workers_alive", lambda: [worker])
    page = " ".join(_console(as_user(olga), team.challenge).split())
    row = page[page.index('id="workers"') : page.index("<h2>Baselines")]
    assert row.count("scoring") == 3  # the queue, and two files
    assert f"submission:{ours.pk}" in row
    assert f"submission:{theirs.pk}" not in page
    assert "upkeep" in row
    assert "1 process free" in row


def test_every_task_of_celery_is_said_in_words_or_is_upkeep() -> None:
    celery.app.loader.import_default_modules()
    ours = {name for name in celery.app.tasks if not name.startswith("celery.")}
    assert set(busy.WORDS) <= ours
    upkeep = {name for name in ours - set(busy.WORDS) if ".sweep" in name or ".tidy" in name}
    assert ours - set(busy.WORDS) - upkeep == {
        *("notices.mail", "notices.reveals", "standings.open_tasks", "standings.reveal"),
        "submissions.send_rescore",
    }


def test_it_counts_teams_and_those_without_an_attempt_with_links_to_them(
    team: Team, matching_task: Task, as_user: AsUser, olga: User
) -> None:
    make_submission(team, matching_task, State.SCORED)
    make_team(team.challenge, "Quiet", make_user("quentin"))
    today = datetime.now(UTC).date()
    quota = Quota.objects.create(
        team=team, task=matching_task, day=today, used=matching_task.daily_limit, granted=1
    )
    client, teams = as_user(olga), reverse("console-teams", args=[team.challenge.slug])
    page = " ".join(_console(client, team.challenge).split())
    assert f'<a href="{teams}">2</a>' in page
    assert f'<a href="{teams}?state=active">1 submitted this week</a>' in page
    assert f'<a href="{teams}?state=silent">1 did not</a>' in page
    assert f'<a href="{teams}?state=limit">0</a>' in page
    Quota.objects.filter(pk=quota.pk).update(granted=0)
    assert f'<a href="{teams}?state=limit">1</a>' in _console(client, team.challenge)
    listed = client.get(f"{teams}?state=limit").content.decode()
    assert ">Alpha</a>" in listed
    assert ">Quiet</a>" not in listed
    Task.objects.filter(pk=matching_task.pk).update(daily_limit=0)  # a pause uses nothing up
    assert f'<a href="{teams}?state=limit">0</a>' in _console(client, team.challenge)
