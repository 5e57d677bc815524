"""`python -m benchmarks.boards`: what a board's page and a change of it cost, as history grows.

Two sites with the same thousand teams on the same ten tasks, one with few submissions and one with
a hundred times as many, each with the history that they leave. Asked in turns over HTTP, with the
cache off: pages of a task's board and of the track's, in several states, and as the member of a
team sees them. Then, with the cache on and from an anonymous reader: requests per second of the
large site's board, against a constant page of the same size through the same middleware, in turns,
by two processes. At last the time that one new score takes to reach the boards. Where the machine
has other work too, the processor time of a page tells more than the time until it has arrived.
"""

import argparse
import json
import math
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.load import rate, tool
from tools.scratch_site import Site, kill_group, scratch_site, wait_for

BOARDS = {
    "task board": "/c/bench/tasks/task-1/board/",
    "track board": "/c/bench/tracks/classification/",
}
PAGES = {
    f"{board}, {state}" if state else board: path + query
    for board, path in BOARDS.items()
    for state, query in {
        "": "",
        "second page": "?page=2",
        "by name": "?sort=team",
        "a day ago": f"?at={datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}",
    }.items()
}
MEMBERS = {f"{board}, to a member": path for board, path in BOARDS.items()}
ONE_TEAM = 5000
WEB_PROCESSES, CONNECTIONS = 2, 8
TURNS = 10  # short ones: a shared machine is now faster, now slower
SIGN_IN = """
from django.test import Client
from podium.accounts.models import User
reader = Client(SERVER_NAME="127.0.0.1")
reader.force_login(User.objects.get(pk=1), backend="django.contrib.auth.backends.ModelBackend")
print("; ".join(f"{each.key}={each.value}" for each in reader.cookies.values()))
"""
COUNT = """
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
reader = Client(SERVER_NAME="127.0.0.1", HTTP_COOKIE={cookie!r})
with CaptureQueriesContext(connection) as queries:
    assert reader.get({path!r}).status_code == 200
print(len(queries))
"""


def main() -> None:
    """Print the figures as tables and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--submissions", type=int, default=1_000_000, help="of the large site")
    parser.add_argument("--few", type=int, default=10_000, help="submissions of the small one")
    parser.add_argument("--runs", type=int, default=100, help="requests of each page")
    parser.add_argument("--postgres", action="store_true", help="keep the rows in PostgreSQL")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with ExitStack() as stack:
        sites, seconds = {}, {}
        for name, count in (("small", options.few), ("large", options.submissions)):
            var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-")))
            site = stack.enter_context(scratch_site(var, "pass", postgres=options.postgres))
            kill_group(site.web)
            kill_group(site.beat)
            sites[name] = site
            seconds[name] = _fill(site, options.teams, options.tasks, count)
        figures: dict[str, Any] = {
            **{name: getattr(options, name) for name in ("teams", "tasks", "submissions", "few")},
            "database": "PostgreSQL" if options.postgres else "SQLite",
            "seconds_to_fill": seconds,
            "pages": _pages(sites, options.runs),
            "cached": _cached(sites["large"]),
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


@dataclass(frozen=True)
class Served:
    """Where a site answers, and the processes that do."""

    url: str
    processes: list[int]

    def cpu_ms(self) -> float:
        """Return the processor time that they have taken so far."""
        ticks = 0
        for pid in self.processes:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return 1000 * ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _served(site: Site, *, cached: int) -> Iterator[Served]:
    """Serve the site by one process with four threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    own = {"PODIUM_BOARD_CACHE_SECONDS": str(cached), "PODIUM_LOG_REQUESTS": "0.01"}
    own["BENCH_CONSTANT"] = str(site.var / "constant.html")
    serving = replace(site, environment={**site.environment, **own})
    size = ("--workers", "1", "--threads", "4")
    server = serving.start("gunicorn", "benchmarks.board_server", "--bind", address, *size)
    try:
        wait_for("the first page", lambda: _answers(f"http://{address}/healthz"))
        yield Served(f"http://{address}", site.tree(server))
    finally:
        kill_group(server)


def _answers(url: str) -> bool:
    try:
        _get(url)
    except OSError:
        return False
    return True


def _get(url: str, cookie: str = "") -> bytes:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        assert answer.status == 200, (url, answer.status)
        return answer.read()
    finally:
        connection.close()


