"""The organizers' page of one submission: its file, evaluations, error, events and acts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium import workers
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role, Task
from podium.submissions.jobs import scoring_runs
from podium.submissions.models import Evaluation, Rescore, State, Submission, Unscored
from podium.teams.models import Team
from tests.site import factories

AsUser = Callable[[User | None], Client]
PRIVATE = 0.123456


def url_of(row: Submission, slug: str = "cup") -> str:
    return reverse("console-submission", args=[slug, row.pk])


def page_of(client: Client, row: Submission) -> str:
    answer = client.get(url_of(row))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def row(team: Team, matching_task: Task) -> Submission:
    """A scored submission of Alpha."""
    sent = factories.make_submission(
        team,
        matching_task,
        original_name="try 3.csv",
        file="uploads/1/a.csv.stored.zst",
        size=2000,
        method="trees",
        note="With more trees.",
        notes=["The column weight was left out."],
    )
    factories.make_evaluation(sent, public=0.654321, private=PRIVATE)
    return sent


@pytest.mark.parametrize(
    ("who", "status"),
    [
        *((None, 302), ("charlie", 404), ("bob", 404), ("alice", 404), ("sam", 404)),
        *(("dora", 404), ("viktor", 200), ("mia", 200), ("olga", 200)),
    ],
)
def test_organizers_of_the_challenge_see_it_and_nobody_else(
    row: Submission,
    challenge: Challenge,
    as_user: AsUser,
    request: pytest.FixtureRequest,
    who: str | None,
    status: int,
) -> None:
    if who == "mia":
        user = factories.make_user("mia")
        factories.make_organizer(challenge, user, Role.MANAGER)
    elif who == "dora":
        user = factories.make_user("dora")
        factories.make_organizer(factories.make_challenge("other"), user, Role.OWNER)
    else:
        user = request.getfixturevalue(who) if who else None
    assert as_user(user).get(url_of(row)).status_code == status


def test_it_is_no_page_of_another_challenge(row: Submission, as_user: AsUser, olga: User) -> None:
    factories.make_organizer(factories.make_challenge("other"), olga)
    assert as_user(olga).get(url_of(row, "other")).status_code == 404


def test_the_file_is_described_and_can_be_downloaded(
    row: Submission, as_user: AsUser, viktor: User
) -> None:
    version = row.task.dataset_version
    version.facts = {**version.facts, "rows": {"test": 3000}}
    version.save()
    page = page_of(as_user(viktor), row)
    for text in (
        *("try 3.csv", "2 kB, 3,000 rows", "compressed with zstd by the site", row.sha256),
        *("trees", "With more trees.", "The column weight was left out.", "Alpha</a>, no. 1"),
        *(reverse("submission-file", args=[row.pk]), f"?sha256={row.sha256}"),
    ):
        assert text in page, text


@pytest.mark.parametrize(
    ("file", "said", "is_there"),
    [
        ("uploads/1/a.parquet", "as it was sent", True),
        ("", "deleted under the retention rule", False),
    ],
)
def test_it_says_how_the_file_is_stored(
    row: Submission, as_user: AsUser, olga: User, file: str, said: str, is_there: bool
) -> None:
    Submission.objects.update(file=file)
    page = page_of(as_user(olga), row)
    assert said in page
    assert (reverse("submission-file", args=[row.pk]) in page) is is_there


@pytest.mark.parametrize(
    ("state", "is_counted", "said"),
    [
        (State.QUEUED, True, "reserved, of"),
        (State.SCORED, True, "counted, of"),
        (State.SCORED, False, "not counted<"),
        (State.REJECTED, True, "the file counts as rejected"),
        (State.FAILED, True, "given back, because the error was ours"),
    ],
)
def test_it_says_what_became_of_the_attempt(
    team: Team,
    matching_task: Task,
    as_user: AsUser,
    olga: User,
    state: str,
    is_counted: bool,
    said: str,
) -> None:
    day = timezone.now().date() if is_counted else None
    sent = factories.make_submission(team, matching_task, state, quota_day=day)
    assert said in page_of(as_user(olga), sent)


def test_every_evaluation_is_listed_without_what_it_measured(
    row: Submission, as_user: AsUser, olga: User
) -> None:
    second = factories.make_solution(row.task.dataset_version, number=2)
    Evaluation.objects.create(
        submission=row, solution=second, scorer_version="9", seconds=1.5, counts=False
    )
    third = factories.make_solution(row.task.dataset_version, number=3)
    now = timezone.now()
    rescore = Rescore.objects.create(
        task=row.task,
        solution=third,
        scorer_version="9",
        started_at=now,
        resumed_at=now,
        lease_until=now,
    )
    Unscored.objects.create(
        rescore=rescore, submission=row, state=State.FAILED, failure="OSError: no room"
    )
    page = page_of(as_user(olga), row)
    for text in (
        *(str(row.task.solution), str(second), str(third), "1.50"),
        *("scored, counts", "scored, does not count", "failed in a rescore", "OSError: no room"),
    ):
        assert text in page, text
    assert "0.65" not in page
    assert "0.12" not in page


def test_the_operators_error_and_the_files_problems_are_shown(
    team: Team, matching_task: Task, as_user: AsUser, viktor: User
) -> None:
    failure = "line 12\nMemoryError: <too much>"
    failed = factories.make_submission(team, matching_task, State.FAILED, failure=failure)
    page = page_of(as_user(viktor), failed)
    assert "MemoryError: &lt;too much&gt;" in page
    assert "It has not been evaluated." in page
    problem = {"code": "unknown_id", "message": "Row 2: there is no id `p9`.", "rows": [2]}
    rejected = factories.make_submission(
        team, matching_task, State.REJECTED, problems=[{**problem, "count": 1}]
    )
    page = page_of(as_user(viktor), rejected)
    assert "<code>unknown_id</code>" in page
    assert "Row 2: there is no id <code>p9</code>." in page


def test_its_events_are_shown_to_those_who_run_the_challenge(
    row: Submission, as_user: AsUser, olga: User, viktor: User
) -> None:
    why = "Sent by a script that went wild."
    record(Verb.REFUNDED_SUBMISSION, subject=row, by=olga, challenge="cup", why=why)
    record(Verb.SCORED, subject=row, challenge="cup", attempt=1, worker="scoring@one")
    other = factories.make_submission(row.team, row.task)
    record(Verb.REJECTED, subject=other, challenge="cup")
    page = page_of(as_user(olga), row)
    for text in ("refunded submission", why, "attempt: 1", "worker: scoring@one"):
        assert text in page, text
    assert ">rejected<" not in page
    assert why not in page_of(as_user(viktor), row)


def test_it_offers_the_acts_that_can_be_done(
    row: Submission, as_user: AsUser, olga: User, viktor: User
) -> None:
    client = as_user(olga)
    page = page_of(client, row)
    offered = ("Give the attempt back", "Withdraw from the boards")
    assert all(f">{title}</button>" in page for title in offered)
    assert "Score again what failed" not in page
    act = reverse("console-rule", args=["cup", "submissions"])
    assert f'action="{act}"' in page
    plan = client.post(act, {"act": "withdraw", "pick": row.pk}).content.decode()
    assert "Nothing has happened yet." in plan
    assert "Withdraw from the boards" not in page_of(as_user(viktor), row)
    Submission.objects.update(withdrawn_at=timezone.now(), withdrawn_reason="A copy.")
    page = page_of(client, row)
    assert "by the organizers: A copy." in page
    assert "Put back on the boards" in page


def test_the_list_the_console_and_cases_link_to_it(
    row: Submission, as_user: AsUser, olga: User
) -> None:
    failed = factories.make_submission(row.team, row.task, State.FAILED, failure="No room.")
    case = factories.make_case(row.team, row.task)
    client = as_user(olga)
    for name, sent in (("console-submissions", row), ("console", failed)):
        page = client.get(reverse(name, args=["cup"])).content.decode()
        assert f'href="{url_of(sent)}"' in page, name
    answer = client.get(case.get_absolute_url())
    for each in answer.context["sent"]:
        assert f'href="{url_of(each["row"])}"' in answer.content.decode()


def test_more_evaluations_and_events_take_no_more_queries(
    row: Submission,
    as_user: AsUser,
    olga: User,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    client = as_user(olga)
    with django_assert_max_num_queries(14) as few:
        page_of(client, row)
    for number in range(2, 7):
        solution = factories.make_solution(row.task.dataset_version, number=number)
        Evaluation.objects.create(
            submission=row, solution=solution, scorer_version="9", seconds=1, counts=False
        )
        record(Verb.RETRIED_SUBMISSION, subject=row, by=olga, challenge="cup")
    with django_assert_num_queries(len(few)):
        page_of(client, row)


def test_the_event_of_an_end_names_the_worker(
    team: Team, matching_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(workers._self, "hostname", "scoring@one")
    sent = factories.make_submission(team, matching_task, State.SCORING, attempt=2)
    scoring_runs.fail(sent, "No room.")
    assert Event.objects.get(verb=Verb.FAILED).facts == {"attempt": 2, "worker": "scoring@one"}
