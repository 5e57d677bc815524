"""A challenge is what its challenge.yaml says, and a bad file says what is wrong with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone

import samples
from podium.audit.models import Event
from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, moment, parse
from podium.challenges.models import UPLOAD_GRACE, Challenge, Organizer, Phase
from podium.standings.actions import on_evaluation_stored
from podium.standings.models import Standing
from tests.site import factories
from tests.site.challenges.definitions import applied, document

__all__ = ["document"]


def _set(*path: Any, to: Any) -> Any:
    def change(challenge: dict[str, Any]) -> None:
        for key in path[:-1]:
            challenge = challenge[key]
        if to is None:
            del challenge[path[-1]]
        else:
            challenge[path[-1]] = to

    return change


def test_a_file_makes_a_challenge_with_everything_in_it(document: dict[str, Any]) -> None:
    challenge = applied(document)
    assert challenge.phase() == Phase.OPEN
    task = challenge.tasks.get()
    assert (task.slug, task.headline, task.daily_limit) == ("exact", "average_precision", 5)
    assert task.dataset_version.name == "pairs"
    assert challenge.announcements.get().title == "Open"
    assert Event.objects.filter(verb="created challenge", challenge="cup").exists()


def test_a_second_apply_changes_texts_and_keeps_relative_times(document: dict[str, Any]) -> None:
    before = applied(document)
    document["challenge"]["title"] = "The great cup"
    after = applied(document)
    assert (after.pk, after.title) == (before.pk, "The great cup")
    assert after.closes_at == before.closes_at
    assert after.announcements.count() == 1


def test_a_moved_time_is_an_event_that_teams_see(document: dict[str, Any]) -> None:
    applied(document)
    document["challenge"]["timeline"]["closes_at"] = timezone.now() + timedelta(days=11)
    applied(document)
    event = Event.objects.get(verb="moved time")
    assert (event.facts["time"], event.is_public) == ("closes_at", True)


def test_the_close_is_not_moved_once_private_scores_were_shown(document: dict[str, Any]) -> None:
    challenge = applied(document)
    shown = timezone.now() - timedelta(hours=1)
    past = {"team_freeze_at": shown, "closes_at": shown, "reveal_at": shown + UPLOAD_GRACE}
    Challenge.objects.update(**past, revealed_at=shown)
    for name in past:
        document["challenge"]["timeline"][name] = timezone.now() + timedelta(days=1)
    document["challenge"]["timeline"]["reveal_at"] += UPLOAD_GRACE
    with pytest.raises(BadDefinition, match="closes_at: Private scores were shown at"):
        applied(document)
    challenge.refresh_from_db()
    assert (challenge.closes_at, challenge.revealed_at) == (shown, shown)
    for name in ("team_freeze_at", "closes_at"):
        document["challenge"]["timeline"][name] = shown - timedelta(minutes=1)
    assert applied(document).closes_at < shown


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("tracks", 0, "tasks", 0, "headline", to="roc_auc"), "its headline is fixed"),
        (_set("tracks", 0, "tasks", 0, "dataset", to="pairs@2"), "its dataset version is fixed"),
        (_set("tracks", 0, "tasks", 0, "step", to=0.05), "its step is fixed"),
        (_set("tracks", 0, "tasks", 0, "final_limit", to=1), "its final limit is fixed"),
        (_set("tracks", 0, "tasks", 0, "feedback", to="ladder"), "its feedback is fixed"),
        (_set("tracks", 0, "aggregate", to="mean_score"), "its aggregate is fixed"),
    ],
)
def test_what_scores_rest_on_is_fixed_once_the_challenge_is_open(
    document: dict[str, Any], change: Any, says: str
) -> None:
    document["challenge"]["tracks"][0]["tasks"][0]["step"] = 0.02
    applied(document)
    factories.make_solution(factories.make_dataset_version("matching", "pairs", number=2))
    assert applied(document), "the same again changes nothing"
    change(document["challenge"])
    with pytest.raises(BadDefinition, match=says):
        applied(document)


def test_a_task_keeps_its_version_unless_the_file_names_another(document: dict[str, Any]) -> None:
    document["challenge"]["timeline"]["opens_at"] = "now+1d"
    applied(document)
    newer = factories.make_dataset_version("matching", "pairs", number=2)
    factories.make_solution(newer)
    assert applied(document).tasks.get().dataset_version.number == 1
    document["challenge"]["tracks"][0]["tasks"][0]["dataset"] = "pairs@2"
    assert applied(document).tasks.get().dataset_version.number == 2


def test_what_the_file_no_longer_names_stays(document: dict[str, Any]) -> None:
    applied(document)
    document["challenge"]["tracks"][0]["tasks"][0]["slug"] = "other"
    assert {task.slug for task in applied(document).tasks.all()} == {"exact", "other"}


def test_organizers_are_named_by_their_address(document: dict[str, Any]) -> None:
    factories.make_user("olga")
    document["challenge"]["organizers"] = {"olga@example.org": "owner"}
    applied(document)
    assert Organizer.objects.get().role == "owner"


TASK = ("tracks", 0, "tasks", 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("titel", to="x"), "unknown key `titel`"),
        (_set("title", to=None), "challenge .line 2. lacks `title`"),
        (_set("summary", to=["a"]), r"line \d+.: summary `.'a'.` is not text. Put it in quotes"),
        (_set("title", to=2027), "title `2027` is not text"),
        (_set("slug", to=None), "challenge .line 2. lacks .*`slug`"),
        (_set("max_team_size", to=2.5), "`2.5` is not a whole number"),
        (_set("max_team_size", to=True), "`True` is not a whole number"),
        (_set("is_rehearsal", to="yes"), "`yes` is neither `true` nor `false`"),
        (_set("show_members", to="all"), "`all` is none of `everybody`, `challenge`, `organizers`"),
        (_set("organizers", to=["olga@example.org"]), "is not a mapping"),
        (_set("announcements", to=[{"title": "Open"}]), r"announcements.0. .line \d+. lacks"),
        (_set(*TASK, "dataset", to=None), r"task exact .line \d+. lacks `dataset`"),
        (_set("tracks", 0, "title", to=None), r"track matching .line \d+. lacks `title`"),
        (_set("tracks", to=[]), "`tracks` is a list of tracks. Name one"),
        (_set("tracks", 0, "tasks", to=[]), "`tracks.0..tasks` is a list of tasks. Name one"),
        (_set("timeline", "closes_at", to=None), "lacks `closes_at`"),
        (_set("timeline", "ends_at", to="now"), "unknown key `ends_at`"),
        (_set("timeline", "closes_at", to="soon"), "`soon` is not a time"),
        (_set("timeline", "closes_at", to="now-9d"), "Times must be in order"),
        (_set(*TASK, "dataset", to="nothing"), "there is no data set `nothing`"),
        (_set(*TASK, "dataset", to="pairs@7"), "there is no data set `pairs@7`"),
        (_set(*TASK, "headline", to="accuracy"), "headline `accuracy` is none of"),
        (_set(*TASK, "headline", to="log_loss"), "Use one of average_precision"),
        (_set(*TASK, "feedback", to="loud"), "`loud` is none of `exact`, `rounded`, `ladder`"),
        (_set(*TASK, "feedback", to=["exact"]), "is none of `exact`"),
        (
            _set(*TASK, "ceiling", to=1.1),
            "ceiling: `1.1` is not a number from 0 to 1, where `average",
        ),
        (_set(*TASK, "ceiling", to=-0.1), "ceiling: `-0.1` is not a number from 0 to 1"),
        (_set(*TASK, "ceiling", to="high"), "ceiling `high` is not a number"),
        (_set(*TASK, "ceiling", to=float("nan")), "ceiling: `nan` is not a number"),
        (_set(*TASK, "ceiling", to=True), "ceiling `True` is not a number"),
        (_set(*TASK, "step", to=-1), "step"),
        (_set(*TASK, "slug", to="not a slug"), "slug"),
        (_set("tracks", 0, "kind", to="ranking"), "kind"),
        (_set("tracks", 0, "aggregate", to="best"), "aggregate"),
        (_set("max_team_size", to=0), "max_team_size"),
        (_set("organizers", to={"nobody": "owner"}), "`nobody` is not an e-mail address"),
    ],
)
def test_a_bad_definition_is_refused_whole_with_the_reason(
    document: dict[str, Any], change: Any, says: str
) -> None:
    change(document["challenge"])
    with pytest.raises(BadDefinition, match=says):
        applied(document)
    assert not Challenge.objects.exists()


@pytest.mark.parametrize("headline", ["log_loss_clipped", "brier"])
def test_no_mean_is_taken_of_scores_of_which_less_is_better(
    document: dict[str, Any], headline: str
) -> None:
    track = document["challenge"]["tracks"][0]
    track["aggregate"] = "mean_score"
    track["tasks"][0]["headline"] = headline
    with pytest.raises(BadDefinition, match=f"higher must be better.*`{headline}` is not so"):
        applied(document)
    track["tasks"][0]["headline"] = "average_precision"
    assert applied(document).tracks.get().aggregate == "mean_score"


def test_a_track_and_its_tasks_change_to_a_mean_of_scores_together(
    document: dict[str, Any],
) -> None:
    document["challenge"]["timeline"]["opens_at"] = "now+1d"
    track = document["challenge"]["tracks"][0]
    track["tasks"][0]["headline"] = "brier"
    applied(document)
    track["aggregate"] = "mean_score"
    track["tasks"][0] |= {"slug": "other", "headline": "average_precision"}
    with pytest.raises(BadDefinition, match="Task exact: its track ranks by the mean"):
        applied(document)  # the first task stays, though the file no longer names it
    track["tasks"][0]["slug"] = "exact"
    assert applied(document).tracks.get().aggregate == "mean_score"


@pytest.mark.parametrize("mode", ["exact", "rounded", "ladder"])
def test_a_task_has_the_feedback_that_the_file_names(document: dict[str, Any], mode: str) -> None:
    document["challenge"]["tracks"][0]["tasks"][0]["feedback"] = mode
    document["challenge"] |= {"is_rehearsal": mode == "exact", "prizes": ""}
    assert applied(document).tasks.get().feedback == mode


def test_only_a_rehearsal_without_prizes_shows_exact_scores(document: dict[str, Any]) -> None:
    challenge = document["challenge"]
    challenge["timeline"]["opens_at"] = "now+1d"
    challenge["prizes"] = ""
    task = challenge["tracks"][0]["tasks"][0]
    task["feedback"] = "exact"
    with pytest.raises(BadDefinition, match="it is only for rehearsals and courses"):
        applied(document)
    challenge |= {"is_rehearsal": True, "prizes": "A cup."}
    with pytest.raises(BadDefinition, match="A rehearsal has no prizes"):
        applied(document)
    challenge |= {"prizes": ""}
    assert applied(document).is_rehearsal
    challenge["is_rehearsal"] = False
    task |= {"slug": "other", "feedback": "rounded"}
    with pytest.raises(BadDefinition, match="Task exact: feedback `exact` gives away labels"):
        applied(document)  # the first task stays, though the file no longer names it
    task["slug"] = "exact"
    assert not applied(document).is_rehearsal


@pytest.mark.parametrize("headline", ["precision", "recall_at_precision_95", "mce", "log_loss"])
def test_a_headline_of_which_a_row_tells_its_label_is_refused(
    document: dict[str, Any], headline: str
) -> None:
    document["challenge"]["tracks"][0]["tasks"][0]["headline"] = headline
    with pytest.raises(BadDefinition, match=r"cannot be displayed .* Use one of average_precision"):
        applied(document)


def test_a_known_ceiling_may_still_be_named_while_the_challenge_runs(
    document: dict[str, Any],
) -> None:
    assert applied(document).tasks.get().ceiling is None
    document["challenge"]["tracks"][0]["tasks"][0]["ceiling"] = 0.97
    assert applied(document).tasks.get().ceiling == 0.97


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (_set(*TASK, "step", to=0.1), 0.7),
        (_set(*TASK, "feedback", to="exact"), 0.732),
        (_set(*TASK, "feedback", to="ladder"), 0.75),
        (_set(*TASK, "headline", to="f1"), None),
        (_set(*TASK, "dataset", to="pairs@2"), None),
    ],
)
def test_before_the_opening_boards_follow_what_the_file_changes(
    document: dict[str, Any], change: Any, shown: float | None
) -> None:
    document["challenge"]["timeline"]["opens_at"] = "now+1d"
    document["challenge"] |= {"is_rehearsal": True, "prizes": ""}
    document["challenge"]["tracks"][0]["tasks"][0]["step"] = 0.01
    factories.make_solution(factories.make_dataset_version("matching", "pairs", number=2))
    document["challenge"]["tracks"][0]["tasks"][0]["dataset"] = "pairs@1"
    task = applied(document).tasks.get()
    trivial = factories.make_team(task.challenge, "Trivial", baseline="trivial")
    evaluation = factories.make_evaluation(
        factories.make_submission(trivial, task), public=0.7321, private=0.5
    )
    on_evaluation_stored(evaluation)
    rows = Standing.objects.filter(board__task=task, valid_until=None)
    assert rows.get().score == 0.73
    change(document["challenge"])
    applied(document)
    assert [row.score for row in rows.all()] == ([] if shown is None else [shown])
    track = Standing.objects.filter(board__track=task.track, valid_until=None)
    assert track.exists() == bool(rows)


def test_a_file_that_changes_texts_alone_leaves_the_boards_alone(document: dict[str, Any]) -> None:
    applied(document)
    document["challenge"]["tracks"][0]["tasks"][0] |= {"title": "New", "daily_limit": 9}
    with patch("podium.standings.actions.rebuild") as rebuild:
        applied(document)
    rebuild.assert_not_called()


def test_a_task_slug_occurs_once(document: dict[str, Any]) -> None:
    tasks = document["challenge"]["tracks"][0]["tasks"]
    tasks.append(tasks[0])
    with pytest.raises(BadDefinition, match="`exact` occurs twice"):
        applied(document)


def test_an_unknown_role_is_refused(document: dict[str, Any]) -> None:
    factories.make_user("olga")
    document["challenge"]["organizers"] = {"olga@example.org": "queen"}
    with pytest.raises(BadDefinition, match="`queen` is none of"):
        applied(document)


@pytest.mark.parametrize("text", ["", "[]", "challenge: 3", "a: [", "challenge: {tracks: 3}"])
def test_a_file_that_is_no_challenge_is_refused(text: str) -> None:
    with pytest.raises(BadDefinition):
        parse(text)


def test_times_are_absolute_or_count_from_now() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    assert moment("now", now, "x") == now
    assert moment("now-2d", now, "x") == now - timedelta(days=2)
    assert moment("now+36h", now, "x") == now + timedelta(hours=36)
    assert moment("2027-02-01T12:00", now, "x") == datetime(2027, 2, 1, 12, tzinfo=UTC)
    zoned = moment("2027-02-01T12:00+02:00", now, "x")
    assert zoned == datetime(2027, 2, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("step", [0.02, 0.01, 0.005, 0.0000001, 1])
def test_a_step_is_kept_as_it_was_typed(document: dict[str, Any], step: float) -> None:
    document["challenge"]["tracks"][0]["tasks"][0]["step"] = step
    task = applied(document).tasks.get()
    assert float(task.step or 0) == step


def test_the_sample_challenge_is_a_valid_definition() -> None:
    definition = parse(samples.CHALLENGE.read_text(encoding="utf-8"))
    assert [track.kind for track in definition.tracks] == ["matching", "classification"]
    named = {task.dataset for track in definition.tracks for task in track.tasks}
    assert named == set(samples.NAMES)


def test_the_command_applies_a_file_and_names_what_is_wrong(
    document: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "challenge.yaml"
    file.write_text(yaml.safe_dump(document))
    call_command("challenge", "apply", str(file))
    said = capsys.readouterr().out
    assert "phase: open" in said
    assert "ladder" not in said, "seventy submissions are not too many"
    document["challenge"]["tracks"][0]["tasks"][0]["daily_limit"] = 50
    file.write_text(yaml.safe_dump(document))
    call_command("challenge", "apply", str(file), "--yes")
    assert "Task exact: a team may submit 700 times" in capsys.readouterr().out
    file.write_text("nothing")
    with pytest.raises(CommandError, match="needs a mapping"):
        call_command("challenge", "apply", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("challenge", "apply", str(tmp_path / "absent.yaml"))


@pytest.mark.parametrize(
    ("hours", "phase"),
    [
        (-1, "draft"),
        (1, "announced"),
        (3, "open"),
        (6, "closed"),
        (8, "revealed"),
        (10, "archived"),
    ],
)
def test_the_phase_follows_from_the_timeline(hours: int, phase: str) -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    times = ("announced_at", "opens_at", "team_freeze_at", "closes_at", "reveal_at", "archived_at")
    after = (0, 2, 4, 5, 7, 9)
    challenge = Challenge(
        **{name: start + timedelta(hours=h) for name, h in zip(times, after, strict=True)},
        revealed_at=start + timedelta(hours=7, minutes=1),
    )
    assert challenge.phase(start + timedelta(hours=hours)) == phase


def test_nobody_organizes_what_they_take_part_in(document: dict[str, Any]) -> None:
    challenge = applied(document)
    factories.make_team(challenge, "Alpha", factories.make_user("alice"))
    document["challenge"]["organizers"] = {"alice@example.org": "owner"}
    with pytest.raises(BadDefinition, match="in a team of this challenge"):
        applied(document)


def test_nobody_who_takes_part_brought_a_data_set(document: dict[str, Any]) -> None:
    challenge = apply(definition=parse(yaml.safe_dump(document)))
    alice = factories.make_user("alice")
    factories.make_team(challenge, "Owls", alice)
    version = challenge.tasks.get().dataset_version
    version.editors.add(alice)
    with pytest.raises(
        BadDefinition, match=r"alice@example.org is or was a data editor of pairs 1 and"
    ):
        apply(definition=parse(yaml.safe_dump(document)))


def test_who_sees_members_and_what_deleted_accounts_leave_are_as_the_file_says(
    document: dict[str, Any],
) -> None:
    challenge = apply(definition=parse(yaml.safe_dump(document)))
    assert (challenge.show_members, challenge.deleted_accounts) == ("everybody", "keep")
    document["challenge"] |= {"show_members": "organizers", "deleted_accounts": "remove"}
    challenge = apply(definition=parse(yaml.safe_dump(document)))
    assert (challenge.show_members, challenge.deleted_accounts) == ("organizers", "remove")


@pytest.mark.parametrize("key", ["show_members", "deleted_accounts"])
@pytest.mark.parametrize("value", ["friends", "", True, None, ["keep"]])
def test_neither_is_anything_else(document: dict[str, Any], key: str, value: Any) -> None:
    document["challenge"][key] = value
    with pytest.raises(BadDefinition, match=key):
        apply(definition=parse(yaml.safe_dump(document)))
