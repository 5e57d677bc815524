"""Tasks: what to predict, from which files, under which limits."""

from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from podium.access import get_challenge, get_task, may_download, must_accept_licence
from podium.api.base.paging import part_of
from podium.api.base.readers import ANYBODY
from podium.api.base.shapes import Page, PageQuery, Slug, example
from podium.catalog.models import DatasetVersion
from podium.challenges.models import Task
from podium.standings.feedback import form_of, step_of
from podium.submissions.quota import Allowance, allowance
from podium.teams.actions import team_of
from scoring import METRICS
from scoring.naming import SUFFIXES

router = Router(tags=["Tasks"])
_EXAMPLE = {
    "challenge": "sample",
    "slug": "pairs",
    "title": "Pairs",
    "track": "matching",
    "kind": "matching",
    "metric": {
        "name": "average_precision",
        "title": "Average precision",
        "higher_is_better": True,
        "words": "…",
    },
    "feedback": "rounded",
    "step": 0.005,
    "daily_limit": 5,
    "final_limit": 2,
    "url": "/c/sample/tasks/pairs/",
}


class Metric(Schema):
    """What a task is ranked by."""

    name: str
    title: str
    higher_is_better: bool
    words: str = Field(description="What it measures.")
    model_config = example(
        name="accuracy", title="Accuracy", higher_is_better=True, words="Share of right rows."
    )


class TaskShort(Schema):
    """A task as lists have it."""

    challenge: str
    slug: str
    title: str
    track: str = Field(description="The kind of its track, which names it in addresses.")
    kind: str = Field(description="matching or classification.")
    metric: Metric
    feedback: str = Field(description="How much of a score is shown: exact, rounded or ladder.")
    step: float = Field(description="What displayed scores are rounded to.")
    daily_limit: int = Field(description="Submissions a day and team.")
    final_limit: int = Field(description="Submissions that a team may choose as final.")
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(**_EXAMPLE)


class Dataset(Schema):
    """The data set version of a task."""

    name: str
    number: int
    title: str
    content_hash: str
    licence: str
    access: str = Field(description="Access: public, signed_in or participants.")
    must_accept_licence: bool = Field(description="Whether you accept it before a download.")
    licence_hash: str = Field(description="Changes with the licence; it is what one accepts.")
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(
        name="catalogue-exact",
        number=1,
        title="Catalogue",
        content_hash="b" * 64,
        licence="CC-BY-4.0",
        access="public",
        must_accept_licence=False,
        licence_hash="c" * 64,
        url="/datasets/catalogue-exact/1/",
    )


class Limits(Schema):
    """What you can still send today: your team's quota, or less where you yourself have less."""

    limit: int = Field(description="Submissions that are scored a day.")
    left: int = Field(
        description="The smaller of what your team has left on the task and what you have left on "
        "its data, in all teams and challenges."
    )
    total_limit: int | None = Field(description="Scored submissions of a team on all days.")
    total_left: int | None = Field(description="What your team has left of that.")
    pause: str = Field(description="Why the task takes no submissions now, or empty.")
    in_flight: int = Field(description="Submissions that wait or are being scored.")
    in_flight_limit: int
    rejected_left: int = Field(description="Files that may still be rejected today.")
    next_at: datetime = Field(description="When the next day of the quota begins.")
    model_config = example(
        limit=5,
        left=3,
        total_limit=None,
        total_left=None,
        pause="",
        in_flight=0,
        in_flight_limit=3,
        rejected_left=50,
        next_at="2026-11-22T00:00:00Z",
    )


class File(Schema):
    """A public file of a data set."""

    name: str
    bytes: int
    sha256: str = Field(description="Empty until you may download the file.")
    url: str = Field(description="Where the API gives it, relative to this site.")
    model_config = example(
        name="train.parquet",
        bytes=52311,
        sha256="a" * 64,
        url="/api/v1/challenges/sample/tasks/pairs/files/train.parquet",
    )


