"""A change is read before it is made, and what a file does not say stays as it is."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone

from podium.audit.models import Event
from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, ChallengeDefinition, parse
from podium.challenges.models import Challenge, Organizer, Phase, Role
from podium.challenges.plans import carry_out, plan
from podium.challenges.state import state_of
from podium.refusals import Refused
from tests.site import factories
from tests.site.challenges.definitions import applied, document

__all__ = ["document"]

Command = Callable[..., str]


@pytest.fixture
def command(
    document: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Command:
    """A function that gives the document to the command, and returns what it says."""

    def run(verb: str, *options: str) -> str:
        file = tmp_path / "challenge.yaml"
        file.write_text(yaml.safe_dump(document))
        call_command("challenge", verb, str(file), *options)
        return capsys.readouterr().out

    return run


def definition(document: dict[str, Any]) -> ChallengeDefinition:
    return parse(yaml.safe_dump(document))


def test_a_plan_says_what_would_change_and_changes_nothing(document: dict[str, Any]) -> None:
    challenge = applied(document)
    before, events = state_of(challenge), Event.objects.count()
    document["challenge"]["title"] = "The great cup"
    document["challenge"]["tracks"][0]["tasks"][0]["daily_limit"] = 7
    document["challenge"]["rules"] = "Be fair. " * 20
    planned = plan(challenge, lambda: apply(definition=definition(document)))
    assert planned.lines() == [
        "title: The cup → The great cup",
        "rules: Be fair. → a text of 180 characters",
        "tasks.exact.daily_limit: 5 → 7",
    ]
    assert not planned.is_guarded
    assert (state_of(challenge), Event.objects.count()) == (before, events)


def test_what_is_carried_out_is_what_was_planned(document: dict[str, Any]) -> None:
    challenge = applied(document)
    document["challenge"]["title"] = "The great cup"

    def change() -> Challenge:
        return apply(definition=definition(document))

    planned = plan(challenge, change)
    Challenge.objects.update(title="The small cup")
    with pytest.raises(Refused, match="has changed since"):
        carry_out(challenge, change, fingerprint=planned.fingerprint)
    assert Challenge.objects.get().title == "The small cup"
    again = plan(challenge, change)
    assert carry_out(challenge, change, fingerprint=again.fingerprint) == again
    assert Challenge.objects.get().title == "The great cup"


def test_an_existing_challenge_changes_only_with_a_yes(
    document: dict[str, Any], command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "phase: open" in command("apply")
    assert command("plan") == "Nothing would change.\n"
    assert "phase: open" in command("apply"), "what changes nothing needs no word"
    document["challenge"]["timeline"]["closes_at"] = Challenge.objects.get().closes_at + (
        timedelta(hours=12)
    )
    with pytest.raises(CommandError, match=r"to make them, add --yes\.$"):
        command("apply")
    said = capsys.readouterr().out
    assert "closes_at: 20" in said
    assert "The challenge page shows the moved times, and teams are notified." in said
    assert not Event.objects.filter(verb="moved time").exists()
    command("apply", "--yes")
    assert Event.objects.get(verb="moved time").is_public


@pytest.mark.parametrize(
    ("days", "phase"),
    [
        ({"team_freeze_at": -0.5, "closes_at": -0.3, "reveal_at": -0.2}, "closed"),
        ({"opens_at": 1}, "announced"),
        ({"team_freeze_at": -0.5}, "open"),  # not another phase, but in the past
    ],
)
def test_a_time_in_the_past_and_another_phase_need_the_title(
    document: dict[str, Any], command: Command, days: dict[str, float], phase: str
) -> None:
    command("apply")
    before = state_of(Challenge.objects.get())
    for name, ahead in days.items():
        document["challenge"]["timeline"][name] = timezone.now() + timedelta(days=ahead)
    with pytest.raises(CommandError, match='add --yes --title "The cup"'):
        command("apply")
    for typed in ("", "cup"):
        with pytest.raises(CommandError, match="Type the title of the challenge: The cup"):
            command("apply", "--yes", "--title", typed)
    assert state_of(Challenge.objects.get()) == before
    assert f"phase: {phase}" in command("apply", "--yes", "--title", "The cup")


def test_what_the_file_does_not_say_stays_as_it_is(
    document: dict[str, Any], command: Command
) -> None:
    challenge, nora = applied(document), factories.make_user("nora")
    factories.make_organizer(challenge, nora, Role.OWNER)
    Challenge.objects.update(show_members="organizers", deleted_accounts="remove")
    task = challenge.tasks.get()
    task.daily_limit, task.description = 9, "Find them."
    task.save()
    for name in ("rules", "announcements"):
        del document["challenge"][name]
    del document["challenge"]["timeline"]["announced_at"]
    del document["challenge"]["timeline"]["freeze_hours"]
    before = state_of(challenge)
    document["challenge"]["title"] = "The great cup"
    command("apply", "--yes")
    assert state_of(challenge) == {**before, "title": "The great cup"}
    document["challenge"]["timeline"]["announced_at"] = None
    assert "announced_at: 20" in command("plan")


def test_who_is_not_listed_any_more_loses_the_role(document: dict[str, Any]) -> None:
    nora, mia, paul = (
        factories.make_user("nora"),
        factories.make_user("mia"),
        factories.make_user("paul"),
    )
    document["challenge"]["organizers"] = {"Nora@example.org": "owner", "mia@example.org": "viewer"}
    challenge = apply(definition=definition(document))
    document["challenge"]["organizers"] = {"nora@example.org": "owner", "paul@example.org": "owner"}
    apply(definition=definition(document), by=nora)
    assert set(challenge.organizers.values_list("user", "role")) == {
        (nora.pk, "owner"),
        (paul.pk, "owner"),
    }
    took, gave = Event.objects.filter(actor_id=nora.pk).order_by("pk")
    assert (took.verb, took.subject, took.facts) == (
        "took role", f"user:{mia.pk}", {"role": "viewer"}
    )  # fmt: skip
    assert (gave.verb, gave.subject, gave.facts) == (
        "gave role", f"user:{paul.pk}", {"role": "owner"}
    )  # fmt: skip


def test_the_last_owner_is_not_taken_away(document: dict[str, Any]) -> None:
    nora, mia = factories.make_user("nora"), factories.make_user("mia")
    document["challenge"]["organizers"] = {"nora@example.org": "owner"}
    apply(definition=definition(document))
    for others in ({}, {"mia@example.org": "manager"}, {"nora@example.org": "manager"}):
        document["challenge"]["organizers"] = others
        with pytest.raises(BadDefinition, match="Name an owner"):
            apply(definition=definition(document))
    assert Organizer.objects.get().user == nora
    assert not Organizer.objects.filter(user=mia).exists()


def test_an_event_has_what_was_there_and_what_is_there_now(
    document: dict[str, Any], command: Command
) -> None:
    command("apply")
    nora = factories.make_user("nora")
    document["challenge"]["entry"] = {"addresses": ["@uni.example"]}
    document["challenge"]["tracks"][0]["tasks"][0]["step"] = 0.01
    Challenge.objects.update(opens_at=timezone.now() + timedelta(days=1))
    command("apply", "--yes", "--by", "nora@example.org")
    event = Event.objects.get(verb="changed challenge")
    assert event.actor_id == nora.pk
    assert event.facts["entry_addresses"] == [0, 1]
    assert event.facts["tasks.exact.step"] == [None, "0.0100000000"]
    assert "uni.example" not in str(event.facts)
    with pytest.raises(CommandError, match="Nobody has signed up as nobody@"):
        command("apply", "--by", "nobody@example.org")


def test_times_that_move_in_a_draft_are_nobody_elses_matter(document: dict[str, Any]) -> None:
    document["challenge"]["timeline"] |= {"announced_at": "now+1d", "opens_at": "now+2d"}
    challenge = applied(document)
    assert challenge.phase() == Phase.DRAFT
    document["challenge"]["timeline"]["closes_at"] = challenge.closes_at + timedelta(hours=1)
    applied(document)
    assert not Event.objects.get(verb="moved time").is_public


def test_an_announcement_with_another_text_says_so(
    document: dict[str, Any], command: Command
) -> None:
    command("apply")
    document["challenge"]["announcements"] = [{"title": "Open", "body": "Go on."}]
    assert command("plan") == "announcements.Open: Go. → Go on.\n"
    command("apply", "--yes")
    assert Challenge.objects.get().announcements.get().body == "Go on."
