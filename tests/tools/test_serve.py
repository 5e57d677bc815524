"""Obstacles to a start are reported in one sentence, and leftovers are not obstacles."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import serve, services

ROOT = Path(__file__).resolve().parents[2]


def test_a_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "LEFTOVER_SECONDS", 0.1)
    with socket.socket() as taken:
        taken.bind((serve.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(serve.CannotStartError, match=f"^Port {port} is in use"):
            serve.wait_for_port(port)
    serve.wait_for_port(port)


def test_a_second_copy_on_one_folder_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.serve", "--var", str(tmp_path), "--port", "1"]
    with serve.only_copy(tmp_path):
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith(f"Another copy of Podium runs on {tmp_path}")
    assert run.stderr.count("\n") == 1


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    hold = (
        "import pathlib, time\nfrom tools import serve\n"
        f"with serve.only_copy(pathlib.Path({str(tmp_path)!r})):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
        holder.wait()
    with serve.only_copy(tmp_path):
        pass


def test_a_long_folder_gets_a_short_socket(tmp_path: Path) -> None:
    with serve.socket_path(tmp_path) as path:
        assert path == tmp_path / "redis.sock"
    long = tmp_path / ("x" * 100)
    with serve.socket_path(long) as path:
        assert len(str(path)) <= services.SOCKET_PATH_LIMIT
        assert path.parent.is_dir()
    assert not path.parent.exists()


def test_a_leftover_redis_and_its_socket_are_cleared(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    leftover = subprocess.Popen(services.redis_command(path, tmp_path), stdout=subprocess.DEVNULL)
    while not services.redis_answers(path):
        time.sleep(0.02)
    serve.end_leftover_redis(path)
    assert leftover.wait(timeout=60) == 0
    assert not services.redis_answers(path)


def test_a_stale_socket_does_not_stop_redis(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    serve.end_leftover_redis(path)
    command = services.redis_command(path, tmp_path)
    with services.running(command, lambda: services.redis_answers(path), tmp_path):
        assert services.redis_answers(path)


def test_the_environment_names_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PODIUM_BASE_URL", raising=False)
    environment = serve.site_environment(8123, tmp_path, tmp_path / "redis.sock")
    assert environment["PODIUM_BASE_URL"] == "http://127.0.0.1:8123"
    assert environment["PODIUM_VAR"] == str(tmp_path)
    assert environment["REDIS_URL"] == f"unix://{tmp_path}/redis.sock"
    monkeypatch.setenv("PODIUM_BASE_URL", "http://podium.test")
    assert (
        serve.site_environment(8123, tmp_path, tmp_path)["PODIUM_BASE_URL"] == "http://podium.test"
    )


def test_a_failing_preparation_is_named(tmp_path: Path) -> None:
    environment = serve.site_environment(8123, tmp_path, tmp_path / "redis.sock")
    with pytest.raises(serve.CannotStartError, match=r"manage\.py no-such-command failed"):
        serve.manage(["no-such-command"], environment)


def test_a_fork_ends_with_a_killed_supervisor() -> None:
    script = (
        "import os, signal, time\n"
        "from tools import serve\n"
        "serve.end_forks_with_this_process()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os.close(1)\n"
        "    time.sleep(60)\n"
        "print(child, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    status = Path(f"/proc/{int(killed.stdout)}/stat")
    deadline = time.monotonic() + 5
    while status.exists() and " Z " not in status.read_text():
        assert time.monotonic() < deadline, "the fork lives on"
        time.sleep(0.05)