class TaskWhole(TaskShort):
    """A task with its files and limits."""

    description: str = Field(description="Markdown.")
    classes: list[str] | None = Field(description="In declared order; None for matching.")
    positive_label: str | None
    negative_label: str | None
    dataset: Dataset
    max_bytes: int = Field(description="The largest file that is taken.")
    limits: Limits | None = Field(description="None without a token.")
    files: list[File]
    accepted_suffixes: list[str]
    model_config = example(
        **_EXAMPLE,
        description="Which pairs are the same product?",
        classes=None,
        positive_label="1",
        negative_label="0",
        dataset=Dataset.model_config["json_schema_extra"]["examples"][0],  # type: ignore[index]
        max_bytes=200_000_000,
        limits=None,
        files=[],
        accepted_suffixes=list(SUFFIXES),
    )


@router.get(
    "/challenges/{slug:challenge}/tasks",
    response=Page[TaskShort],
    auth=ANYBODY,
    url_name="tasks",
    summary="List tasks",
)
def tasks(request: HttpRequest, challenge: Path[Slug], page: Query[PageQuery]) -> object:
    """List the tasks of a challenge, track by track."""
    found = get_challenge(request, challenge)
    rows = found.tasks.select_related("challenge", "track", "dataset_version", "solution")
    return part_of(request, rows, page, _short)


@router.get(
    "/challenges/{slug:challenge}/tasks/{slug:task}",
    response=TaskWhole,
    auth=ANYBODY,
    url_name="task",
    summary="A task",
)
def task(request: HttpRequest, challenge: Path[Slug], task: Path[Slug]) -> object:
    """Give a task with its files, and what is left of your quota."""
    found = get_task(request, challenge, task)
    version = found.dataset_version
    signed_in = request.user.is_authenticated
    has_files = may_download(request.user, version)
    team = team_of(request.user, found.challenge)
    return {
        **_short(found),
        "description": found.description,
        "classes": version.facts.get("classes"),
        "positive_label": version.facts.get("positive_label"),
        "negative_label": version.facts.get("negative_label"),
        "dataset": _dataset(request, version),
        "max_bytes": found.max_bytes,
        "limits": _limits(allowance(team, found, timezone.now(), request.user))
        if signed_in
        else None,
        "files": [_file(found, each, has_files=has_files) for each in version.files],
        "accepted_suffixes": list(SUFFIXES),
    }


def _short(found: Task) -> dict[str, object]:
    metric = METRICS[found.headline]
    return {
        "challenge": found.challenge.slug,
        "slug": found.slug,
        "title": found.title,
        "track": found.track.kind,
        "kind": found.track.kind,
        "metric": {
            "name": metric.name,
            "title": metric.title,
            "higher_is_better": metric.higher_is_better,
            "words": form_of(found).words.summary,
        },
        "feedback": found.feedback,
        "step": step_of(found),
        "daily_limit": found.daily_limit,
        "final_limit": found.final_limit,
        "url": found.get_absolute_url(),
    }


def _dataset(request: HttpRequest, version: DatasetVersion) -> dict[str, object]:
    return {
        "name": version.name,
        "number": version.number,
        "title": version.title,
        "content_hash": version.content_hash,
        "licence": version.facts["licence"]["name"],
        "access": version.access,
        "must_accept_licence": must_accept_licence(request.user, version),
        "licence_hash": version.licence_hash,
        "url": version.get_absolute_url(),
    }


def _limits(left: Allowance) -> dict[str, object]:
    names = (
        "limit",
        "left",
        "total_limit",
        "total_left",
        "pause",
        "in_flight",
        "in_flight_limit",
        "rejected_left",
        "next_at",
    )
    return {name: getattr(left, name) for name in names}


def _file(found: Task, file: dict[str, object], *, has_files: bool) -> dict[str, object]:
    place = [found.challenge.slug, found.slug, file["name"]]
    return {
        "name": file["name"],
        "bytes": file["bytes"],
        "sha256": file["sha256"] if has_files else "",
        "url": reverse("api:file", args=place),
    }
