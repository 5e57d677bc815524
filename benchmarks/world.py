"""The database that a benchmark's site starts with."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.catalog.actions.versions import add_solution, publish
from podium.catalog.models import DatasetVersion, Solution
from podium.challenges.models import Challenge, Task, Track
from podium.submissions.actions import submit
from podium.teams.models import Membership, Team
from podium.uploads.receiving import from_path
from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split, build


def make_world(
    folder: Path, rows: int, classes: tuple[str, ...], password: str, *, tasks: int = 1
) -> None:
    """Make open tasks with this many test rows, a member, and predictions right in 70 %.

    The tasks are of one track and share the data set.
    """
    draw = random.Random(1)
    labels = [draw.choice(classes) for _ in range(rows + 100)]
    build(_source(labels, classes), folder / "public", folder / "private", salt="bench")
    version = publish(public=folder / "public", private=folder / "private")
    challenge = _challenge(version, tasks)
    user = User.objects.create_user("member@example.org", password, name="Member")
    team = Team.objects.create(challenge=challenge, name="Bench", slug="bench-team", captain=user)
    Membership.objects.create(team=team, challenge=challenge, user=user)
    with (folder / "predictions.csv").open("w") as file:
        file.write("id,prediction\n")
        ids = list(range(100, rows + 100))
        draw.shuffle(ids)
        for n in ids:
            label = labels[n] if draw.random() < 0.7 else draw.choice(classes)
            file.write(f"row-{n:08d},{label}\n")


def add_teams(count: int) -> None:
    """Add this many teams of one member to the challenge."""
    challenge = Challenge.objects.get()
    for n in range(count):
        user = User.objects.create_user(f"member{n}@example.org", name=f"Member {n}")
        team = Team.objects.create(
            challenge=challenge, name=f"Bench {n}", slug=f"bench-team-{n}", captain=user
        )
        Membership.objects.create(team=team, challenge=challenge, user=user)


def queue_all(folder: str, count: int) -> None:
    """Submit the predictions this many times, the teams in turn, each to one task after another."""
    tasks = list(Task.objects.select_related("challenge").order_by("id"))
    teams = list(Team.objects.order_by("id"))
    for n in range(count):
        round_, team = divmod(n, len(teams))
        upload = from_path(Path(folder) / "predictions.csv")
        submit(team=teams[team], task=tasks[(team + round_) % len(tasks)], upload=upload)


def correct_solution(folder: str) -> Solution:
    """Return a new solution in which every hundredth row has the label of the row before it."""
    version = DatasetVersion.objects.get()
    table = pq.read_table(files.local(files.private(), version.solutions.get().file))
    labels = table["label"].to_pylist()
    labels = [labels[n - 1] if n % 100 == 99 else label for n, label in enumerate(labels)]
    column = table.schema.get_field_index("label")
    path = Path(folder) / "corrected.parquet"
    pq.write_table(table.set_column(column, "label", pa.array(labels, pa.string())), path)
    return add_solution(version=version, file=path)


def _source(labels: list[str], classes: tuple[str, ...]) -> Source:
    columns: dict[str, list[Any]] = {
        "id": [f"row-{n:08d}" for n in range(len(labels))],
        "number": [float(n) for n in range(len(labels))],
        "label": labels,
    }
    dataset = Dataset(
        name="bench",
        title="Bench",
        description="Made for a measurement.",
        kind=Kind.CLASSIFICATION,
        classes=classes,
        columns=(Column("number", ColumnType.NUMERIC, "A number."),),
        licence=Licence("CC0"),
        citation="None.",
        origin="Made for a measurement.",
        split=Split("at random"),
    )
    return Source(
        dataset=dataset,
        train={name: values[:100] for name, values in columns.items()},
        test={name: values[100:] for name, values in columns.items()},
        groups=columns["id"][100:],
    )


def _challenge(version: DatasetVersion, tasks: int) -> Challenge:
    now = timezone.now()
    challenge = Challenge.objects.create(
        slug="bench",
        title="Bench",
        summary="A measurement.",
        opens_at=now - timedelta(days=1),
        team_freeze_at=now + timedelta(days=1),
        closes_at=now + timedelta(days=1),
        reveal_at=now + timedelta(days=1),
    )
    track = Track.objects.create(challenge=challenge, kind="classification", title="Bench")
    for n in range(tasks):
        Task.objects.create(
            challenge=challenge,
            track=track,
            slug=f"bench-{n}" if n else "bench",
            title=f"Bench {n}" if n else "Bench",
            dataset_version=version,
            solution=version.solutions.get(),
            headline="accuracy",
            daily_limit=100_000,
            in_flight_limit=100_000,
        )
    return challenge
