"""A site for tests and benchmarks: gunicorn and beat on a free port, workers on demand."""

import fcntl
import getpass
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tools import services
from tools.keep import descendants

ROOT = Path(__file__).resolve().parents[1]
STATIC = (
    "from django.core.management import call_command; "
    "call_command('collectstatic', interactive=False, verbosity=0)"
)
# Tests run as root in containers; a worker's warning about that would hide in its log what counts.
QUIET = ["-W", "ignore:You're running the worker with superuser"]


@dataclass
class Site:
    """Where the site answers, and the processes that a test may kill."""

    url: str
    var: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    web: subprocess.Popen[bytes] = field(init=False)
    beat: subprocess.Popen[bytes] = field(init=False)

    def manage(self, *arguments: str) -> str:
        """Return what a management command printed."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def python(self, code: str) -> str:
        """Return what Python code printed that ran in the site's own environment."""
        return self.manage("shell", "--verbosity", "0", "--command", code).strip()

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows of a query (with ? for its values) on the site's database."""
        if address := self.environment.get("DATABASE_URL"):
            # libpq's own form: only the database's name, and its socket's folder as the host.
            folder, _, name = address.removeprefix("postgres:///").rpartition("/")
            with psycopg.connect(host=f"/{folder}", dbname=name, user=getpass.getuser()) as server:
                return server.execute(sql.replace("?", "%s"), values).fetchall()
        with closing(sqlite3.connect(self.var / "podium.sqlite3", timeout=20)) as database:
            rows = database.execute(sql, values).fetchall()
            database.commit()
            return rows

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Python module as a process of the site, in a process group of its own."""
        log = (self.var / f"{arguments[0]}-{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, *QUIET, "-m", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def tree(self, process: subprocess.Popen[bytes]) -> list[int]:
        """Return the process ids of a process of the site and of all that it started."""
        return [process.pid, *descendants(process.pid)]

    def start_worker(
        self, processes: int = 1, queues: str = "control,scoring,studies,rescoring,baselines"
    ) -> subprocess.Popen[bytes]:
        """Start a Celery worker with this many processes and a unique name."""
        worker = self.start(
            "celery", "--app", "podium", "worker", "--concurrency", str(processes),
            "--hostname", f"worker{len(self.processes)}@%h", "--queues", queues,
            "--without-gossip", "--without-mingle",
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def start_web(self) -> subprocess.Popen[bytes]:
        """Start the web server."""
        address = self.url.removeprefix("http://")
        self.web = self.start("gunicorn", "podium.wsgi", "--bind", address, "--threads", "4")
        wait_for("the first page", lambda: _answers(self.url))
        return self.web

    def start_beat(self) -> subprocess.Popen[bytes]:
        """Start the scheduler."""
        schedule = str(self.var / "beat")
        self.beat = self.start("celery", "--app", "podium", "beat", "--schedule", schedule)
        return self.beat


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children at once, as the kernel does when memory runs out."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def wait_for(what: str, check: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds. Raises TimeoutError with its name otherwise."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about within {seconds:g} s")
        time.sleep(0.05)


@contextmanager
def scratch_site(var: Path, load: str, *, postgres: bool = False) -> Iterator[Site]:
    """Run a site whose state is in `var`; `load` is Python code that fills its database."""
    with services.scratch_redis() as redis_url, _database(postgres) as database:
        site = _site(var, {"REDIS_URL": redis_url, **database})
        try:
            _migrate(site)
            site.python(f"{STATIC}\n{load}")
            site.start_beat()
            site.start_web()
            yield site
        finally:
            for process in site.processes:
                kill_group(process)


def _migrate(site: Site) -> None:
    """Give the site its tables; sites on SQLite copy those of the first one with these migrations.

    The copy is stored with other state and made once, even if several processes need it.
    """
    if "DATABASE_URL" in site.environment:
        site.manage("migrate", "--verbosity", "0")
        return
    kept = Path(os.environ.get("PODIUM_VAR", ROOT / "var")) / f"migrated-{_of_migrations()}.sqlite3"
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = site.var / "podium.sqlite3"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            site.manage("migrate", "--verbosity", "0")
            with closing(sqlite3.connect(own)) as made, closing(sqlite3.connect(kept)) as copy:
                made.backup(copy)
            return
    shutil.copyfile(kept, own)


def _of_migrations() -> str:
    """A hash of all that makes the tables: the site's migrations and the installed packages."""
    files = [*(ROOT / "platform").rglob("migrations/*.py"), ROOT / "requirements.lock"]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()[:16]


@contextmanager
def _database(postgres: bool) -> Iterator[dict[str, str]]:
    """Give the setting of a PostgreSQL of the site's own, or none for SQLite in its folder."""
    if not postgres:
        yield {}
        return
    with services.scratch_postgres() as address:
        yield {"DATABASE_URL": address}


def _site(var: Path, services_at: dict[str, str]) -> Site:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    own = {"PODIUM_VAR": str(var), "PODIUM_BASE_URL": url, **services_at}
    # All its people come at once, from one address.
    names = ("NEW_ACCOUNT_HOURS", "SIGNUPS_PER_NETWORK", "FIRST_UPLOADS_PER_NETWORK")
    own |= {f"PODIUM_{name}": "0" for name in names}
    return Site(url, var, {**inherited, **own})


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as reply:  # noqa: S310  (our own)
            return bool(reply.status == 200)
    except OSError:
        return False
