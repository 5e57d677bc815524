"""Which rows of an event an archive has, and which of their fields are public.

The full edition has every field. The public one has only the fields that are named here, so that a
field which is added later stays out until somebody names it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Field, Model, Q, QuerySet

from podium.audit.models import Event
from podium.baseline_runs.models import BaselineRun, RunState
from podium.catalog.models import DatasetVersion, Solution
from podium.challenges.models import (
    Announcement,
    Challenge,
    Organizer,
    Prize,
    ShowMembers,
    Task,
    Track,
)
from podium.discussions.models import Addressee, Answer, Message, Question
from podium.files import Json
from podium.integrity.models import Case, CaseEntry, KnownFile
from podium.standings.models import Board, Revision, Standing
from podium.submissions.models import (
    ACTIVE,
    Evaluation,
    Part,
    Rescore,
    Score,
    Submission,
    Unscored,
)
from podium.teams.models import Membership, MergeProposal, ResearchUse, RulesAcceptance, Team
from podium.winners.actions import published
from podium.winners.models import Ineligible, Place, WinnersList
from podium.writeups.models import Attachment, WriteUp, WriteUpVersion

Rows = Callable[[Challenge], QuerySet[Any]]
EVERY = ("*",)


@dataclass(frozen=True)
class Table:
    """The rows of a model that belong to a challenge, in the order of their ids.

    `public` are the fields that the public edition has (none: it does not have the table) of
    `public_rows` (by default the same rows). `file` is the field that names a file in the private
    storage. `later` are foreign keys to rows that are written after this one, and fields that a
    constraint binds to them.
    """

    model: type[Model]
    rows: Rows
    public: Sequence[str] = ()
    public_rows: Rows | None = None
    file: str = ""
    later: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Name of its file in the archive, without the suffix."""
        return str(self.model._meta.model_name)

    def chosen(self, challenge: Challenge, *, is_public: bool) -> QuerySet[Any]:
        """Return the rows that an edition has."""
        rows = self.public_rows if is_public and self.public_rows else self.rows
        return rows(challenge).order_by("pk")

    def fields(self, *, is_public: bool) -> "list[Field[Any, Any]]":
        """Return the fields that an edition has, without the primary key."""
        stored = [
            field
            for field in self.model._meta.concrete_fields
            if not field.primary_key and not getattr(field, "generated", False)
        ]
        if not is_public or self.public == EVERY:
            return stored
        return [field for field in stored if field.name in self.public]


def written(row: Model, fields: "Sequence[Field[Any, Any]]") -> Json:
    """Return a row as JSON values; foreign keys are the ids of this site."""
    return {"id": row.pk, **{field.name: _plain(getattr(row, field.attname)) for field in fields}}


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _of_tasks(challenge: Challenge) -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.filter(task__challenge=challenge).distinct()


def shown(challenge: Challenge) -> QuerySet[Submission]:
    """Return the submissions that the present boards show."""
    now = Standing.objects.filter(board__in=_boards(challenge), valid_until=None)
    return Submission.objects.filter(pk__in=now.exclude(submission=None).values("submission"))


def _boards(challenge: Challenge) -> QuerySet[Board]:
    return Board.objects.filter(Q(task__challenge=challenge) | Q(track__challenge=challenge))


def _public_scores(challenge: Challenge) -> QuerySet[Score]:
    """Return the scores that private boards show: headlines of the final submissions."""
    final = Standing.objects.filter(
        board__task__challenge=challenge, board__part=Part.PRIVATE, valid_until=None
    )
    return Score.objects.filter(
        evaluation__submission__in=final.values("submission"),
        evaluation__counts=True,
        part=Part.PRIVATE,
        metric=F("evaluation__submission__task__headline"),
    )


def _seen_members(challenge: Challenge) -> QuerySet[Membership]:
    found = Membership.objects.filter(challenge=challenge)
    return found if challenge.show_members == ShowMembers.EVERYBODY else found.none()


def _writeups_out(challenge: Challenge) -> QuerySet[WriteUp]:
    return WriteUp.objects.out().filter(track__challenge=challenge)


def _published(challenge: Challenge) -> QuerySet[WinnersList]:
    """Return the list of winners that everybody sees, if there is one."""
    found = published(challenge)
    rows = WinnersList.objects.filter(challenge=challenge)
    return rows.filter(pk=found.pk) if found else rows.none()


def consenting(challenge: Challenge) -> QuerySet[Team]:
    """Return the teams whose files the public edition has: baselines, and all that agreed."""
    return challenge.teams.filter(Q(research_use=ResearchUse.YES) | ~Q(baseline=""))


