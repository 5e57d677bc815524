"""A rehearsal plays a challenge from opening to reveal elsewhere, and leaves a report."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone

import samples
from podium.audit.models import Event
from podium.catalog.actions.versions import publish
from podium.challenges.models import Challenge, Role, Track
from podium.refusals import Refused
from podium.rehearsals.actions import rehearse
from podium.rehearsals.material import shuffle
from tests.site import factories


@pytest.fixture
def planned(db: None, tmp_path: Path) -> Challenge:
    """A challenge that opens next week, on a built-in data set, with a freeze and a rule."""
    samples.build("digits", tmp_path / "made")
    built = tmp_path / "made" / "digits"
    version = publish(public=built / "public", private=built / "private")
    now = timezone.now()
    challenge = factories.make_challenge(
        announced_at=None,
        opens_at=now + timedelta(days=7),
        team_freeze_at=now + timedelta(days=20),
        closes_at=now + timedelta(days=30),
        reveal_at=now + timedelta(days=31),
        freeze_hours=24,
        rules="Be fair.",
    )
    factories.make_organizer(challenge, factories.make_user("olga"), Role.OWNER)
    track = Track.objects.create(challenge=challenge, kind=version.kind, title="Digits")
    for slug, headline in (("digits", "accuracy"), ("rare-digits", "macro_f1")):
        track.tasks.create(
            challenge=challenge,
            slug=slug,
            title=slug.title(),
            dataset_version=version,
            solution=version.solutions.get(),
            headline=headline,
            daily_limit=2,
        )
    return challenge


def counts() -> dict[str, int]:
    return {model._meta.label: model.objects.count() for model in apps.get_models()}


def stored() -> list[str]:
    root = Path(settings.STORAGES["private"]["OPTIONS"]["location"]).parent
    return sorted(str(path) for path in root.rglob("*"))


@pytest.mark.slow
def test_all_steps_go_as_expected_and_only_one_event_stays(
    planned: Challenge, mailoutbox: list[object]
) -> None:
    before, files = counts(), stored()
    report = rehearse(challenge=planned, by=None)
    assert report.problems == []
    titles = " ".join(step["title"] for step in report.steps)
    for part in ("before the opening", "Malformed", "over the limit", "freeze", "after the close"):
        assert part in titles
    assert report.steps[-1]["title"].startswith("Private leaderboards")
    assert counts() == {**before, "audit.Event": before["audit.Event"] + 1}
    assert stored() == files
    assert mailoutbox == []
    event = Event.objects.get(verb="rehearsed challenge")
    assert event.facts["problems"] == []
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("work-*"))


def test_too_slow_a_rehearsal_is_ended_and_its_folder_removed(planned: Challenge) -> None:
    with pytest.raises(Refused, match="was ended"):
        rehearse(challenge=planned, by=None, seconds=0.1)
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("work-*"))
    assert not Event.objects.filter(verb="rehearsed challenge").exists()


def test_without_a_task_there_is_nothing_to_rehearse(challenge: Challenge) -> None:
    with pytest.raises(Refused, match="nothing to rehearse"):
        rehearse(challenge=challenge, by=None)


def test_labels_are_shuffled_within_their_part_and_nothing_else_moves(tmp_path: Path) -> None:
    usage = ["public"] * 300 + ["private"] * 700
    labels = [str(row % 3) for row in range(300)] + [str(row % 7) for row in range(700)]
    table = pa.table({"id": list(range(1000)), "label": labels, "usage": usage})
    pq.write_table(table, tmp_path / "real.parquet")
    shuffle(tmp_path / "real.parquet", tmp_path / "played.parquet")
    played = pq.read_table(tmp_path / "played.parquet")
    assert played.drop_columns(["label"]).equals(table.drop_columns(["label"]))
    assert played.schema.equals(table.schema)
    drawn = played["label"].to_pylist()
    assert sorted(drawn[:300]) == sorted(labels[:300])
    assert sorted(drawn[300:]) == sorted(labels[300:])
    assert drawn[:300] != labels[:300]
    assert drawn[300:] != labels[300:]
    shuffle(tmp_path / "real.parquet", tmp_path / "again.parquet")
    assert pq.read_table(tmp_path / "again.parquet")["label"].to_pylist() != drawn