def _pages(sites: dict[str, Site], runs: int) -> dict[str, dict[str, Any]]:
    """Return the milliseconds of each page on each site with the cache off, asked in turns."""
    found: dict[str, dict[str, Any]] = {}
    members = {name: site.python(SIGN_IN).strip() for name, site in sites.items()}
    nobody = dict.fromkeys(sites, "")
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(_served(site, cached=0)) for name, site in sites.items()
        }
        for page, path in {**PAGES, **MEMBERS}.items():
            cookies = members if page in MEMBERS else nobody
            for name, server in servers.items():
                _get(server.url + path, cookies[name])
            before = {name: server.cpu_ms() for name, server in servers.items()}
            turns = [
                {name: _ms(server.url + path, cookies[name]) for name, server in servers.items()}
                for _ in range(runs)
            ]
            found[page] = {
                name: {
                    **_percentiles([turn[name] for turn in turns]),
                    "cpu": (server.cpu_ms() - before[name]) / runs,
                }
                for name, server in servers.items()
            }
            found[page]["ratio"] = found[page]["large"]["p50"] / found[page]["small"]["p50"]
            found[page]["bytes"] = len(_get(servers["large"].url + path, cookies["large"]))
            code = COUNT.format(cookie=cookies["large"], path=path)
            found[page]["queries"] = int(sites["large"].python(code))
    return found


def _ms(url: str, cookie: str) -> float:
    begun = time.perf_counter()
    _get(url, cookie)
    return 1000 * (time.perf_counter() - begun)


def _percentiles(values: list[float]) -> dict[str, float]:
    return {"p50": statistics.median(values), "p95": sorted(values)[int(0.95 * len(values))]}


def _cached(site: Site) -> dict[str, Any]:
    """Return requests per second of the task's board and of a constant page of its size.

    By two web processes that answer at addresses of their own, each with half the connections:
    where both take from one, it is chance which of them has how many of those that are kept open.
    """
    with ExitStack() as stack:
        urls = [stack.enter_context(_served(site, cached=600)).url for _ in range(WEB_PROCESSES)]
        (site.var / "constant.html").write_bytes(_get(urls[0] + BOARDS["task board"]))
        pages = {"board": BOARDS["task board"], "constant": "/bench/constant/"}
        for path in pages.values():
            _rate(urls, path)
        turns = [{name: _rate(urls, path) for name, path in pages.items()} for _ in range(TURNS)]
    return {
        "load": tool(),
        **{name: statistics.median(turn[name] for turn in turns) for name in turns[0]},
        "ratio": statistics.median(turn["board"] / turn["constant"] for turn in turns),
    }


def _rate(urls: list[str], path: str, seconds: int = 2) -> float:
    """Return the requests per second of a page at all these addresses at once."""
    share = CONNECTIONS // len(urls)
    with ThreadPoolExecutor() as pool:
        rates = pool.map(rate, [url + path for url in urls], repeat(seconds), repeat(share))
        return math.fsum(rates)


def _refreshes(sites: dict[str, Site]) -> dict[str, float]:
    """Return the milliseconds of a new score on each site, and of one of a team with very many."""
    found = {name: _refresh_ms(site, 20) for name, site in sites.items()}
    sites["small"].python(f"from benchmarks.board_world import *; add_many_of_one_team({ONE_TEAM})")
    return {**found, f"a team with {ONE_TEAM} submissions": _refresh_ms(sites["small"], 1, 5)}


def _refresh_ms(site: Site, teams: int, times: int = 1) -> float:
    code = "from benchmarks.board_world import *; import json; print(json.dumps({}))"
    call = f"[s for _ in range({times}) for s in refresh_seconds({teams})]"
    return 1000 * statistics.median(json.loads(site.python(code.format(call))))


def _print(figures: dict[str, Any]) -> None:
    print(
        f"{figures['database']}: {figures['teams']:,} teams, {figures['tasks']} tasks, "
        f"{figures['few']:,} and {figures['submissions']:,} submissions"
    )
    for name, seconds in figures["seconds_to_fill"].items():
        print(f"filling the {name} site: {seconds:.0f} s")
    for page, found in figures["pages"].items():
        times = ", ".join(
            f"{name} p50 {found[name]['p50']:.1f} ms, p95 {found[name]['p95']:.1f} ms, "
            f"processor {found[name]['cpu']:.1f} ms"
            for name in ("small", "large")
        )
        print(
            f"{page}, not cached: {times}; x{found['ratio']:.2f}; {found['queries']} queries; "
            f"{found['bytes']:,} B"
        )
    cached = figures["cached"]
    print(
        f"cached board by {cached['load']}: {cached['board']:.0f} requests/s, constant page "
        f"{cached['constant']:.0f}; ratio {cached['ratio']:.2f}"
    )
    for name, ms in figures["refresh"].items():
        print(f"a new score, {name}: {ms:.1f} ms")


if __name__ == "__main__":
    main()
