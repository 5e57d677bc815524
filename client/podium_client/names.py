"""Which task or challenge a name means."""

import re
from collections.abc import Callable, Mapping, Sequence

from podium_client.errors import SeveralTasksError, UsageError

SLUG = re.compile(r"[A-Za-z0-9_-]+")


def checked(slug: str, what: str) -> str:
    """Return a part of an address. Errors: UsageError if it cannot be one."""
    if not SLUG.fullmatch(slug):
        raise UsageError(f"`{slug}` is not the name of a {what}, as the site's addresses have it.")
    return slug


def task_of(
    given: str,
    settings: Mapping[str, str],
    tasks_of: Callable[[str], Sequence[Mapping[str, object]]],
) -> tuple[str, str]:
    """Return challenge and task of a name, or of the configuration without one.

    A name without a slash is a task of the configured challenge, or else a challenge with one
    task, as Kaggle's competitions are. Errors: UsageError that says what to give.
    """
    given = given or settings.get("task", "") or settings.get("challenge", "")
    if not given:
        raise UsageError(
            "Name the task as challenge/task (-c), or set one: podium config set task NAME."
        )
    challenge, slash, task = given.partition("/")
    if slash:
        return checked(challenge, "challenge"), checked(task, "task")
    checked(given, "task")
    usual = settings.get("challenge", "")
    if usual and given != usual:
        return checked(usual, "challenge"), given
    slugs = [str(each["slug"]) for each in tasks_of(given)]
    if not slugs:
        raise UsageError(f"{given} has no tasks yet.")
    if len(slugs) > 1:
        raise SeveralTasksError(given, [f"{given}/{slug}" for slug in slugs])
    return given, slugs[0]


def challenge_of(given: str, settings: Mapping[str, str]) -> str:
    """Return the challenge of a name, which may be a task's, or the configured one."""
    usual = settings.get("challenge", "") or settings.get("task", "")
    challenge = (given or usual).partition("/")[0]
    if not challenge:
        raise UsageError("Name the challenge, or set one: podium config set challenge NAME.")
    return checked(challenge, "challenge")


def subject_of(given: str, settings: Mapping[str, str]) -> tuple[str, str]:
    """Return challenge and task of a name, or of the configuration; no task: all of the challenge.

    Errors: UsageError that says what to give.
    """
    name = given or settings.get("task", "") or settings.get("challenge", "")
    challenge = challenge_of(name, settings)
    task = name.partition("/")[2]
    return challenge, checked(task, "task") if task else ""
