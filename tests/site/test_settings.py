"""The site starts as its environment says, and refuses to start half configured."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.core.internal.httpkit import get_client_ip
from django.test import RequestFactory

ROOT = Path(__file__).resolve().parents[2]


def manage(var: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "PODIUM_VAR": str(var), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def production(folder: Path, **changes: str) -> dict[str, str]:
    secret = folder / "secret"
    secret.write_text("a-key-of-fifty-characters-that-nobody-else-has-0123456789-abc\n")
    return {
        "PODIUM_MODE": "production",
        "PODIUM_SECRET_KEY_FILE": str(secret),
        "PODIUM_EMAIL_URL": "smtp+tls://user:password@localhost:587",
        "PODIUM_BASE_URL": "https://podium.example",
        "PODIUM_ALLOWED_HOSTS": "podium.example",
        **changes,
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return the state folder of a new installation, and its key after each of two commands."""
    var = tmp_path_factory.mktemp("new") / "var"
    keys = []
    for command in ("migrate", "collectstatic"):
        done = manage(var, command, "--noinput", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
        keys.append((var / "secret_key").read_text())
    return var, keys


def test_production_passes_djangos_deployment_check(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **production(tmp_path))
    assert done.returncode == 0, done.stderr


def test_a_web_process_starts_and_a_secret_in_a_file_loses_its_line_break(tmp_path: Path) -> None:
    code = "import podium.wsgi; from django.conf import settings; print([settings.SECRET_KEY[-4:]])"
    done = manage(tmp_path, "shell", "-v0", "-c", code, **production(tmp_path))
    assert done.stdout.strip() == "['-abc']", done.stderr


@pytest.mark.parametrize("missing", ["PODIUM_SECRET_KEY_FILE", "PODIUM_EMAIL_URL"])
def test_what_makes_pages_or_mails_does_not_start_in_production_without(
    tmp_path: Path, missing: str
) -> None:
    variables = production(tmp_path)
    del variables[missing]
    code = (
        "from podium.celery import app\n"
        "try: import podium.wsgi\n"
        "except Exception as error: print(error)\n"
        "app.WorkController(queues=['control'], pool='solo')"
    )
    done = manage(tmp_path, "shell", "-v0", "-c", code, **variables)
    name = missing.removesuffix("_FILE")
    assert f"Set {name}" in done.stdout
    assert done.returncode != 0
    assert f"does not send mails: Set {name}" in done.stderr


def test_other_processes_do_without_a_key_and_cannot_sign(tmp_path: Path) -> None:
    variables = production(tmp_path)
    del variables["PODIUM_SECRET_KEY_FILE"], variables["PODIUM_EMAIL_URL"]
    code = (
        "from django.core import signing\n"
        "from podium.celery import app\n"
        "app.WorkController(queues=['scoring'], pool='solo')\n"
        "print('works')\n"
        "print(signing.dumps(1))"
    )
    done = manage(tmp_path, "shell", "-v0", "-c", code, **variables)
    assert done.stdout == "works\n", done.stderr
    assert "SECRET_KEY setting must not be empty" in done.stderr


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", PODIUM_MODE="staging")
    assert "PODIUM_MODE is 'staging'" in done.stderr


def test_data_below_the_folder_of_libraries_are_refused() -> None:
    done = manage(Path("/usr/local/podium/var"), "check")
    assert "PODIUM_VAR is /usr/local/podium/var; set it to a folder that" in done.stderr


def test_known_passwords_stay_out_of_production(tmp_path: Path) -> None:
    done = manage(tmp_path, "demo", **production(tmp_path))
    assert done.returncode == 1
    assert "not in production" in done.stderr


def test_a_new_installation_makes_its_secret_once_and_keeps_it_to_itself(
    installed: tuple[Path, list[str]],
) -> None:
    var, (first, second) = installed
    assert len(first) > 50
    assert first == second
    assert (var / "secret_key").stat().st_mode & 0o077 == 0


def test_the_migrations_are_those_of_the_models(tmp_path: Path) -> None:
    done = manage(tmp_path, "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout


def test_nobody_else_on_the_machine_enters_the_folder_of_all_state(
    installed: tuple[Path, list[str]],
) -> None:
    var, _ = installed
    assert (var / "podium.sqlite3").exists()
    assert var.stat().st_mode & 0o077 == 0


def test_a_sign_in_counts_for_the_address_that_the_proxy_saw(tmp_path: Path) -> None:
    code = (
        "from django.test import RequestFactory\n"
        "from allauth.core.internal.httpkit import get_client_ip\n"
        "forwarded = {'X-Forwarded-For': '203.0.113.9, 198.51.100.7'}\n"
        "print(get_client_ip(RequestFactory().get('/', headers=forwarded)))"
    )
    done = manage(tmp_path, "shell", "-v0", "-c", code, **production(tmp_path))
    assert done.stdout.strip() == "198.51.100.7", done.stderr
    embedded = RequestFactory().get("/", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    assert get_client_ip(embedded) == "127.0.0.1"


@pytest.mark.parametrize(("share", "logged"), [("0", 0), ("1", 3)])
def test_a_share_of_the_answered_requests_is_logged_and_every_refused_one(
    installed: tuple[Path, list[str]], share: str, logged: int
) -> None:
    code = (
        "from django.test import Client\n"
        "reader = Client(SERVER_NAME='127.0.0.1')\n"
        "for path in ('/healthz', '/healthz', '/healthz', '/c/nothing/'): reader.get(path)"
    )
    done = manage(installed[0], "shell", "-v0", "-c", code, PODIUM_LOG_REQUESTS=share)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert sum("request_finished" in line and "/healthz" in line for line in lines) == logged
    assert sum("request_finished" in line and "/c/nothing/" in line for line in lines) == 1
    assert not any("request_started" in line for line in lines)