# In the order in which they are read again: what a row points to comes before it.
TABLES = (
    Table(
        DatasetVersion,
        _of_tasks,
        public=(
            *("name", "number", "state", "access", "content_hash", "kind", "title", "facts"),
            *("created_at", "published_at", "retired_at"),
        ),
    ),
    Table(
        Solution,
        lambda of: Solution.objects.filter(dataset_version__in=_of_tasks(of)),
        public=(
            *("dataset_version", "number", "file", "sha256"),
            *("public_rows", "private_rows", "created_at"),
        ),
        file="file",
    ),
    Table(
        Challenge,
        lambda of: Challenge.objects.filter(pk=of.pk),
        public=(
            *("slug", "title", "summary", "description", "rules", "prizes"),
            *("announced_at", "opens_at", "team_freeze_at", "closes_at", "reveal_at"),
            *("archived_at", "revealed_at", "freeze_hours", "visible_to", "max_team_size"),
            *("show_members", "show_affiliations", "is_rehearsal", "is_sample"),
        ),
    ),
    Table(Track, lambda of: Track.objects.filter(challenge=of), public=EVERY),
    Table(Prize, lambda of: Prize.objects.filter(track__challenge=of), public=EVERY),
    Table(Task, lambda of: Task.objects.filter(challenge=of), public=EVERY),
    Table(
        Announcement,
        lambda of: Announcement.objects.filter(challenge=of),
        public=("challenge", "at", "title", "body"),
        public_rows=lambda of: Announcement.objects.filter(challenge=of, audience=""),
    ),
    Table(Organizer, lambda of: Organizer.objects.filter(challenge=of)),
    Table(
        Team,
        lambda of: Team.objects.filter(challenge=of),
        public=(
            *("challenge", "name", "slug", "affiliation", "captain", "baseline", "created_at"),
            *("disqualified_at", "merged_into", "merged_at", "removed_at", "research_use"),
        ),
        later=("merged_into", "merged_at"),
    ),
    Table(Addressee, lambda of: Addressee.objects.filter(announcement__challenge=of)),
    Table(Message, lambda of: Message.objects.filter(team__challenge=of)),
    Table(
        Membership,
        lambda of: Membership.objects.filter(challenge=of),
        public=("team", "challenge", "user", "joined_at"),
        public_rows=_seen_members,
    ),
    Table(MergeProposal, lambda of: MergeProposal.objects.filter(surviving__challenge=of)),
    Table(RulesAcceptance, lambda of: RulesAcceptance.objects.filter(challenge=of)),
    Table(
        Submission,
        lambda of: Submission.objects.filter(task__challenge=of),
        public=(
            *("team", "task", "number", "file", "sha256", "size", "method", "state"),
            *("first_byte_at", "received_at", "queued_at", "finished_at", "selected_at"),
        ),
        public_rows=shown,
        file="file",
    ),
    Table(
        BaselineRun,
        lambda of: BaselineRun.objects.filter(task__challenge=of, state=RunState.FINISHED),
        public=(
            *("task", "method", "seconds", "seed", "is_on_board"),
            *("state", "submission", "reference", "facts"),
            *("queued_at", "started_at", "finished_at"),
        ),
    ),
    Table(
        Evaluation,
        lambda of: Evaluation.objects.filter(submission__task__challenge=of),
        public=("submission", "solution", "scorer_version", "created_at", "seconds", "counts"),
        public_rows=lambda of: Evaluation.objects.filter(submission__in=shown(of), counts=True),
        file="rows",
    ),
    Table(
        Score,
        lambda of: Score.objects.filter(evaluation__submission__task__challenge=of),
        public=EVERY,
        public_rows=_public_scores,
    ),
    Table(Rescore, lambda of: Rescore.objects.filter(task__challenge=of).exclude(state__in=ACTIVE)),
    Table(
        Unscored,
        lambda of: Unscored.objects.filter(rescore__task__challenge=of).exclude(
            rescore__state__in=ACTIVE
        ),
    ),
    Table(Board, _boards, public=EVERY),
    Table(Revision, lambda of: Revision.objects.filter(board__in=_boards(of)), public=EVERY),
    Table(Standing, lambda of: Standing.objects.filter(board__in=_boards(of)), public=EVERY),
    Table(
        Ineligible,
        lambda of: Ineligible.objects.filter(team__challenge=of),
    ),
    Table(
        WinnersList,
        lambda of: WinnersList.objects.filter(challenge=of),
        public=EVERY,
        public_rows=_published,
    ),
    Table(
        Place,
        lambda of: Place.objects.filter(winners__challenge=of),
        public=EVERY,
        public_rows=lambda of: Place.objects.filter(winners__in=_published(of)),
    ),
    Table(
        Question,
        lambda of: Question.objects.filter(challenge=of),
        public=EVERY,
        public_rows=lambda of: Question.objects.filter(challenge=of, hidden_at=None),
    ),
    Table(
        Answer,
        lambda of: Answer.objects.filter(question__challenge=of),
        public=EVERY,
        public_rows=lambda of: Answer.objects.filter(
            question__challenge=of, question__hidden_at=None, hidden_at=None
        ),
    ),
    Table(
        WriteUp,
        lambda of: WriteUp.objects.filter(track__challenge=of),
        public=("team", "track", "published_version", "published_at"),
        public_rows=_writeups_out,
        later=("published_version",),
    ),
    Table(
        Attachment,
        lambda of: Attachment.objects.filter(writeup__track__challenge=of),
        public=EVERY,
        public_rows=lambda of: Attachment.objects.filter(
            Q(pk__in=_writeups_out(of).values("published_version__paper"))
            | Q(pk__in=_writeups_out(of).values("published_version__slides"))
        ),
        file="file",
    ),
    Table(
        WriteUpVersion,
        lambda of: WriteUpVersion.objects.filter(writeup__track__challenge=of),
        public=EVERY,
        public_rows=lambda of: WriteUpVersion.objects.filter(
            pk__in=_writeups_out(of).values("published_version")
        ),
    ),
    # What organizers suspected and decided is in no public edition.
    Table(Case, lambda of: Case.objects.filter(challenge=of)),
    Table(CaseEntry, lambda of: CaseEntry.objects.filter(case__challenge=of)),
    Table(KnownFile, lambda of: KnownFile.objects.filter(task__challenge=of)),
    Table(
        Event,
        lambda of: Event.objects.filter(challenge=of.slug),
        public=("at", "verb", "subject", "challenge", "is_public", "facts"),
        public_rows=lambda of: Event.objects.filter(challenge=of.slug, is_public=True),
    ),
)
