"""Finding entries of a public board that give nearly the same answers, when it is studied."""

from leaderboard import likeness
from podium.analysis.row_arrays import is_of, one_thread, rows_of_part, stored_answers
from podium.challenges.models import Task
from podium.standings.models import Board, Likeness, Standing
from podium.submissions.models import Evaluation, Part


def look(board: Board, task: Task) -> None:
    """Keep which entries of the task's public board are alike now. Only for workers.

    Entries whose rows are missing are left out; the next study of the board has them. Baselines
    are never listed, but say what others get wrong.
    """
    places = Standing.objects.filter(board=board, valid_until=None, submission__isnull=False)
    teams = dict(places.values_list("submission", "team"))
    baselines = set(places.exclude(team__baseline="").values_list("team", flat=True))
    rows = rows_of_part(task.solution, Part.PUBLIC)
    entries, answers = [], []
    for evaluation in Evaluation.objects.counting(task).filter(submission__in=teams):
        if not is_of(evaluation, task.solution, task.headline) or not evaluation.rows:
            continue
        if (given := stored_answers(evaluation, rows)) is not None:
            entries.append((teams[evaluation.submission_id], evaluation.submission_id))
            answers.append(given)
    with one_thread():
        found = likeness.groups(
            answers,
            rows.truth[rows.part],
            listed=[team not in baselines for team, _ in entries],
        )
    groups = [
        {
            "entries": [entries[place] for place in group.entries],
            "equal": group.equal,
            "shared": group.shared,
            "expected": group.expected,
        }
        for group in found
    ]
    Likeness.objects.update_or_create(board=board, defaults={"groups": groups})
