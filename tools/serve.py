"""`python -m tools.serve --port 8000 --var var` runs the whole site on one machine.

That is Redis, web, workers and beat, with the sample challenge loaded. `make demo` calls it, and
Ctrl-C stops everything. State is in the `--var` folder; copies with folders and ports of their own
run side by side."""

import argparse
import contextlib
import ctypes
import fcntl
import functools
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from honcho.manager import Manager

from tools import services
from tools.keep import SUPERVISOR_VARIABLE, descendants, end_with

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
# Time that a previous run, just killed, may need to release its port or socket.
LEFTOVER_SECONDS = 6.0
PR_SET_PDEATHSIG = 1
ORDERED_STOPS = {130, 143}  # honcho's codes after Ctrl-C and SIGTERM


class CannotStartError(Exception):
    """The site cannot start here; the text is one sentence for the person who asked."""


def main() -> int:
    """Return the exit code of the whole run: 0 if it ended because someone stopped it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="folder for all state")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        return serve(arguments.port, arguments.var.resolve())
    except (CannotStartError, services.MissingProgramError, services.NotStartedError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve(port: int, var: Path) -> int:
    """Run the site until it is told to stop. Errors: CannotStartError and those of services."""
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_copy(var), socket_path(var) as redis_socket:
        wait_for_port(port)
        end_leftover_redis(redis_socket)
        environment = site_environment(port, var, redis_socket)
        with redis_running(redis_socket, var, environment):
            accounts = prepare(environment)
            greeter = threading.Thread(
                target=greet, args=(environment["PODIUM_BASE_URL"], port, accounts), daemon=True
            )
            greeter.start()
            threading.Thread(target=load_finished, args=(environment,), daemon=True).start()
            return run_processes(environment, port, var)


@contextlib.contextmanager
def only_copy(var: Path) -> Iterator[None]:
    """Hold the folder's lock, which is released when this process ends for any reason."""
    with (var / "serve.lock").open("w") as file:
        try:
            # A record lock: unlike flock's, children do not inherit it and keep it after our death.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStartError(
                f"Another copy of Podium runs on {var}: stop it, or give this one a folder of its"
                " own with VAR=other-folder (and PORT=other-port)."
            ) from None
        yield


@contextlib.contextmanager
def socket_path(var: Path) -> Iterator[Path]:
    """Give the path of Redis's socket: in the state folder, or in a short one if it is too long."""
    path = var / "redis.sock"
    if len(os.fsencode(path)) <= services.SOCKET_PATH_LIMIT:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="podium-") as short:
        yield Path(short) / "redis.sock"


def wait_for_port(port: int) -> None:
    """Return as soon as the port is free, and soon if it never is (see CannotStartError)."""
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while not _port_is_free(port):
        if time.monotonic() > deadline:
            raise CannotStartError(
                f"Port {port} is in use by another program: choose another one, such as"
                " make demo PORT=8001."
            )
        time.sleep(0.2)


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise CannotStartError(
                f"Port {port} is reserved for system programs: choose one above 1023,"
                " such as make demo PORT=8001."
            ) from None
        except OSError:
            return False
    return True


def end_leftover_redis(path: Path) -> None:
    """End the Redis of a run that was killed: going down later, it would delete our socket."""
    if not services.redis_answers(path):
        return
    services.redis_reply(path, "SHUTDOWN NOSAVE")
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while services.redis_answers(path) and time.monotonic() < deadline:
        time.sleep(0.1)


def site_environment(port: int, var: Path, redis_socket: Path) -> dict[str, str]:
    """Return the environment of every process of the site."""
    return {
        "PODIUM_BASE_URL": f"http://{HOST}:{port}",
        **os.environ,
        "PODIUM_VAR": str(var),
        "PODIUM_PORT": str(port),
        "REDIS_URL": f"unix://{redis_socket}",
        "PYTHONUNBUFFERED": "1",
        SUPERVISOR_VARIABLE: str(os.getpid()),
    }


