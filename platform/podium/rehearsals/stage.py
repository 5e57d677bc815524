"""The steps of a rehearsal, played with the site's own verbs in a scratch site."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command

from podium.accounts.models import User
from podium.baseline_runs import actions as baselines
from podium.baseline_runs.models import BaselineRun, RunState
from podium.baseline_runs.tasks import run_baseline
from podium.catalog.actions.versions import new_draft, publish_version, store_built
from podium.catalog.models import Access, DatasetVersion
from podium.challenges.actions import apply
from podium.challenges.definition import parse
from podium.challenges.models import Challenge, Organizer, Role, Task
from podium.refusals import Refused
from podium.rehearsals import clock, files_of_teams
from podium.standings.reveal import reveal_now
from podium.standings.visible import VisibleBoard, visible_board
from podium.submissions.actions import submit
from podium.submissions.models import Part, State, Submission
from podium.submissions.selection import select
from podium.submissions.tasks import score_submission
from podium.teams.actions import accept_rules, ensure_team
from podium.uploads.receiving import Receiver

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Step = dict[str, object]
NOT_OPEN = "refused, as the challenge is not open yet"
CLOSED = "refused, as the challenge is closed"
PAUSED = "refused, as the task is paused"
NOT_DUE = "refused, as it is too early"
# By the code of the refusal; any other one is shown with its message.
_REFUSED = {"not_open": NOT_OPEN, "closed": CLOSED, "paused": PAUSED, "not_due": NOT_DUE}


class Stage:
    """A scratch site with the copy of a challenge; each step adds one row to its `steps`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        self.text: dict[int, bytes] = {}
        definition = parse((folder / "challenge.yaml").read_text(encoding="utf-8"))
        times = (value for value in definition.timeline.values() if isinstance(value, datetime))
        clock.move_to(min(times, default=datetime.now(UTC)) - 48 * HOUR)
        call_command("migrate", verbosity=0)
        self._publish()
        self.challenge = apply(definition=definition)
        self.owner = User.objects.create(email="owner@rehearsal.invalid", name="Owner")
        Organizer.objects.create(challenge=self.challenge, user=self.owner, role=Role.OWNER)

    def play(self) -> list[Step]:
        """Play all steps and return them."""
        challenge, tasks = self.challenge, list(self.challenge.tasks.all())
        self._at(challenge.opens_at - MINUTE)
        for task in tasks:
            self._refused(f"{task}: file before the opening", NOT_OPEN, task, "Early")
        self._step("Trivial baseline on every task", "scored", self._trivial)
        self._at(challenge.opens_at + MINUTE)
        for task in tasks:
            self._uploads(task)
        self._boards("Leaderboards while open", self._is_ranked)
        if challenge.freeze_hours:
            self._at(max(challenge.frozen_since(), challenge.opens_at) + 2 * MINUTE)
            self._boards("Leaderboards in the freeze", lambda board: bool(board.frozen_since))
        self._at(challenge.closes_at - MINUTE)
        for task in tasks:
            self._step(f"{task}: final selection", "selected", lambda of=task: self._select(of))  # type: ignore[misc]
        self._at(challenge.closes_at + MINUTE)
        for task in tasks:
            self._refused(f"{task}: file after the close", CLOSED, task, "Uniform")
        self._at(challenge.reveal_due_at - MINUTE)
        self._step("Reveal before its time", NOT_DUE, self._reveal)
        self._at(challenge.reveal_due_at + MINUTE)
        self._step("Reveal", "revealed", self._reveal)
        self._boards("Private leaderboards", lambda board: self._is_ranked(board, Part.PRIVATE))
        return self.steps

    def _at(self, moment: datetime) -> None:
        clock.move_to(moment)
        self.challenge = Challenge.objects.get(pk=self.challenge.pk)

    def _publish(self) -> None:
        for of in json.loads((self.folder / "versions.json").read_text(encoding="utf-8")):
            place = self.folder / of["folder"]
            version = new_draft(name=of["name"], title=of["name"], by=None, access=Access.SIGNED_IN)
            DatasetVersion.objects.filter(pk=version.pk).update(number=of["number"])
            version.refresh_from_db()
            store_built(version=version, public=place / "public", private=place / "private")
            publish_version(version=version)
            self.text[version.pk] = files_of_teams.sample(place / "public")

    def _step(self, title: str, expected: str, act: Callable[[], str]) -> None:
        since = time.monotonic()
        try:
            happened = act()
        except Refused as refused:
            happened = _REFUSED.get(refused.code) or f"refused: {refused.message}"
        self.steps.append(
            {
                "title": title,
                "expected": expected,
                "happened": happened,
                "seconds": round(time.monotonic() - since, 2),
            }
        )

    def _refused(self, title: str, expected: str, task: Task, name: str) -> None:
        text = self.text[task.dataset_version_id]
        self._step(title, expected, lambda: self._send(task, name, text))

    def _uploads(self, task: Task) -> None:
        text = self.text[task.dataset_version_id]
        sent = {
            "Uniform": (text, "scored"),
            "Constant": (files_of_teams.constant(text), "scored"),
            "Random": (files_of_teams.random(text, seed=1), "scored"),
            "Malformed": (files_of_teams.malformed(text), "rejected"),
        }
        for name, (content, expected) in sent.items():
            self._step(
                f"{task}: file of the team {name}",
                PAUSED if task.pause else expected,
                lambda name=name, content=content: self._send(task, name, content),  # type: ignore[misc]
            )
        if not task.pause:
            self._step(f"{task}: one file over the limit", "refused", lambda: self._flood(task))

    def _flood(self, task: Task) -> str:
        # A team of its own for each task: people have one quota for all tasks on the same data.
        limit = min(task.daily_limit, task.total_limit or task.daily_limit)
        text = self.text[task.dataset_version_id]
        for number in range(limit + 1):
            try:
                self._send(task, f"Eager-{task.slug}", files_of_teams.random(text, seed=2 + number))
            except Refused:
                return "refused" if number == limit else f"refused after {number} files"
        return "accepted"

    def _send(self, task: Task, name: str, content: bytes) -> str:
        """Send a file of a test team, score it as a worker does, and return how it ended."""
        task = Task.objects.select_related("challenge").get(pk=task.pk)
        user, _ = User.objects.get_or_create(
            email=f"{name.lower()}@rehearsal.invalid", defaults={"name": name}
        )
        if self.challenge.rules.strip():
            accept_rules(challenge=self.challenge, by=user)
        receiver = Receiver()
        receiver.write(content)
        upload = receiver.finish("predictions.csv")
        made = submit(team=ensure_team(user, self.challenge), task=task, upload=upload, by=user)
        score_submission(made.pk)
        made.refresh_from_db()
        return str(made.state)

    def _trivial(self) -> str:
        baselines.start_trivial()
        for run in BaselineRun.objects.filter(state=RunState.QUEUED).values_list("pk", flat=True):
            run_baseline(run)
        for pk in Submission.objects.filter(state=State.QUEUED).values_list("pk", flat=True):
            score_submission(pk)
        scored = Submission.objects.filter(state=State.SCORED, team__baseline="trivial")
        lacking = self.challenge.tasks.exclude(pk__in=scored.values("task"))
        return f"none on {', '.join(map(str, lacking))}" if lacking else "scored"

    def _boards(self, title: str, is_good: Callable[[VisibleBoard], bool]) -> None:
        for track in self.challenge.tracks.select_related("challenge"):
            self._step(
                f"{title}: {track}",
                "as they should be",
                lambda of=track: (  # type: ignore[misc]
                    "as they should be" if is_good(visible_board(AnonymousUser(), of)) else "not so"
                ),
            )

    @staticmethod
    def _is_ranked(board: VisibleBoard, part: str = Part.PUBLIC) -> bool:
        return board.part == part and any(row.rank is not None for row in board.rows)

    def _select(self, task: Task) -> str:
        scored = Submission.objects.filter(task=task, state=State.SCORED, team__baseline="")
        first = scored.select_related("task__challenge", "team").first()
        if first is None:
            return "nothing to select"
        select(submission=first, by=first.submitted_by)  # type: ignore[arg-type]
        return "selected"

    def _reveal(self) -> str:
        reveal_now(challenge=self.challenge, by=self.owner)
        return "revealed"
