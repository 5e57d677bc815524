"""Containers, settings and documentation agree on variables, ports and versions."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from podium.workers import QUEUES

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = (ROOT / "platform" / "podium" / "settings.py").read_text()
COMPOSE = (ROOT / "docker" / "compose.yaml").read_text()
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
BUILT = sorted(name for name, service in SERVICES.items() if "build" in service)
# settings.py reads every variable by a call on `env`.
VARIABLES = set(re.findall(r"""env(?:\.\w+)?\(\s*["']([A-Z_]+)["']""", SETTINGS))
# Read by make demo and compose, which start the web process on it.
PORT_VARIABLE = "PODIUM_PORT"


def stages() -> dict[str, str]:
    """Return the text of each stage of the Dockerfile by its name."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)
    return dict(zip(parts[2::3], parts[3::3], strict=True))


def variable_table() -> dict[str, str]:
    """Return the default of each variable that docs/running.md documents."""
    text = (ROOT / "docs" / "running.md").read_text()
    return dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]*) \| [^|]+ \|$", text, re.MULTILINE))


def test_settings_variables_are_found() -> None:
    assert {"PODIUM_VAR", "PODIUM_MODE", "DATABASE_URL", "REDIS_URL"} <= VARIABLES


def test_every_variable_of_the_settings_is_documented_and_no_other() -> None:
    assert set(variable_table()) == VARIABLES | {PORT_VARIABLE}


def test_documented_numbers_are_the_real_defaults() -> None:
    calls = r"""env\.int\(\s*["']([A-Z_]+)["'],\s*default=(\d+)"""
    defaults = dict(re.findall(calls, SETTINGS))
    assert defaults
    documented = variable_table()
    assert {name: documented[name].strip("` ") for name in defaults} == defaults


@pytest.mark.parametrize("name", BUILT)
def test_a_container_sets_only_variables_that_the_settings_read(name: str) -> None:
    given = {variable.removesuffix("_FILE") for variable in SERVICES[name]["environment"]}
    assert given <= VARIABLES
    assert {"REDIS_URL", "PODIUM_BASE_URL"} <= given


def test_a_container_gets_the_secrets_that_it_needs_and_no_other() -> None:
    outside = {"database_url", "secret_key", "email_url"}
    inside = {key: {"database_url"} for key in ("migrate", "worker", "datasets", "baseline")}
    assert {name: set(service.get("secrets", ())) for name, service in SERVICES.items()} == {
        **inside,
        **dict.fromkeys(("web", "control", "watch"), outside),
        "postgres": {"postgres_password"},
        "beat": set(),
        "redis": set(),
    }
    # Nor the files that only the others need.
    assert SERVICES["beat"]["volumes"] == ["schedule:/var/lib/podium"]


def test_only_what_talks_to_browsers_and_mail_servers_reaches_networks_outside() -> None:
    networks = yaml.safe_load(COMPOSE)["networks"]
    assert networks["inside"] == {"internal": True}
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"web", "control", "watch"}
    assert all("inside" in service["networks"] for service in SERVICES.values())


def test_some_worker_empties_each_queue() -> None:
    texts = [*map(str, (service.get("command") for service in SERVICES.values())), DOCKERFILE]
    given = re.findall(r"""--queues['"], ['"]([a-z,]+)""", "".join(texts))
    assert set(",".join(given).split(",")) == set(QUEUES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_an_image_a_health_check_and_a_restart_policy(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        stage = stages()[service["build"]["target"]]
        assert "healthcheck" in service or "HEALTHCHECK" in stage
    else:
        assert re.fullmatch(r"[a-z]+:\d+(\.\d+)+-\w+", service["image"])
        assert "healthcheck" in service
    assert service["restart"] in {"unless-stopped", "on-failure"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_secret_comes_from_a_file_that_is_declared(name: str) -> None:
    service = SERVICES[name]
    declared = yaml.safe_load(COMPOSE)["secrets"]
    assert set(service.get("secrets", ())) <= set(declared)
    for variable, value in service.get("environment", {}).items():
        if variable.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service["secrets"]
        assert "KEY" not in variable or variable.endswith("_FILE")
        assert "PASSWORD" not in variable or variable.endswith("_FILE")


def test_every_image_target_is_used_and_there() -> None:
    used = {SERVICES[name]["build"]["target"] for name in BUILT}
    assert used == {"web", "worker", "baseline"}
    assert used <= set(stages())
    assert all((ROOT / SERVICES[name]["build"]["dockerfile"]).is_file() for name in BUILT)


def test_images_name_one_version_that_the_project_supports() -> None:
    images = set(re.findall(r"^FROM (\S+:\S+)", DOCKERFILE, re.MULTILINE))
    assert len(images) == 1
    minor = int(re.fullmatch(r"python:3\.(\d+)-slim", images.pop())[1])  # type: ignore[index]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    low, high = re.findall(r"3\.(\d+)", project["requires-python"])
    assert int(low) <= minor < int(high)
    assert "latest" not in DOCKERFILE + COMPOSE


def test_images_run_as_a_user_without_rights() -> None:
    final = [stage for name, stage in stages().items() if name in {"web", "worker", "baseline"}]
    assert "USER podium" in stages()["site"]
    for stage in final:
        users = re.findall(r"^USER (\S+)", stage, re.MULTILINE)
        assert users == [] or users[-1] == "podium"


def test_ports_agree() -> None:
    port = "8000"
    assert f"EXPOSE {port}\n" in DOCKERFILE
    assert f"0.0.0.0:{port}" in DOCKERFILE
    assert f"127.0.0.1:{port}/" in (ROOT / "docker" / "healthy.py").read_text()
    assert [item.rsplit(":", 1)[1] for item in SERVICES["web"]["ports"]] == [port]


def test_images_copy_what_is_there_and_reaches_the_build() -> None:
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for source in line.split()
    ]
    assert len(copied) > 5
    for source in copied:
        assert (ROOT / source).exists()
        assert any(Path(source).match(rule.removeprefix("!")) for rule in allowed if rule != "*")


def test_only_the_baseline_image_carries_the_baselines() -> None:
    names = {
        target: set(re.findall(r"^([a-z0-9-]+)==", lock_text, re.MULTILINE))
        for target in ("web", "baseline")
        for lock_text in [(ROOT / "docker" / f"requirements.{target}.lock").read_text()]
    }
    assert "autogluon-tabular" in names["baseline"] - names["web"]
    assert names["web"] < names["baseline"]
    assert "pytest" not in names["baseline"]


@pytest.mark.parametrize("lock", ["requirements.web.lock", "requirements.baseline.lock"])
def test_images_install_the_versions_that_the_tests_ran_with(lock: str) -> None:
    pins = r"^([a-z0-9-]+)==(\S+)"
    tested = set(re.findall(pins, (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    shipped = set(re.findall(pins, (ROOT / "docker" / lock).read_text(), re.MULTILINE))
    assert shipped
    assert shipped <= tested
