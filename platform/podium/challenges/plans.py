"""Changes of a challenge as proposals: their consequences are read before they are made.

A plan makes the change in a transaction, looks at what became of the challenge, and takes all of it
back. So it says what carrying it out does, because it is the same code.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from podium.challenges.definition import TIMES
from podium.challenges.models import Challenge
from podium.challenges.removing import contents_of
from podium.challenges.state import Differences, differences, state_of
from podium.refusals import Refused

LONG = 80

Change = Callable[[], Challenge]


@dataclass(frozen=True)
class Plan:
    """What a change does to a challenge.

    `changes` has by path what was there and what is there then. `phases` are the phase before and
    after; the first is empty for a new challenge. `past` are the times that land in the past.
    `removed` has what goes with each task that is removed.
    """

    title: str
    changes: Differences
    phases: tuple[str, str]
    past: tuple[str, ...]
    removed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return not self.phases[0]

    @property
    def is_guarded(self) -> bool:
        """Whether the title must be typed: the phase moves, or a time lands in the past."""
        return not self.is_new and (self.phases[0] != self.phases[1] or bool(self.past))

    @property
    def fingerprint(self) -> str:
        """What the plan would do, as a hash: another one is needed once it would do otherwise.

        Of a new challenge only what it has: its times may count from the moment it is made.
        """
        done = [
            [path, *("" if self.is_new else str(value) for value in values)]
            for path, values in self.changes.items()
        ]
        whole = [done, self.phases, self.past, dict(self.removed)]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()

    def lines(self, names: Mapping[str, str] | None = None) -> list[str]:
        """Return the changes, then what they mean; `names` are of paths, for people."""
        names = names or {}
        listed = [
            f"{names.get(path, path)}: {_short(before)} → {_short(after)}"
            for path, (before, after) in self.changes.items()
            if (before or after) and not self._is_removed(path)
        ]
        if self.is_new:
            return listed
        for slug, contents in self.removed.items():
            lost = f", with {', '.join(contents)}" if contents else ""
            listed.append(f"Task {slug} is removed{lost}. Nobody can undo this.")
        before, after = self.phases
        if before != after:
            listed.append(f"The challenge is {before} now, and {after} after this.")
        listed += [f"{names.get(name, name)} lands in the past." for name in self.past]
        if any(path in TIMES for path in self.changes) and before != "draft":
            listed.append("The challenge page shows the moved times, and teams are notified.")
        return listed

    def _is_removed(self, path: str) -> bool:
        """Return whether the path is of a removed task: one line says that."""
        kind, _, rest = path.partition(".")
        return kind == "tasks" and rest.partition(".")[0] in self.removed


def plan(challenge: Challenge | None, change: Change) -> Plan:
    """Return what a change of the challenge, None if it makes one, would do. Raises its refusal."""
    with transaction.atomic():
        made = _made(challenge, change)
        transaction.set_rollback(True)
    return made


def carry_out(
    challenge: Challenge | None, change: Change, *, fingerprint: str, title: str = ""
) -> Plan:
    """Make the change if it still does what was planned. Raises Refused, or the change's refusal.

    `title` is the title that somebody typed: a guarded change needs it.
    """
    with transaction.atomic():
        made = _made(challenge, change)
        if made.fingerprint != fingerprint:
            raise Refused(
                "moved", "The challenge has changed since. Read again what would happen now."
            )
        if made.is_guarded and title.strip() != made.title:
            raise Refused("title", f"Type the title of the challenge: {made.title}")
    return made


def _made(challenge: Challenge | None, change: Change) -> Plan:
    now = timezone.now()
    known = Challenge.objects.select_for_update(no_key=True)
    stored = known.filter(pk=challenge.pk).first() if challenge else None
    before = state_of(stored) if stored else {}
    contents = contents_of(stored) if stored else {}
    phase, title = (stored.phase(now), stored.title) if stored else ("", "")
    after = change()
    after.refresh_from_db()
    changes = differences(before, state_of(after))
    past = tuple(
        name
        for name in TIMES
        if name in changes and isinstance(at := changes[name][1], datetime) and at <= now
    )
    stay = set(after.tasks.values_list("slug", flat=True))
    removed = {slug: found for slug, found in contents.items() if slug not in stay}
    return Plan(title or after.title, changes, (phase, after.phase(now)), past, removed)


def _short(value: object) -> str:
    """Return a value in a line of a plan; a long text by its length."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, list):
        return f"{len(value)} listed"
    text = str(value)
    return text if len(text) <= LONG else f"a text of {len(text):,} characters"
