"""A program finds its code and its data; no label, no secret, no other process and no network."""

import socket
import sys
from pathlib import Path

import pytest
from django.conf import settings as site
from pytest_django import Settings
from structlog.testing import capture_logs

from podium import programs
from scoring import landlock

OUTSIDE = "No permission: PermissionError"


def said(
    expression: str, scratch: Path, *, reads: tuple[Path, ...] = (), writes: tuple[Path, ...] = ()
) -> str:
    """Return what a program says of an expression: its value or the name of its error."""
    code = (
        "import os, pathlib, socket, subprocess, sys\n"
        f"try: print({expression})\n"
        "except OSError as error: print(f'No permission: {type(error).__name__}')"
    )
    ended = programs.run(
        [sys.executable, "-c", code],
        scratch=scratch,
        folder=scratch,
        reads=reads,
        writes=writes,
        tick=lambda _: None,
        every=0.05,
        seconds=60,
    )
    assert ended.code == 0, list(ended.log)
    return "\n".join(ended.log)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the same user outside of what the program is given."""
    file = tmp_path / "labels.csv"
    file.write_text("id,label\n")
    return file


def test_it_reads_what_it_is_given_and_writes_to_its_scratch_folder(
    tmp_path: Path, scratch: Path
) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (public / "train.csv").write_text("rows")
    read = f"pathlib.Path({str(public / 'train.csv')!r}).read_text()"
    assert said(read, scratch) == OUTSIDE
    assert said(read, scratch, reads=(public,)) == "rows"
    write = f"pathlib.Path({str(public / 'new')!r}).write_text('x')"
    assert said(write, scratch, reads=(public,)) == OUTSIDE
    assert said(write, scratch, writes=(public,)) == "1"
    assert said("pathlib.Path('model').write_text('x')", scratch) == "1"


@pytest.mark.parametrize(
    "way",
    [
        "open({0!r}).read()",
        "open({0!r}, 'w').write('x')",
        "os.listdir(os.path.dirname({0!r}))",
        "os.unlink({0!r})",
        "os.rename({0!r}, 'mine')",
        "os.link({0!r}, 'mine')",
        "os.truncate({0!r}, 0)",
        "(os.symlink({0!r}, 'mine'), open('mine').read())",
    ],
)
def test_no_way_leads_to_another_file(way: str, scratch: Path, secret: Path) -> None:
    across = "No permission: OSError"  # how links between folders are refused
    assert said(way.format(str(secret)), scratch) in {OUTSIDE, across}
    assert secret.read_text() == "id,label\n"


def test_what_it_starts_stands_behind_the_same_walls(scratch: Path, secret: Path) -> None:
    shown = f"subprocess.run(['cat', {str(secret)!r}], stderr=subprocess.DEVNULL).returncode"
    assert said(shown, scratch) == "1"


def test_the_files_of_the_site_are_closed(scratch: Path) -> None:
    """Also where they are next to the code, whose folders it finds by their names."""
    for place in ("files/private/solution", "files/public/train.csv", "tmp/upload", "database"):
        path = Path(site.VAR) / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        assert said(f"open({str(path)!r})", scratch) == OUTSIDE
        path.unlink()


def test_a_link_to_the_folder_of_the_code_opens_no_data_in_it(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    installed = tmp_path / "installed"
    (installed / "var").mkdir(parents=True)
    (installed / "var" / "database").write_text("x")
    (installed / "package").mkdir()
    (installed / "package" / "__init__.py").write_text("ANSWER = 42")
    (tmp_path / "link").symlink_to(installed)
    settings.VAR = installed / "var"
    monkeypatch.syspath_prepend(str(tmp_path / "link"))
    assert said(f"open({str(settings.VAR / 'database')!r})", scratch) == OUTSIDE
    load = f"sys.path.insert(0, {str(tmp_path / 'link')!r}) or __import__('package').ANSWER"
    assert said(load, scratch) == "42"


def test_it_cannot_look_into_its_worker(scratch: Path) -> None:
    """Whose environment has the passwords of a production site."""
    assert said("open(f'/proc/{os.getppid()}/environ', 'rb').read()", scratch) == OUTSIDE
    assert said("os.kill(os.getppid(), 0)", scratch) == OUTSIDE


def test_no_socket_leads_out(scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert said(f"socket.create_connection(('127.0.0.1', {port}))", scratch) == OUTSIDE
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"):
        assert said(f"socket.socket(socket.{family})", scratch) == OUTSIDE
        datagrams = f"socket.socket(socket.{family}, socket.SOCK_DGRAM)"
        assert said(datagrams, scratch) == OUTSIDE
    # Two ends of a pipe of its own, as threads of an event loop use, lead nowhere else.
    assert said("len(socket.socketpair())", scratch) == "2"


def test_the_libraries_that_programs_use_load(scratch: Path) -> None:
    names = ("tabset", "baselines.registry", "scoring", "numpy", "pandas", "pyarrow", "sklearn")
    loaded = f"[__import__(name).__name__ for name in {names}]"
    assert said(loaded, scratch).count(",") == len(names) - 1
    assert said("__import__('multiprocessing').Lock().acquire()", scratch) == "True"


def test_without_landlock_it_runs_and_operators_are_told(
    scratch: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "_CREATE", 10_000)  # a system call that no kernel knows
    with capture_logs() as logs:
        assert said(f"open({str(secret)!r}).read(2)", scratch) == "id"
    assert [log["log_level"] for log in logs] == ["warning"]
    assert said("socket.socket()", scratch) == OUTSIDE
