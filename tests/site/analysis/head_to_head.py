"""Comparisons as a viewer and a worker see them."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from podium.accounts.models import User
from podium.analysis import comparison_jobs as comparing
from podium.analysis.comparison_jobs import (
    unfinished,
)
from podium.analysis.comparisons import (
    HeadToHead,
    comparisons_of,
)
from podium.challenges.models import Task
from podium.standings.models import Comparison
from podium.teams.models import Team
from scoring.runner import Scorer


def viewer_called(name: str) -> Any:
    """The person of that name, or nobody: a team's only member has its name."""
    if name == "anonymous":
        return AnonymousUser()
    return User.objects.get(email=f"{name}@example.org")


def team_of(name: str) -> Team:
    return Team.objects.get(name=name)


def fresh(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def between(viewer: Any, task: Task, a: str, b: str, part: str | None = None) -> HeadToHead:
    task = fresh(task)
    found = comparisons_of(viewer, [task], team_of(a), team_of(b), part).get(task.pk)
    assert found is not None
    return found


def compare(pk: int, scorer: Scorer) -> None:
    """Do what a worker does with a message."""
    do = partial(comparing.compare, scorer=scorer)
    Comparison.run(pk, do=do, fail=lambda job, _: comparing.fail(job))


def work(scorer: Scorer) -> None:
    for comparison in unfinished():
        compare(comparison.pk, scorer)


def done(viewer: Any, task: Task, a: str, b: str, scorer: Scorer) -> HeadToHead:
    between(viewer, task, a, b)
    work(scorer)
    return between(viewer, task, a, b)


def numbers(value: Any) -> Iterator[float]:
    """Every float that hangs on a dataclass; rows of the database are not looked into."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from numbers(each)
    elif is_dataclass(value) and not isinstance(value, type | models.Model):
        for field in fields(value):
            if field.name != "metric":
                yield from numbers(getattr(value, field.name))
