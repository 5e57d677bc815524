"""Every page of the admin loads for staff, closed to others, and shows nothing private."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from podium.accounts.models import ApiToken, Sighting, User
from podium.archives.models import ArchiveImport
from podium.audit.actions import record
from podium.baseline_runs.models import BaselineRun
from podium.catalog.actions.licences import accept_licence
from podium.catalog.models import DataEditor, Profile, SolutionComparison
from podium.catalog.models import Kind as CatalogKind
from podium.challenges.models import Announcement, PendingRole, Role, Task
from podium.integrity.models import CaseEntry, FileStep, KnownFile, Look
from podium.notices.models import Announced, How, Kind, MailChoice
from podium.rehearsals.models import Rehearsal
from podium.standings.models import Board, BoardDocument, Comparison, Revision, Standing
from podium.submissions.models import (
    Part,
    PartialUpload,
    Quota,
    Rescore,
    Score,
    State,
    Unscored,
    Validation,
)
from podium.teams import actions
from podium.teams.models import MergeProposal, Team, hash_token
from podium.watch.models import Alert, News, Webhook
from podium.winners.models import Ineligible, WinnersList
from tests.site.diagnoses import make_diagnosis
from tests.site.factories import (
    make_addressed,
    make_answer,
    make_archive,
    make_case,
    make_certificate,
    make_challenge,
    make_correction,
    make_evaluation,
    make_message,
    make_notice,
    make_organizer,
    make_question,
    make_raw_file,
    make_solution,
    make_submission,
    make_task,
    make_team,
    make_user,
    make_writeup,
)

AsUser = Callable[[User | None], Client]
# By label, so that each worker of a parallel run collects the same tests.
LABELS = sorted(model._meta.label_lower for model in admin.site._registry)
ADMINS = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
READ_ONLY = {
    *("audit.event", "catalog.datasetversion", "catalog.solution"),
    "catalog.solutioncomparison",
    "catalog.dataeditor",
    *("catalog.import", "catalog.rawfile", "catalog.licenceacceptance", "catalog.profile"),
    *("submissions.evaluation", "submissions.score"),
    *("submissions.rescore", "submissions.unscored", "submissions.quota"),
    *("standings.board", "standings.standing", "baseline_runs.baselinerun"),
    "baseline_runs.diagnosis",
    *(
        "standings.revision",
        "standings.boarddocument",
        "standings.comparison",
    ),
    *("submissions.validation", "submissions.partialupload"),
    *("discussions.question", "discussions.answer", "discussions.message"),
    "discussions.addressee",
    *("notices.notice", "notices.mailchoice", "notices.announced", "watch.alert", "watch.post"),
    "watch.webhook",
    *("integrity.case", "integrity.caseentry", "integrity.knownfile"),
    *("integrity.filestep", "integrity.look"),
    *("archives.archive", "archives.archiveimport", "corrections.correction"),
    *("writeups.writeup", "writeups.writeupversion", "writeups.attachment"),
    *("teams.rulesacceptance", "teams.mergeproposal", "teams.membership", "accounts.apitoken"),
    *("challenges.challenge", "challenges.organizer", "challenges.pendingrole"),
    *("challenges.track", "challenges.task", "challenges.announcement"),
    *("accounts.sighting", "challenges.prize", "rehearsals.rehearsal"),
    *("winners.ineligible", "winners.winnerslist", "winners.place", "winners.certificate"),
}
SECRETS = ("0.23456", "0.34567", "0.4567", "secret", "5ec4e7")


@pytest.fixture(scope="module")
def hidden(module_site: Path) -> list[str]:
    """A row of every model of the site, with private values; what else must not be shown."""
    now = timezone.now()
    alice, olga = make_user("alice"), make_user("olga")
    team = make_team(make_challenge(), "Alpha", alice, make_user("bob"))
    make_organizer(team.challenge, olga, Role.OWNER)
    matching_task = make_task(team.challenge, CatalogKind.MATCHING)
    submission = make_submission(team, matching_task, State.SCORED)
    evaluation = make_evaluation(submission, public=0.23456, private=0.34567)
    other = make_evaluation(
        make_submission(team, matching_task, State.SCORED), public=0.1, private=0.2
    )
    Comparison.objects.create(
        first=evaluation,
        second=other,
        part=Part.PRIVATE,
        state="done",
        result={"difference": 0.4567},
    )
    make_submission(team, matching_task, State.FAILED, failure="zygote died")
    rival = make_team(team.challenge, "Rival", make_user("rita"))
    MergeProposal.objects.create(surviving=team, absorbed=rival)
    ApiToken.objects.create(
        user=alice, name="ci", prefix="podium_abcd", digest="5ec4e7" * 9, expires_at=now
    )
    sent = {"user": alice, "task": matching_task, "size": 3, "sha256": "0" * 64, "created_at": now}
    Validation.objects.create(original_name="p.csv", file="checks/secret.csv", **sent)
    PartialUpload.objects.create(name="p.csv", **sent)
    record("submitted", subject=submission, by=alice, challenge=team.challenge.slug)
    actions.accept_rules(challenge=team.challenge, by=alice)
    Sighting.objects.create(user=alice, address="5ec4e7" * 5)
    _, token = actions.invite(team=team, by=alice)
    board = Board.objects.create(task=matching_task)
    Standing.objects.create(
        board=board,
        team=team,
        valid_from=now,
        first_reached=now,
        score_since=now,
        score=0.4567,
        attempts=1,
        submission=submission,
    )
    study = {"rows": {"1": {"nfr": 0.4567}}}
    revision = Revision.objects.create(board=board, number=1, at=now, study=study)
    BoardDocument.objects.create(revision=revision, data=b"0.4567")
    case = make_case(team, matching_task, counts={"rise": 0.4567}, note="secret")
    CaseEntry.objects.create(case=case, team=team, submission=submission)
    KnownFile.objects.create(task=matching_task, sha256="a" * 64, title="Starter")
    FileStep.objects.create(submission=submission, changed=1)
    Look.objects.create(task=matching_task)
    Quota.objects.create(team=team, task=matching_task, day=now.date())
    rescore = Rescore.objects.create(
        task=matching_task,
        solution=matching_task.solution,
        scorer_version="2",
        started_at=now,
        resumed_at=now,
        lease_until=now,
    )
    Unscored.objects.create(rescore=rescore, submission=submission, state=State.FAILED)
    BaselineRun.objects.create(task=matching_task, method="trivial")
    make_diagnosis(matching_task.dataset_version)
    Profile.objects.create(version=matching_task.dataset_version)
    second = make_solution(matching_task.dataset_version, number=2)
    SolutionComparison.objects.create(
        first=matching_task.solution, second=second, usage_rows=1, train_rows=1, records=1
    )
    make_raw_file(matching_task.dataset_version)
    accept_licence(version=matching_task.dataset_version, by=alice)
    DataEditor.objects.create(name="pets", email="nora@example.org")
    PendingRole.objects.create(challenge=team.challenge, email="nora@example.org", role="viewer")
    Announcement.objects.create(challenge=team.challenge, title="Hello", body="World")
    make_answer(make_question(team.challenge, alice, task=matching_task), olga)
    make_message(team, alice)
    make_addressed(team)
    writeup = make_writeup(team, matching_task.track, title="secret", body="secret")
    writeup.attachments.create(name="secret.pdf", sha256="0" * 64, size=3, file="writeups/secret")
    make_notice(alice, submission)
    MailChoice.objects.create(user=alice, kind=Kind.SCORED, how=How.OFF)
    Announced.objects.create(key="leader:1", facts={"teams": [team.pk]})
    make_archive(team.challenge)
    Rehearsal.objects.create(challenge=team.challenge, by=olga, queued_at=now)
    matching_task.track.prizes.create(rank=1, text="A book")
    Ineligible.objects.create(team=rival, reason="They work for us.")
    winners = WinnersList.objects.create(challenge=team.challenge, number=1)
    winners.places.create(track=matching_task.track, team=team, position=1, rank=1)
    make_certificate(team, matching_task.track, is_over=False)
    ArchiveImport.objects.create(name="cup.zip", by=olga, queued_at=now)
    make_correction(matching_task, comparison={"rows": "secret"}, problem="secret")
    alert = Alert.objects.create(key="beat", text="It is silent.", since=now, seen_at=now)
    alert.posts.create(hook="site", news=News.BEGAN)
    Webhook.objects.create(challenge=team.challenge, url="secret", form="slack", secret="secret")
    return [token, hash_token(token)]


def _url(label: str, page: str, *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def _row(label: str) -> models.Model | None:
    row: models.Model | None = ADMINS[label].model._default_manager.first()
    return row


def _assert_nothing_private(response: Any, hidden: list[str]) -> None:
    page = response.content.decode()
    for secret in (*SECRETS, *hidden):
        assert secret not in page


def test_every_model_of_the_site_is_in_the_admin() -> None:
    from django.apps import apps

    ours = {
        model._meta.label_lower
        for model in apps.get_models()
        if model.__module__.startswith("podium.")
    }
    assert ours <= set(LABELS)


@pytest.mark.parametrize("label", LABELS)
def test_the_list_loads_and_shows_nothing_private(
    hidden: list[str], as_user: AsUser, sam: User, label: str
) -> None:
    client = as_user(sam)
    response = client.get(_url(label, "changelist"))
    assert response.status_code == 200
    _assert_nothing_private(response, hidden)


@pytest.mark.parametrize("label", LABELS)
def test_searching_loads(hidden: list[str], as_user: AsUser, sam: User, label: str) -> None:
    page = ADMINS[label]
    assert page.search_fields or not page.model.__module__.startswith("podium.")
    response = as_user(sam).get(_url(label, "changelist"), {"q": "alpha 1"})
    assert response.status_code == 200


@pytest.mark.parametrize("label", LABELS)
def test_the_page_to_add_loads_where_rows_may_be_added(
    hidden: list[str], as_user: AsUser, sam: User, label: str
) -> None:
    response = as_user(sam).get(_url(label, "add"))
    closed = {*READ_ONLY, "submissions.submission", "teams.invitation", "teams.team"}
    closed |= {"mfa.authenticator"}
    assert response.status_code == (403 if label in closed else 200)


@pytest.mark.parametrize("label", LABELS)
def test_the_page_of_a_row_loads_and_shows_nothing_private(
    hidden: list[str], as_user: AsUser, sam: User, label: str
) -> None:
    row = _row(label)
    if row is None:
        assert not ADMINS[label].model.__module__.startswith("podium.")
        return
    response = as_user(sam).get(_url(label, "change", row.pk))
    assert response.status_code == 200
    _assert_nothing_private(response, hidden)


@pytest.mark.parametrize("label", LABELS)
def test_nobody_but_staff_gets_in(hidden: list[str], as_user: AsUser, label: str) -> None:
    for user in (None, User.objects.get(name="Olga")):
        response = as_user(user).get(_url(label, "changelist"))
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]


@pytest.mark.parametrize("label", sorted(READ_ONLY))
def test_a_read_only_row_is_neither_changed_nor_deleted(
    hidden: list[str], as_user: AsUser, sam: User, label: str
) -> None:
    row = _row(label)
    assert row is not None
    client = as_user(sam)
    assert client.post(_url(label, "change", row.pk), {}).status_code == 403
    assert client.post(_url(label, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("label", LABELS)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(
    hidden: list[str],
    as_user: AsUser,
    sam: User,
    label: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    team, task = Team.objects.get(name="Alpha"), Task.objects.get()
    for number in range(10):
        submission = make_submission(team, task, State.SCORED)
        make_evaluation(submission, public=0.2 + number / 100, private=0.1)
    client = as_user(sam)
    with django_assert_max_num_queries(12):
        client.get(_url(label, "changelist"))


@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("submissions.score", {"value__gt": "0.3"}),
        ("submissions.score", {"low__gt": "0.3"}),
        ("submissions.evaluation", {"scores__value__gt": "0.3"}),
        ("submissions.evaluation", {"rows__contains": "s"}),
        ("submissions.evaluation", {"diagnostics__contains": "s"}),
        ("catalog.solution", {"sha256__startswith": "5"}),
        ("catalog.solution", {"file__contains": "s"}),
        ("teams.invitation", {"token_hash__startswith": "a"}),
        ("standings.standing", {"score__gt": "0.3"}),
        (
            "baseline_runs.baselinerun",
            {"task__challenge__tasks__submissions__evaluations__scores__value__gt": "0.3"},
        ),
    ],
)
def test_an_address_cannot_ask_for_what_no_page_shows(
    hidden: list[str], as_user: AsUser, sam: User, label: str, query: dict[str, str]
) -> None:
    assert Score.objects.exists()
    response = as_user(sam).get(_url(label, "changelist"), query)
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("submissions.score", {"part__exact": "public", "metric": "average_precision"}),
        ("submissions.evaluation", {"scorer_version": "1"}),
        ("audit.event", {"at__year": "2026", "verb": "submitted"}),
        ("standings.standing", {"valid_until__isempty": "1"}),
        ("teams.team", {"disqualified_at__isempty": "1"}),
    ],
)
def test_the_declared_filters_work(
    hidden: list[str], as_user: AsUser, sam: User, label: str, query: dict[str, str]
) -> None:
    assert as_user(sam).get(_url(label, "changelist"), query).status_code == 200


def test_every_filter_that_a_list_offers_can_be_followed(
    hidden: list[str], as_user: AsUser, sam: User
) -> None:
    client = as_user(sam)
    for label in LABELS:
        page = client.get(_url(label, "changelist")).content.decode()
        for query in set(re.findall(r'<a href="\?([^"]*__[^"]*)"', page)):
            answer = client.get(_url(label, "changelist") + "?" + query.replace("&amp;", "&"))
            assert answer.status_code == 200, (label, query)


def test_the_admin_is_named_in_the_words_of_the_site(
    hidden: list[str], as_user: AsUser, sam: User
) -> None:
    page = as_user(sam).get(reverse("admin:index")).content.decode()
    for words in ("Podium staff", "Daily use", "Submissions not rescored", "Announced changes"):
        assert words in page
    for words in ("Django administration", "Unscoreds", "Quotas", "Announceds"):
        assert words not in page


def test_the_admin_has_the_icon_of_the_site(hidden: list[str], as_user: AsUser, sam: User) -> None:
    assert "podium/favicon" in as_user(sam).get("/admin/").content.decode()


def test_the_admin_passes_djangos_own_checks() -> None:
    call_command("check", "admin")
