"""How far each file is from those just before it, and the teams that probe row by row.

rows.npz of most files is deleted after hours, so the differences are stored as soon as a file is
scored.
"""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from leaderboard import probing
from podium import files
from podium.challenges.models import Task
from podium.integrity.findings import Finding
from podium.integrity.models import FileStep, Kind
from podium.standings.feedback import form_of
from podium.submissions.models import Evaluation
from podium.teams.models import Team
from scoring.artefact import unpack_rows
from scoring.metrics.needs import GROUPS, SCORES, UNIT_SCORES

BACK = 3
"""A file is compared with this many before it: one file in between hides no series."""

Codes = npt.NDArray[np.int32]


def take(task: Task) -> None:
    """Store how far each new file is from those just before it."""
    mine = Evaluation.objects.counting(task).filter(submission__team__in=Team.objects.taking_part())
    new = mine.filter(submission__step=None).select_related("submission")
    by_team: dict[int, list[Evaluation]] = defaultdict(list)
    for evaluation in new.order_by("submission__received_at", "submission"):
        by_team[evaluation.submission.team_id].append(evaluation)
    for team, evaluations in by_team.items():
        before = list(
            mine.filter(submission__team=team, submission__pk__lt=evaluations[0].submission_id)
            .exclude(rows="")
            .order_by("-submission")[:BACK]
        )[::-1]
        _take(task, before, evaluations)


def _take(task: Task, before: list[Evaluation], new: list[Evaluation]) -> None:
    earlier = [given for each in before if (given := _given(task, each)) is not None]
    for evaluation in new:
        given = _given(task, evaluation)
        changed = None
        if given is not None:
            compare = probing.moved if _is_ranking(task) else probing.changed
            found = [compare(each, given) for each in earlier if len(each) == len(given)]
            changed = min((n for n in found if n > 0), default=0 if found else None)
            earlier = [*earlier, given][-BACK:]
        FileStep.objects.get_or_create(
            submission=evaluation.submission, defaults={"changed": changed}
        )


def find(task: Task) -> list[Finding]:
    """Return the teams that changed few rows between files more often than others do."""
    steps = FileStep.objects.filter(
        submission__task=task, submission__team__disqualified_at=None, changed__isnull=False
    ).order_by("submission")
    changes: dict[int, list[int]] = defaultdict(list)
    sent: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for team, pk, n in steps.values_list("submission__team", "submission", "changed"):
        changes[team].append(n or 0)
        sent[team].append((pk, n or 0))
    rows = task.solution.public_rows + task.solution.private_rows
    most = probing.few_rows(rows)
    return [
        Finding(
            kind=Kind.PROBING,
            key=f"{task.slug}:{found.team}",
            entries=[(found.team, pk) for pk, n in sent[found.team] if 0 < n <= most],
            strength=found.few,
            task=task,
            p=found.p,
            counts={
                "few": found.few,
                "pairs": found.pairs,
                "rows": most,
                "usual": round(found.usual, 4),
            },
        )
        for found in probing.probers(changes, rows)
    ]


def _is_ranking(task: Task) -> bool:
    """Return whether the headline depends on the order of scores, not on decisions."""
    return form_of(task).needs in (SCORES, UNIT_SCORES, GROUPS)


def _given(task: Task, evaluation: Evaluation) -> Codes | None:
    """Return what a file says of every row (n,), None if its rows are not stored."""
    if not evaluation.rows:
        return None
    try:
        with files.private().open(evaluation.rows) as file:
            arrays = unpack_rows(file.read())
    except FileNotFoundError:
        return None
    given: Codes = arrays["prediction" if _is_ranking(task) else "decision"]
    return given
