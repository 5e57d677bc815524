"""Files of several teams that are one file, byte for byte."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count

from podium.challenges.models import Challenge, Task
from podium.integrity.actions import equal_key
from podium.integrity.findings import Entry, Finding
from podium.integrity.models import Kind, KnownFile
from podium.submissions.models import State, Submission
from podium.teams.models import Team

_SAMPLES = ("sample_submission.csv", "sample_submission.parquet")


@dataclass(frozen=True)
class CommonFile:
    """A known file that teams sent: what it is, and the first submission of each team."""

    task: Task
    title: str
    submissions: list[Submission]


def known_hashes(task: Task) -> dict[str, str]:
    """Return what the files are that anybody may send, by SHA-256.

    The outputs of baselines, the data set's sample submission, and what organizers named.
    """
    files = task.dataset_version.facts.get("files", {})
    known = {files[name]["sha256"]: "the sample submission" for name in _SAMPLES if name in files}
    sent = Submission.objects.filter(task=task).exclude(team__baseline="").order_by()
    known |= {sha: f"the baseline {name}" for sha, name in sent.values_list("sha256", "team__name")}
    named = KnownFile.objects.filter(task=task)
    return known | dict(named.values_list("sha256", "title"))


def find(task: Task, apart: Collection[str]) -> list[Finding]:
    """Return which files several teams sent, without those that anybody may send."""
    return [
        Finding(
            kind=Kind.EQUAL_FILES,
            key=equal_key(task, sha256),
            entries=_first(rows),
            strength=len({team for team, _ in rows}),
            task=task,
            counts={"teams": len({team for team, _ in rows}), "files": len(rows)},
        )
        for sha256, rows in _groups(task).items()
        if sha256 not in apart
    ]


def common(challenge: Challenge) -> list[CommonFile]:
    """Return the files that anybody may send, where a team of people did."""
    found = []
    for task in challenge.tasks.select_related("challenge", "dataset_version"):
        known = known_hashes(task)
        rows = (
            Submission.objects.filter(task=task, state=State.SCORED, sha256__in=known)
            .filter(team__in=Team.objects.taking_part())
            .select_related("team__challenge")
            .order_by("pk")
        )
        first: dict[str, dict[int, Submission]] = defaultdict(dict)
        for row in rows:
            first[row.sha256].setdefault(row.team_id, row)
        found += [CommonFile(task, known[sha], list(by.values())) for sha, by in first.items()]
    return found


def _groups(task: Task) -> dict[str, list[tuple[int, int]]]:
    """Return team and id of the scored files that several teams sent, by SHA-256, in order."""
    scored = Submission.objects.filter(
        task=task,
        state=State.SCORED,
        team__in=Team.objects.taking_part().filter(disqualified_at=None),
    ).order_by()
    several = (
        scored.values("sha256")
        .annotate(teams=Count("team", distinct=True))
        .filter(teams__gt=1)
        .values_list("sha256", flat=True)
    )
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    rows = scored.filter(sha256__in=list(several)).order_by("pk")
    for sha256, team, pk in rows.values_list("sha256", "team", "pk"):
        groups[sha256].append((team, pk))
    return groups


def _first(rows: list[tuple[int, int]]) -> list[Entry]:
    first: dict[int, int] = {}
    for team, pk in rows:
        first.setdefault(team, pk)
    return list(first.items())
