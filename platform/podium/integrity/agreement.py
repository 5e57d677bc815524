"""Entries of a public board that are wrong where another team's is: more often than by chance."""

from collections.abc import Collection

from leaderboard import likeness
from podium.analysis.row_arrays import is_of, one_thread, rows_of_part, stored_answers
from podium.challenges.models import Task
from podium.integrity.findings import Finding
from podium.integrity.models import Kind
from podium.standings.models import Standing
from podium.submissions.models import Evaluation, Part, Submission


def find(task: Task, apart: Collection[str]) -> list[Finding]:
    """Return the pairs of teams whose entries are alike. Only for workers: it reads the labels.

    Entries whose rows are missing are left out until they are made again. Entries that are the same
    file, or like a baseline's or a file that anybody may send, are left out too.
    """
    entries = {
        row.submission_id: row
        for row in Standing.objects.filter(
            board__task=task,
            board__part=Part.PUBLIC,
            valid_until=None,
            submission__isnull=False,
            team__disqualified_at=None,
        ).select_related("submission", "team")
    }
    rows = rows_of_part(task.solution, Part.PUBLIC)
    sent, answers = [], []
    for evaluation in Evaluation.objects.counting(task).filter(submission__in=entries):
        if not is_of(evaluation, task.solution, task.headline) or not evaluation.rows:
            continue
        if (given := stored_answers(evaluation, rows)) is not None:
            sent.append(entries[evaluation.submission_id])
            answers.append(given)
    with one_thread():
        pairs = likeness.pairs(answers, rows.truth[rows.part])
    known = {place for place, row in enumerate(sent) if _is_known(row, apart)}
    # What is like a baseline or a starter shares its errors with all others that are.
    known |= {place for pair in pairs for place in pair.entries if known & set(pair.entries)}
    return [
        _finding(task, pair, sent[pair.entries[0]], sent[pair.entries[1]])
        for pair in pairs
        if not known & set(pair.entries)
        and _file(sent[pair.entries[0]]).sha256 != _file(sent[pair.entries[1]]).sha256
    ]


def _is_known(row: Standing, apart: Collection[str]) -> bool:
    return row.team.is_baseline or _file(row).sha256 in apart


def _file(row: Standing) -> Submission:
    assert row.submission is not None  # noqa: S101 - the query leaves others out
    return row.submission


def _finding(task: Task, pair: likeness.Pair, one: Standing, other: Standing) -> Finding:
    first, second = sorted((one, other), key=lambda row: row.team_id)
    return Finding(
        kind=Kind.AGREEMENT,
        key=f"{task.slug}:{first.team_id}+{second.team_id}",
        entries=[(row.team_id, row.submission_id) for row in (first, second)],
        strength=pair.shared - pair.expected,
        task=task,
        p=pair.p,
        counts={
            "equal": round(pair.equal, 4),
            "shared": pair.shared,
            "expected": round(pair.expected, 1),
        },
    )
