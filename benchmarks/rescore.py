"""`python -m benchmarks.rescore`: rescoring a whole task while somebody continues to submit.

A real site is started (Redis, gunicorn, beat, a Celery worker with two processes; SQLite). Many
10,000-row submissions are scored, then all are scored again with a corrected solution. On the way a
member uploads now and then and waits for the score, as on an idle site before; the rescore is
cancelled and resumed once; at last it is published. Figures for 10,000 submissions follow from the
rate. In the same run and on the same file, the usual scoring script is timed.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.upload_to_score import CLASSES, PASSWORD, Browser, script_seconds
from tools.scratch_site import Site, scratch_site, wait_for

PROCESSES = 2
QUEUES = "control,scoring,studies,rescoring"
WHOLE = 10_000
UPLOADS = 8
SCRIPTS = 5
START = """
from benchmarks.world import correct_solution
from podium.challenges.models import Task
from podium.submissions.jobs.rescoring import start
task = Task.objects.select_related("dataset_version", "solution").get()
print(start(task=task, solution=correct_solution({var!r})).pk)
"""
CHANGE = """
from podium.submissions.jobs import rescoring
from podium.standings import rescore_boards
from podium.submissions.models import Rescore
{}(rescore=Rescore.objects.get())
"""
OPEN = "SELECT count(*) FROM submissions_submission WHERE state IN ('queued', 'scoring')"
TIMES = "SELECT started_at, resumed_at FROM submissions_rescore"
STATE = "SELECT state FROM submissions_rescore"
MADE = """
    SELECT e.created_at FROM submissions_evaluation e
    JOIN submissions_rescore r ON r.solution_id = e.solution_id ORDER BY e.created_at
"""
FAULTY = """
    SELECT count(*) FROM submissions_submission s WHERE state <> 'scored' OR
    (SELECT count(*) FROM submissions_evaluation e WHERE e.submission_id = s.id) <> 2 OR
    (SELECT count(*) FROM submissions_evaluation e WHERE e.submission_id = s.id AND e.counts) <> 1
"""


def load(folder: str, rows: int, submissions: int) -> None:
    """Fill the site's database: one open task with this many queued submissions."""
    from benchmarks.world import add_teams, make_world, queue_all

    make_world(Path(folder), rows, CLASSES, PASSWORD)
    add_teams(11)
    queue_all(folder, submissions)


def main() -> None:
    """Print the figures as a table and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--submissions", type=int, default=400)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as name:
        var = Path(name)
        code = (
            "from benchmarks.rescore import load; "
            f"load({name!r}, {options.rows}, {options.submissions})"
        )
        with scratch_site(var, code) as site:
            site.start_worker(processes=PROCESSES, queues=QUEUES)
            wait_for("the first scores", lambda: site.query(OPEN) == [(0,)], 1800)
            ours = _measure(site, options.submissions)
        solution = next((var / "files" / "private" / "solutions").rglob("1.parquet"))
        script = statistics.median(script_seconds(var / "predictions.csv", solution, SCRIPTS))
    figures = {
        "rows": options.rows,
        "submissions": options.submissions,
        **ours,
        # As many at a time as Podium has worker processes, as if they did not slow each other down.
        "usual_script_per_second": PROCESSES / script,
    }
    figures["ratio"] = figures["rescored_per_second"] / figures["usual_script_per_second"]
    for key, value in figures.items():
        print(f"{key:32} {value:10.1f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _measure(site: Site, submissions: int) -> dict[str, float]:
    """Rescore everything, interrupted once, with uploads on the way; return the figures."""
    browser = Browser(site.url)
    browser.sign_in()
    file = site.var / "predictions.csv"
    browser.upload_and_wait(file)
    idle = [browser.upload_and_wait(file) for _ in range(UPLOADS)]
    site.python(START.format(var=str(site.var)))
    _wait_for_made(site, submissions // 3)
    cancelled = time.perf_counter()
    site.python(CHANGE.format("rescoring.cancel"))
    cancelling = time.perf_counter() - cancelled
    before = _made(site)
    time.sleep(2)
    assert _made(site) == before, "what waits in the queue does nothing"
    site.python(CHANGE.format("rescoring.resume"))
    _wait_for_made(site, len(before) + 1)
    busy = [browser.upload_and_wait(file) for _ in range(UPLOADS)]
    wait_for("the end of the rescore", lambda: site.query(STATE) == [("ready",)], 1800)
    after = _made(site)
    begun = time.perf_counter()
    site.python(CHANGE.format("rescore_boards.publish"))
    publishing = time.perf_counter() - begun
    assert site.query(FAULTY) == [(0,)]
    # The first part ran without uploads, from the start to the last evaluation before the
    # cancellation.
    ((started, resumed),) = site.query(TIMES)
    rate = len(before) / (before[-1] - _time(started)).total_seconds()
    rest = len(after) - len(before)
    return {
        "rescored_per_second": rate,
        "minutes_for_10000": WHOLE / rate / 60,
        "resumed_per_second": rest / (after[-1] - _time(resumed)).total_seconds(),
        "idle_p50_ms": 1000 * statistics.median(idle),
        "meanwhile_p50_ms": 1000 * statistics.median(busy),
        "meanwhile_worst_ms": 1000 * max(busy),
        "cancel_with_start_of_python_s": cancelling,
        "publish_with_start_of_python_s": publishing,
    }


def _made(site: Site) -> list[datetime]:
    return [_time(at) for (at,) in site.query(MADE)]


def _time(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _wait_for_made(site: Site, count: int) -> None:
    wait_for(f"{count} evaluations", lambda: len(_made(site)) >= count, 1800)


if __name__ == "__main__":
    main()