@contextlib.contextmanager
def redis_running(path: Path, var: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a Redis during the block: other processes need it before they start and after they
    end."""
    command = kept("redis", services.redis_command(path, var))
    folder = var / "redis"
    folder.mkdir(exist_ok=True)
    with services.running(
        command, lambda: services.redis_answers(path), folder, environment=environment
    ):
        yield


def prepare(environment: dict[str, str]) -> str:
    """Bring the database, the static files and the sample challenge up to date.

    Returns the accounts, which `manage.py demo` prints as indented lines.
    """
    print("Bringing the database up to date", flush=True)
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    static = subprocess.Popen(collect, cwd=ROOT, env=environment)  # in parallel: each takes seconds
    try:
        manage(["migrate", "--verbosity", "0"], environment)
        if static.wait():
            raise CannotStartError("manage.py collectstatic failed: its message is above.")
    finally:
        static.terminate()
        static.wait()
    print("Loading the sample challenge (the first time takes a little longer)", flush=True)
    lines = manage(["demo"], environment)
    return "".join(line for line in lines if line.startswith("  "))


def load_finished(environment: dict[str, str]) -> None:
    """Load the finished sample challenge, while the site answers already."""
    owner = "organizer@podium.example"
    command = [sys.executable, "manage.py", "load_finished_sample", "--owner", owner]
    subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
        preexec_fn=functools.partial(end_with, os.getpid()),  # two system calls, no lock
    )


def manage(arguments: list[str], environment: dict[str, str]) -> list[str]:
    """Run a management command, show its output as it comes, and return its lines."""
    command = [sys.executable, "manage.py", *arguments]
    lines = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                lines.append(line)
        except KeyboardInterrupt:
            process.terminate()
            raise
    if process.returncode:
        raise CannotStartError(f"manage.py {arguments[0]} failed: its message is above.")
    return lines


def run_processes(environment: dict[str, str], port: int, var: Path) -> int:
    """Run web, workers, watch and beat until one gives up or the site is told to stop."""
    end_forks_with_this_process()
    manager = Manager()
    for name, command in processes(port, var, environment).items():
        line = "exec " + shlex.join(kept(name, command))
        manager.add_process(name, line, env=environment, cwd=str(ROOT))
    try:
        manager.loop()
    finally:
        # honcho stumbles over a signal that arrives while it is still starting its processes.
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    return 0 if manager.returncode in ORDERED_STOPS else int(manager.returncode or 0)


def end_forks_with_this_process() -> None:
    """Let every fork of this process be killed when it dies, be it by SIGKILL.

    honcho forks once for each process of the site; without a reader, such a fork would wait forever
    to pass on the output of its process.
    """
    supervisor = os.getpid()

    def die_with_supervisor() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:  # it died before that held
            os._exit(1)

    os.register_at_fork(after_in_child=die_with_supervisor)


def processes(port: int, var: Path, environment: dict[str, str]) -> dict[str, list[str]]:
    """Return the command of each process of the site by its name."""
    scoring = environment.get("PODIUM_SCORING_PROCESSES", "2")
    queues = "control,scoring,studies,rescoring"
    # Workers need not warn users who run the site as root on their own machine.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser"]
    celery = [*python, "-m", "celery", "--app", "podium", "--quiet"]
    web = [sys.executable, "-m", "gunicorn", "podium.wsgi", "--bind", f"{HOST}:{port}"]
    return {
        # Two copies would take each other's control socket, which is in the home folder.
        "web": [*web, "--workers", "2", "--threads", "4", "--preload", "--no-control-socket"],
        "scoring": [*celery, *worker("scoring", scoring, queues=queues)],
        # Training uses what the site does not need.
        "baselines": ["nice", "-n", "10", *celery, *worker("baselines", "1", queues="baselines")],
        "datasets": ["nice", "-n", "10", *celery, *worker("datasets", "1", queues="datasets")],
        "watch": [sys.executable, "manage.py", "watch"],
        "beat": [*celery, "beat", "--schedule", str(var / "celerybeat-schedule")],
    }


def worker(name: str, count: str, *, queues: str) -> list[str]:
    """Return the arguments of a Celery worker for these queues."""
    host = f"{name}@%h"
    alone = ["--without-gossip", "--without-mingle"]  # one worker a queue: nobody to ask
    return ["worker", "--queues", queues, "--concurrency", count, "--hostname", host, *alone]


def kept(name: str, command: list[str]) -> list[str]:
    """Return the command that keeps the given one running (see tools.keep)."""
    return [sys.executable, "-m", "tools.keep", name, *command]


def greet(url: str, port: int, accounts: str) -> None:
    """Say where the site is as soon as it answers."""
    while True:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=5).close()
            break
        except urllib.error.HTTPError:
            break  # it answers, even with an error
        except OSError:
            time.sleep(0.2)
    print(f"\nPodium answers at {url}/   (Ctrl-C stops it)\n{accounts}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
