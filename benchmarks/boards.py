"""`python -m benchmarks.boards`: what every answer that reads a board costs, as history grows.

Two sites with the same teams on the same tasks, one with few submissions and one with many, each
with the history that they leave. Every page and API answer that reads a board is asked through
Django's test client with the cache of boards off; then the time that one new score takes until it
is on both boards.
"""

import argparse
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tools.scratch_site import Site, kill_group, scratch_site

CHALLENGE = "/c/bench/"
TASK, TRACK = f"{CHALLENGE}tasks/task-1/", f"{CHALLENGE}tracks/classification/"
BOARDS = {"task board": f"{TASK}board/", "track board": TRACK}
API = "/api/v1/challenges/bench"
STATES = {
    "": "",
    ", second page": "?page=2",
    ", by name": "?sort=team",
    ", filtered": "?q=99",
    ", a day ago": f"?at={datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}",
}
PAGES = {
    "home page": "/",
    "challenge page": CHALLENGE,
    "task page": TASK,
    **{
        name + state: path + query
        for name, path in BOARDS.items()
        for state, query in STATES.items()
    },
    "matrix": f"{TRACK}matrix/",
    "headroom": f"{TRACK}headroom/",
    "compare": f"{CHALLENGE}compare/?a=team-1&b=team-2",
    "badge": f"{CHALLENGE}teams/team-1/badge.svg",
    "places of a team": f"{CHALLENGE}teams/team-1/table.md",
    "API, task board": f"{API}/tasks/task-1/board",
    "API, track board": f"{API}/tracks/classification/board",
}
FILES = {
    f"{name}.{form}": f"{path}board.{form}"
    for name, path in {"task board": TASK, "track board": TRACK}.items()
    for form in ("csv", "json", "parquet")
}
MEMBERS = {f"{name}, to a member": PAGES[name] for name in ("challenge page", "task page", *BOARDS)}
MOST_MS, MOST_RATIO, MOST_QUERIES = 100.0, 1.5, 15
ONE_TEAM = 5000


def main() -> None:
    """Print the figures as tables and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--submissions", type=int, default=1_000_000, help="of the large site")
    parser.add_argument("--few", type=int, default=10_000, help="submissions of the small one")
    parser.add_argument("--runs", type=int, default=50, help="requests of each page")
    parser.add_argument("--postgres", action="store_true", help="store the rows in PostgreSQL")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with ExitStack() as stack:
        sites, seconds = {}, {}
        for name, count in (("small", options.few), ("large", options.submissions)):
            var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-")))
            site = stack.enter_context(scratch_site(var, "pass", postgres=options.postgres))
            kill_group(site.web)
            kill_group(site.beat)
            off = {"PODIUM_BOARD_CACHE_SECONDS": "0", "PODIUM_LOG_REQUESTS": "0.01"}
            sites[name] = replace(site, environment={**site.environment, **off})
            seconds[name] = _fill(sites[name], options.teams, options.tasks, count)
        figures: dict[str, Any] = {
            **{name: getattr(options, name) for name in ("teams", "tasks", "submissions", "few")},
            "database": "PostgreSQL" if options.postgres else "SQLite",
            "seconds_to_fill": seconds,
            "pages": {name: _measured(site, options.runs) for name, site in sites.items()},
            "refresh": _refreshes(sites),
        }
    _print(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _fill(site: Site, teams: int, tasks: int, submissions: int) -> float:
    begun = time.perf_counter()
    size = f"Size({teams}, {tasks}, {submissions})"
    site.python(f"from benchmarks.board_world import *; make_board_world({size})")
    if "DATABASE_URL" in site.environment:  # or PostgreSQL would do it while pages are measured
        site.python("from django.db import connection as c; c.cursor().execute('VACUUM ANALYZE')")
    return time.perf_counter() - begun


def _measured(site: Site, runs: int) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(
        site.python(f"from benchmarks.boards import measure; measure({runs})")
    )
    return found


def measure(runs: int) -> None:
    """Print as JSON what each page costs on the site of this process."""
    from django.test import Client  # the parent process has no site

    import podium.wsgi  # noqa: F401  (loads what a web process has loaded)
    from podium.accounts.models import User

    anybody, member = Client(SERVER_NAME="127.0.0.1"), Client(SERVER_NAME="127.0.0.1")
    backend = "django.contrib.auth.backends.ModelBackend"
    member.force_login(User.objects.get(pk=1), backend=backend)
    found = {name: _cost(anybody, path, runs) for name, path in {**PAGES, **FILES}.items()}
    found |= {name: _cost(member, path, runs) for name, path in MEMBERS.items()}
    print(json.dumps(found))


def _cost(reader: Any, path: str, runs: int) -> dict[str, float]:
    """Return milliseconds, queries and bytes of an answer that was asked once before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ask() -> bytes:
        answer = reader.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return bytes(answer.getvalue())

    ask()
    with CaptureQueriesContext(connection) as queries:
        size = len(ask())
    count = len(queries)  # the next request forgets them
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - begun))
    p95 = sorted(times)[int(0.95 * len(times))]
    return {"p50": statistics.median(times), "p95": p95, "queries": count, "bytes": size}


def _refreshes(sites: dict[str, Site]) -> dict[str, float]:
    """Return the milliseconds of a new score on each site, and of one of a team with very many."""
    found = {name: _refresh_ms(site, 20) for name, site in sites.items()}
    sites["small"].python(f"from benchmarks.board_world import *; add_many_of_one_team({ONE_TEAM})")
    return {**found, f"a team with {ONE_TEAM} submissions": _refresh_ms(sites["small"], 1, 5)}


def _refresh_ms(site: Site, teams: int, times: int = 1) -> float:
    code = "from benchmarks.board_world import *; import json; print(json.dumps({}))"
    call = f"[s for _ in range({times}) for s in refresh_seconds({teams})]"
    return float(1000 * statistics.median(json.loads(site.python(code.format(call)))))


def _print(figures: dict[str, Any]) -> None:
    print(
        f"{figures['database']}: {figures['teams']:,} teams, {figures['tasks']} tasks, "
        f"{figures['few']:,} and {figures['submissions']:,} submissions"
    )
    for name, seconds in figures["seconds_to_fill"].items():
        print(f"filling the {name} site: {seconds:.0f} s")
    small, large = figures["pages"]["small"], figures["pages"]["large"]
    print("| what | small p50 | large p50 | large p95 | ratio | queries | bytes | over |")
    print("|---|---|---|---|---|---|---|---|")
    for page, cost in large.items():
        ratio = cost["p50"] / small[page]["p50"]
        row = f"{small[page]['p50']:.1f} ms | {cost['p50']:.1f} ms | {cost['p95']:.1f} ms"
        print(f"| {page} | {row} | x{ratio:.2f} | {cost['queries']} | {cost['bytes']:,} |", end="")
        if page in FILES:
            print(f" {1000 * cost['p50'] / figures['teams']:.0f} µs a row |")
        else:
            print(f" {_over(cost, ratio)} |")
    for name, ms in figures["refresh"].items():
        print(f"a new score until it is on both boards, {name}: {ms:.1f} ms")


def _over(cost: dict[str, float], ratio: float) -> str:
    """Return which bounds an answer does not meet."""
    is_over = {
        "p95": cost["p95"] > MOST_MS,
        "ratio": ratio > MOST_RATIO,
        "queries": cost["queries"] > MOST_QUERIES,
    }
    return ", ".join(name for name, over in is_over.items() if over)


if __name__ == "__main__":
    main()
