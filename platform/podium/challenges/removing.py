"""Removing a task, a track, or a draft challenge with all that baselines have put into it.

What a person has submitted is never removed: such a task can be paused.
"""

from django.db import transaction

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.signals import removal_questioned, task_contents, task_removed
from podium.refusals import Refused

_REMOVABLE = {Phase.DRAFT, Phase.ANNOUNCED, Phase.OPEN}


def contents_of(challenge: Challenge) -> dict[str, list[str]]:
    """Return by the slug of each task what would be removed with it, in words."""
    return {
        task.slug: [text for ask in task_contents for text in ask(task)]
        for task in challenge.tasks.all()
    }


def remove_task(task: Task, by: User | None) -> None:
    """Remove a task inside the caller's transaction. Raises Refused if people rest on it."""
    # Nobody submits to it meanwhile: a new submission needs its row.
    task = Task.objects.select_for_update().select_related("challenge").get(pk=task.pk)
    if why := _why_not(task):
        raise Refused("in_use", why)
    contents = [text for ask in task_contents for text in ask(task)]
    record(
        Verb.REMOVED_TASK,
        subject=task,
        by=by,
        challenge=task.challenge.slug,
        task=task.slug,
        title=task.title,
        removed=contents,
    )
    for listener in reversed(task_removed):
        listener(task)
    task.delete()


def remove_track(track: Track, by: User | None) -> None:
    """Remove a track and its tasks inside the caller's transaction. Raises Refused."""
    for task in track.tasks.all():
        remove_task(task, by)
    slug = track.challenge.slug
    record(
        Verb.REMOVED_TRACK, subject=track, by=by, challenge=slug, kind=track.kind, title=track.title
    )
    track.delete()


def refusal_of_challenge(challenge: Challenge) -> str:
    """Say why the whole challenge must stay, or ""."""
    if challenge.phase() != Phase.DRAFT or challenge.revealed_at:
        return (
            "Only a draft can be removed: people have seen this challenge. Archive it once it is "
            "over, or pause its tasks."
        )
    if challenge.teams.filter(baseline="").exists():
        return "People are in its teams, so it must stay. Pause its tasks instead."
    return next((why for task in challenge.tasks.all() if (why := _why_not(task))), "")


@transaction.atomic
def remove_challenge(*, challenge: Challenge, title: str, by: User) -> None:
    """Remove a draft challenge and all that is in it. Raises Refused.

    `title` is what somebody typed to confirm: nobody can undo this.
    """
    challenge = Challenge.objects.select_for_update().get(pk=challenge.pk)
    if why := refusal_of_challenge(challenge):
        raise Refused("in_use", why)
    if title.strip() != challenge.title:
        raise Refused("title", f"Type the title of the challenge: {challenge.title}")
    for track in challenge.tracks.all():
        remove_track(track, by)
    record(
        Verb.REMOVED_CHALLENGE,
        subject=challenge,
        by=by,
        challenge=challenge.slug,
        title=challenge.title,
    )
    challenge.delete()


def _why_not(task: Task) -> str:
    phase = task.challenge.phase()
    if phase not in _REMOVABLE:
        return f"The challenge is {phase}, so its tasks must stay."
    return next((why for ask in removal_questioned if (why := ask(task))), "")
