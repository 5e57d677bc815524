"""`python -m benchmarks.drain`: how fast two worker processes empty a long queue.

A real site is started (Redis, gunicorn, beat; SQLite, or PostgreSQL with --postgres). Many 10,000-
row files of several teams are queued at once, then a Celery worker with two processes starts. Each
must be scored exactly once, at the first attempt. The usual scoring script (see
`benchmarks.upload_to_score`), two at a time, is timed in the same run and on the same file.

`--teams 1000 --tasks 10 --versus 10` asks what a long board costs: the same number of files is
timed on a second site that has ten teams.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.upload_to_score import CLASSES, PASSWORD, script_seconds
from tools.scratch_site import Site, scratch_site, wait_for

PROCESSES = 2
SCRIPTS = 7
WORDS_OF_TROUBLE = ("locked", "error", "Traceback", "deadlock")
STATES = "SELECT state, count(*) FROM submissions_submission GROUP BY state"
ENDS = "SELECT finished_at FROM submissions_submission ORDER BY finished_at"
FAULTY = """
    SELECT count(*) FROM submissions_submission s WHERE state <> 'scored' OR attempt <> 1
    OR (SELECT count(*) FROM submissions_evaluation e WHERE e.submission_id = s.id) <> 1
"""
PLACES = """
    SELECT sum(attempts), count(*) FROM standings_standing JOIN standings_board b ON b.id = board_id
    WHERE valid_until IS NULL AND b.task_id IS NOT NULL
"""


def load(folder: str, rows: int, teams: int, tasks: int) -> None:
    """Fill the site's database: open tasks of one track with this many test rows, and teams."""
    from benchmarks.world import add_teams, make_world

    make_world(Path(folder), rows, CLASSES, PASSWORD, tasks=tasks)
    add_teams(teams - 1)


def main() -> None:
    """Print the figures as a table and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--teams", type=int, default=12)
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--versus", type=int, help="time a site with this many teams as well")
    parser.add_argument("--postgres", action="store_true", help="keep the rows in PostgreSQL")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures = {"rows": options.rows, "runs": options.runs, "teams": options.teams}
    figures |= {"tasks": options.tasks, **_on_site(options, options.teams, scripts=SCRIPTS)}
    if options.versus:
        other = _on_site(options, options.versus, scripts=0)["drained_per_second"]
        figures[f"with_{options.versus}_teams"] = other
        figures["share_of_that"] = figures["drained_per_second"] / other
    for key, value in figures.items():
        print(f"{key:26} {value:10.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _on_site(options: argparse.Namespace, teams: int, *, scripts: int) -> dict[str, float]:
    """Return the figures of a site with this many teams, and of the usual script."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as name:
        var = Path(name)
        arguments = f"{name!r}, {options.rows}, {teams}, {options.tasks}"
        code = f"from benchmarks.drain import load; load({arguments})"
        with scratch_site(var, code, postgres=options.postgres) as site:
            figures = _drain(site, options.runs, teams, options.tasks)
        if scripts:
            solution = next((var / "files" / "private" / "solutions").rglob("*.parquet"))
            seconds = statistics.median(script_seconds(var / "predictions.csv", solution, scripts))
            # As many at a time as Podium has processes, as if they did not slow each other down.
            figures["usual_script_per_second"] = PROCESSES / seconds
            figures["ratio"] = figures["drained_per_second"] / figures["usual_script_per_second"]
    return figures


def _drain(site: Site, runs: int, teams: int, tasks: int) -> dict[str, float]:
    """Queue all runs, let the workers score them, and return how long that took."""
    begun = time.perf_counter()
    site.python(f"from benchmarks.world import queue_all; queue_all({str(site.var)!r}, {runs})")
    queued = time.perf_counter()
    site.start_worker(processes=PROCESSES)
    wait_for("the end of the queue", lambda: _ended(site) == runs, 600)
    _check(site, runs, min(runs, teams * tasks))
    ends = [_time(row[0]) for row in site.query(ENDS)]
    # From the first end to the last: the rate excludes the start of the worker.
    seconds = (ends[-1] - ends[0]).total_seconds()
    return {
        "queued_per_second": runs / (queued - begun),
        "drained_per_second": (runs - 1) / seconds,
        "seconds_with_worker_start": time.perf_counter() - queued,
    }


def _ended(site: Site) -> int:
    counts = {str(state): int(str(n)) for state, n in site.query(STATES)}
    return sum(n for state, n in counts.items() if state not in {"queued", "scoring"})


def _check(site: Site, runs: int, rows: int) -> None:
    """Raise AssertionError unless all were scored once and nothing went wrong on the way."""
    assert site.query(FAULTY) == [(0,)], site.query(STATES)
    assert site.query(PLACES) == [(runs, rows)], site.query(PLACES)
    for log in site.var.glob("*.log"):
        for line in log.read_text(errors="replace").splitlines():
            assert not any(word in line for word in WORDS_OF_TROUBLE), f"{log.name}: {line}"


def _time(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


if __name__ == "__main__":
    main()
