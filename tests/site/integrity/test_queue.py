"""Four planted cheats of four kinds become cases after one look, and no honest team does."""

import json
from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from podium.audit.models import Event
from podium.integrity import looking
from podium.integrity.findings import Finding, store
from podium.integrity.models import Case, CaseEntry, CaseState, Decision, FileStep, Kind, Look
from podium.integrity.tasks import look, sweep
from podium.submissions.models import Evaluation
from podium.teams.models import Team
from tests.site.integrity.world import CHEATS, HONEST, World


def teams_of(kind: str) -> list[set[str]]:
    """The names of the teams in each case of a kind."""
    return [
        set(case.entries.values_list("team__name", flat=True))
        for case in Case.objects.filter(kind=kind).order_by("pk")
    ]


def test_one_look_finds_four_cheats_of_four_kinds_and_no_honest_team(world: World) -> None:
    look(world.task.pk)
    assert {"Twin", "Prober"} in teams_of(Kind.EQUAL_FILES)
    assert len(teams_of(Kind.EQUAL_FILES)) == 1
    assert {"Twin", "Near"} in teams_of(Kind.AGREEMENT)
    assert teams_of(Kind.PROBING) == [{"Prober"}]
    assert teams_of(Kind.JUMP) == [{"Jumper"}]
    named = set(CaseEntry.objects.values_list("team__name", flat=True))
    assert named == set(CHEATS)
    assert Team.objects.taking_part().filter(name__in=HONEST).count() == 8


def test_the_copy_is_97_percent_equal_and_the_evidence_is_counts_and_a_p_value(
    world: World,
) -> None:
    look(world.task.pk)
    near = Case.objects.get(kind=Kind.AGREEMENT, entries__team__name="Twin")
    assert 0.95 < near.counts["equal"] < 0.99
    assert near.counts["shared"] > 2 * near.counts["expected"]
    assert near.p is not None
    assert near.p < 1e-6
    probing = Case.objects.get(kind=Kind.PROBING)
    assert (probing.counts["few"], probing.counts["pairs"]) == (6, 6)
    for case in Case.objects.all():
        assert all(isinstance(value, int | float) for value in case.counts.values())
        said = json.dumps(case.counts) + case.key
        assert not [row for row in world.ids if row in said]


def test_honest_teams_alone_make_no_case(world: World) -> None:
    Evaluation.objects.filter(submission__team__name__in=CHEATS).update(counts=False)
    Team.objects.filter(name__in=CHEATS).update(
        disqualified_at=timezone.now(), disqualified_reason="x"
    )
    look(world.task.pk)
    assert not Case.objects.exists()


def test_a_second_look_finds_the_same_cases(world: World) -> None:
    looking.look_at(world.task)
    before = list(Case.objects.order_by("pk").values_list("pk", "key", "strength"))
    entries, steps = CaseEntry.objects.count(), FileStep.objects.count()
    looking.look_at(world.task)
    assert list(Case.objects.order_by("pk").values_list("pk", "key", "strength")) == before
    assert (CaseEntry.objects.count(), FileStep.objects.count()) == (entries, steps)


def test_a_series_is_remembered_after_its_rows_are_deleted(world: World) -> None:
    looking.look_at(world.task)
    Evaluation.objects.update(rows="")
    Case.objects.all().delete()
    looking.look_at(world.task)
    assert teams_of(Kind.PROBING) == [{"Prober"}]


def test_what_is_like_a_baseline_is_no_case(world: World) -> None:
    baseline = world.model(0.16)
    world.send("Linear", baseline, baseline="linear")
    world.send("Honest 5", baseline)
    world.send("Honest 6", baseline)
    world.send("Honest 7", world.edited(baseline, 0.005))
    looking.look_at(world.task)
    assert set(CaseEntry.objects.values_list("team__name", flat=True)) == set(CHEATS)


# When it is looked at -----------------------------------------------------------------------------


def test_a_score_asks_for_a_look_and_a_look_answers_what_was_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr("podium.celery.send", lambda *args, **_: sent.append(args))
    assert looking.sweep() == 1
    assert sent == [("integrity.look", world.task.pk)]
    assert looking.look(world.task.pk)
    assert looking.sweep() == 0
    assert not looking.look(world.task.pk)
    Look.objects.update(looked_at=timezone.now() - timedelta(minutes=1))
    world.send("Honest 5", world.model(0.2))
    assert sent[-1] == ("integrity.look", world.task.pk)
    assert looking.sweep() == 1


def test_a_score_that_comes_during_a_look_is_looked_at_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        looking, "look_at", lambda task: Look.objects.update(asked=Look.objects.get().asked + 1)
    )
    looking.look(world.task.pk)
    Look.objects.update(looked_at=timezone.now() - timedelta(minutes=1))
    assert looking.sweep() == 1


def test_a_look_that_failed_is_tried_again_after_its_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(looking, "look_at", lambda task: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            looking.look(world.task.pk)
    assert not looking.look(world.task.pk)
    Look.objects.update(claimed_at=timezone.now() - looking.LEASE - timedelta(seconds=1))
    assert looking.look(world.task.pk)
    assert Case.objects.exists()


def test_a_task_rests_after_a_look_but_never_for_a_minute(world: World) -> None:
    now = timezone.now()
    row = Look(looked_at=now - timedelta(seconds=1), seconds=1000)
    assert looking._rests(row, now)
    row.looked_at = now - timedelta(seconds=31)
    assert not looking._rests(row, now)
    sweep()


# One case for one finding -------------------------------------------------------------------------


def _found(world: World, strength: float) -> Case:
    team = Team.objects.get(name="Prober")
    finding = Finding(
        Kind.PROBING, "x", [(team.pk, None)], strength, task=world.task, counts={"few": 5}
    )
    store(world.task.challenge, [finding])
    return Case.objects.get(key="x")


def test_a_decided_case_is_open_again_only_if_the_evidence_is_clearly_stronger(
    world: World,
) -> None:
    case = _found(world, 10)
    Case.objects.filter(pk=case.pk).update(
        state=CaseState.DECIDED,
        decision=Decision.WARNED,
        note="They promised.",
        decided_at=timezone.now(),
        decided_strength=10,
    )
    assert _found(world, 12).state == CaseState.DECIDED
    assert not Event.objects.filter(verb="reopened case").exists()
    again = _found(world, 16)
    assert (again.pk, again.state, again.decision) == (case.pk, CaseState.OPEN, Decision.WARNED)
    event = Event.objects.get(verb="reopened case")
    assert (event.facts["before"], event.facts["after"], event.is_public) == (
        "warned",
        "open",
        False,
    )
    assert _found(world, 16).entries.count() == 1


def test_the_database_refuses_a_second_case_of_one_finding(world: World) -> None:
    case = _found(world, 10)
    case.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        case.save(force_insert=True)


def test_matching_by_rank_sees_single_rows() -> None:
    from leaderboard.probing import moved

    before = np.arange(1000, dtype=np.int32)
    after = before.copy()
    after[[3, 500]] = after[[500, 3]]
    assert moved(before, after) == 2
