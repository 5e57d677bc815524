"""Files that take a team far beyond all others at once; the rule is in `leaderboard.jumps`."""

from collections import defaultdict

from leaderboard.jumps import Field, Jump, Reached, jump
from podium.challenges.models import Task
from podium.integrity.findings import Finding
from podium.integrity.models import Kind
from podium.standings.feedback import bounds
from podium.standings.ranking import TRIVIAL
from podium.submissions.models import Part, Score
from scoring import METRICS

Files = list[tuple[int, Reached]]


def find(task: Task) -> list[Finding]:
    """Return the jumps of teams, by raw scores on the public part."""
    metric = METRICS[task.headline]
    sign = 1 if metric.higher_is_better else -1
    lowest, highest = bounds(task, metric)
    ceiling = task.ceiling if task.ceiling is not None else (highest if sign > 0 else lowest)
    teams, baselines, trivial = _scores(task, sign)
    best = {team: _best(files) for team, files in teams.items()}
    found = []
    for team, files in teams.items():
        others = [reached for other, reached in best.items() if other != team]
        if not others:
            continue
        worst = min([reached.value for reached in (*others, *baselines)])
        field = Field(others, baselines, worst if trivial is None else trivial, sign * ceiling)
        if (jumped := jump([reached for _, reached in files], field)) is not None:
            found.append(_finding(task, team, files, jumped))
    return found


def _scores(task: Task, sign: int) -> tuple[dict[int, Files], list[Reached], float | None]:
    """Return the scores of each team in order, those of baselines, and the trivial one."""
    scores = (
        Score.objects.counting(task)
        .filter(
            part=Part.PUBLIC,
            metric=task.headline,
            value__isnull=False,
            evaluation__submission__withdrawn_at=None,
            evaluation__submission__team__disqualified_at=None,
        )
        .order_by("evaluation__submission__received_at", "evaluation__submission")
    )
    teams: dict[int, Files] = defaultdict(list)
    baselines, trivial = [], None
    sent, of = "evaluation__submission", "evaluation__submission__team"
    for pk, team, baseline, value, error in scores.values_list(
        sent, of, f"{of}__baseline", "value", "standard_error"
    ):
        reached = Reached(sign * (value or 0.0), error or 0.0)
        if baseline:
            baselines.append(reached)
            trivial = reached.value if baseline == TRIVIAL else trivial
        else:
            teams[team].append((pk, reached))
    return teams, baselines, trivial


def _best(files: Files) -> Reached:
    return max((reached for _, reached in files), key=lambda reached: reached.value)


def _finding(task: Task, team: int, files: Files, jumped: Jump) -> Finding:
    return Finding(
        kind=Kind.JUMP,
        key=f"{task.slug}:{team}",
        entries=[(team, pk) for pk, _ in files[jumped.place - 1 : jumped.place + 1]],
        strength=jumped.rise,
        task=task,
        p=jumped.p,
        counts={
            "rise": round(jumped.rise, 1),
            "closed": round(jumped.closed, 3),
            "beyond": round(jumped.beyond, 1),
            "closed_beyond": round(jumped.closed_beyond, 3),
        },
    )
