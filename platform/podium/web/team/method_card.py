"""How a baseline was made: the command, and what each run took and reached."""

from baselines.registry import METHODS
from figures.words import number
from podium.baseline_runs.methods import default_seconds
from podium.baseline_runs.models import BaselineRun, RunState
from podium.teams.models import Team
from podium.web.base.presenters import Context
from scoring import METRICS

VALIDATION_DECIMALS = 3


def method_card(team: Team) -> Context | None:
    """Return what the page of a baseline says of its method; None without a run on a board."""
    method = METHODS.get(team.baseline)
    runs = BaselineRun.objects.filter(
        task__challenge=team.challenge,
        method=team.baseline,
        state=RunState.FINISHED,
        is_on_board=True,
        submission__isnull=False,
    ).select_related("task__challenge")
    # The newest run of each task is the last.
    order = ("task__track__position", "task__position", "task", "pk")
    newest = {run.task: run for run in runs.order_by(*order)}
    if method is None or not newest:
        return None
    rows = [_row(run) for run in newest.values()]
    first = rows[0]
    versions = {row["version"]: None for row in rows if row["version"]}
    options = f"--time-limit {first['limit']} --seed {first['seed']} --cpus {first['cpus'] or 2}"
    command = (
        f"python -m baselines run {method.name} --data DIR --out predictions.parquet {options}"
    )
    return {"summary": method.summary, "versions": ", ".join(versions), "rows": rows} | {
        "command": command,
        "is_measured": any(row["seconds"] for row in rows),
    }


def _row(run: BaselineRun) -> Context:
    """Return one run; what it did not report is empty, as runs of earlier versions did not."""
    facts = run.facts
    validation = facts.get("validation") or {}
    score, metric = validation.get("score"), validation.get("metric", "")
    return {
        "task": run.task,
        "limit": run.seconds or default_seconds(run.method),
        "seed": run.seed,
        "cpus": facts.get("cpus"),
        "seconds": round(facts["seconds"]) if "seconds" in facts else None,
        "memory": facts.get("memory"),
        "reads": ", ".join(facts.get("reads", [])),
        "version": facts.get("version", ""),
        "validation": "" if score is None else number(score, VALIDATION_DECIMALS),
        "metric": METRICS[metric].title if metric in METRICS else metric,
        "how": validation.get("how", ""),
    }
