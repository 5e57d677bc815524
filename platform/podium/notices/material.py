"""What notices of one reader speak of, read at once for all of them.

However many notices there are, each kind of row takes one query, and what a task's feedback or a
challenge's final choice needs is asked once for each task or challenge.
"""

from collections.abc import Sequence
from functools import cached_property

from django.db.models import F
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import DataEditor, DatasetVersion
from podium.challenges.models import Announcement, Challenge, Organizer, Phase, Task
from podium.challenges.permissions import Permission, challenges_with
from podium.discussions.announcements import readable
from podium.discussions.models import Answer, Message, Question
from podium.notices.finals import Choice, choices
from podium.notices.models import Notice
from podium.standings.feedback import Displayed, headlines
from podium.standings.models import Board
from podium.submissions.models import Evaluation, State, Submission
from podium.teams.models import Team
from podium.winners.actions import listed, published
from podium.winners.models import Place


class Material:
    """The rows that a reader's notices refer to, by id, read on first use."""

    def __init__(self, notices: Sequence[Notice], viewer: User) -> None:
        self.viewer = viewer
        self._facts = [notice.facts for notice in notices]
        self._wins: dict[int, list[Place]] = {}
        self._choices: dict[int, list[Choice]] = {}

    def _ids(self, name: str) -> set[int]:
        return {facts[name] for facts in self._facts if name in facts}

    def is_secret(self, challenge: Challenge | None) -> bool:
        """Return whether the reader may not know of the challenge: others' draft."""
        is_draft = challenge is not None and challenge.phase() == Phase.DRAFT
        return is_draft and challenge is not None and challenge.pk not in self._drafts

    @cached_property
    def _drafts(self) -> set[int]:
        return challenges_with(self.viewer, Permission.SEE_DRAFT)

    @cached_property
    def moderated(self) -> set[int]:
        """The challenges in which the reader moderates."""
        return challenges_with(self.viewer, Permission.MODERATE)

    @cached_property
    def roles(self) -> dict[int, str]:
        """The reader's role in each challenge."""
        rows = Organizer.objects.filter(user=self.viewer.pk)
        return dict(rows.values_list("challenge_id", "role"))

    @cached_property
    def data_sets(self) -> dict[int, DatasetVersion]:
        """Versions of data sets that the reader edits, is asked to edit, or was removed from."""
        return DatasetVersion.objects.only("name", "number").in_bulk(self._ids("data_set"))

    @cached_property
    def offers(self) -> dict[int, DataEditor]:
        """Offers to the reader to edit a data set, and those that others declined."""
        return DataEditor.objects.in_bulk(self._ids("offer") | self._ids("declined"))

    @cached_property
    def edited(self) -> set[int]:
        """Those of them that the reader edits now."""
        rows = DatasetVersion.editors.through.objects.filter(user=self.viewer.pk)
        rows = rows.filter(datasetversion__in=self._ids("data_set"))
        return set(rows.values_list("datasetversion_id", flat=True))

    @cached_property
    def teams(self) -> dict[int, int]:
        """The reader's team in each challenge."""
        return dict(self.viewer.memberships.values_list("challenge_id", "team_id"))

    @cached_property
    def slugs(self) -> dict[int, str]:
        """The address of the reader's team in each challenge."""
        return dict(self.viewer.memberships.values_list("challenge_id", "team__slug"))

    @cached_property
    def submissions(self) -> dict[int, Submission]:
        needed = ("task__challenge", "task__dataset_version", "task__solution")
        rows = Submission.objects.select_related(*needed).defer("task__dataset_version__facts")
        return rows.in_bulk(self._ids("submission"))

    @cached_property
    def headlines(self) -> dict[int, Displayed | None]:
        """The displayed headline of each submission that is scored and of a team of the reader."""
        mine = set(self.teams.values())
        scored = [
            each.pk
            for each in self.submissions.values()
            if each.state == State.SCORED and each.team_id in mine
        ]
        needed = ("task__challenge", "task__dataset_version", "task__solution", "team")
        version = F("submission__task__dataset_version")
        found = list(
            Evaluation.objects.filter(submission__in=scored, counts=True)
            .filter(solution__dataset_version=version)
            .select_related(*(f"submission__{name}" for name in needed))
            .prefetch_related("submission__task__boards")
            .defer("diagnostics", "submission__task__dataset_version__facts")
        )
        shown = headlines(self.viewer, found)
        return {each.submission_id: one for each, one in zip(found, shown, strict=True)}

    @cached_property
    def announcements(self) -> dict[int, Announcement]:
        shown = readable(self.viewer).filter(at__lte=timezone.now())
        return shown.in_bulk(self._ids("announcement"))

    @cached_property
    def boards(self) -> dict[int, Board]:
        rows = Board.objects.select_related("task__challenge", "track__challenge")
        return rows.in_bulk(self._ids("board"))

    @cached_property
    def leaders(self) -> dict[int, Team]:
        """Teams that have taken a lead."""
        listed = {pk for facts in self._facts for pk in facts.get("teams", ())}
        return Team.objects.in_bulk(listed)

    @cached_property
    def standing(self) -> dict[int, Team]:
        """Teams with which organizers did something."""
        return Team.objects.select_related("challenge").in_bulk(self._ids("team"))

    @cached_property
    def tasks(self) -> dict[int, Task]:
        """Tasks that were scored again."""
        rows = Task.objects.select_related("challenge").only("title", "slug", "challenge")
        return rows.in_bulk(self._ids("task"))

    @cached_property
    def events(self) -> dict[int, Event]:
        """Acts of organizers, with their reasons."""
        return Event.objects.in_bulk(self._ids("event"))

    @cached_property
    def questions(self) -> dict[int, Question]:
        rows = Question.objects.select_related("challenge", "task", "team", "author")
        return rows.filter(hidden_at=None).in_bulk(self._ids("question"))

    @cached_property
    def answers(self) -> dict[int, Answer]:
        """Answers to questions of the reader."""
        rows = Answer.objects.select_related("question__challenge", "author")
        shown = rows.filter(hidden_at=None, question__hidden_at=None)
        return shown.filter(question__author=self.viewer.pk).in_bulk(self._ids("answer"))

    @cached_property
    def messages(self) -> dict[int, Message]:
        rows = Message.objects.select_related("team__challenge")
        return rows.in_bulk(self._ids("message"))

    def wins(self, challenge: Challenge) -> list[Place]:
        """Return the places with which the reader's team is a winner of the challenge now."""
        if challenge.pk not in self._wins:
            self._wins[challenge.pk] = self._found_wins(challenge)
        return self._wins[challenge.pk]

    def _found_wins(self, challenge: Challenge) -> list[Place]:
        team, winners = self.teams.get(challenge.pk), published(challenge)
        if winners is None or team not in listed(winners).winners:
            return []
        return list(winners.places.filter(team=team).select_related("track"))

    def choices(self, challenge: Challenge) -> list[Choice]:
        """Return what the reader's team chose as final in the challenge."""
        if challenge.pk not in self._choices:
            self._choices[challenge.pk] = self._made_choices(challenge)
        return self._choices[challenge.pk]

    def _made_choices(self, challenge: Challenge) -> list[Choice]:
        team = Team.objects.filter(pk=self.teams.get(challenge.pk, 0)).first()
        needed = ("track", "dataset_version", "solution")
        tasks = challenge.tasks.select_related(*needed).defer("dataset_version__facts")
        return choices(team, list(tasks)) if team else []
