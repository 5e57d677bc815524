"""A stage in which no test ran, or that could not run in CI, fails the whole run."""

import re
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tools import run_tests, services
from tools.run_tests import Counts, Machine

PASSED = Counts(passed=3)
FAILED = Counts(passed=2, failed=1, failures=("tests.test_it::test_one",))


def stage(error: Exception | None) -> run_tests.Stage:
    def run(machine: Machine) -> Counts:
        if error:
            raise error
        return PASSED

    return run_tests.Stage("A stage", run)


@pytest.mark.parametrize(
    ("error", "in_ci", "ok", "words"),
    [
        (None, True, True, "A stage: 3 passed in "),
        (run_tests.FailedError(str(FAILED), FAILED), False, False, "FAILED: 1 failed, 2 passed in"),
        (run_tests.NotNeededError("already run"), True, True, "A stage: not run: already run"),
        (services.MissingProgramError("no chromium here"), False, True, "not run: no chromium"),
        (services.MissingProgramError("no chromium here"), True, False, "FAILED: no chromium"),
        (services.NotStartedError("no room"), False, False, "FAILED: no room"),
    ],
)
def test_a_stage_closes_with_one_line(
    tmp_path: Path, error: Exception | None, in_ci: bool, ok: bool, words: str
) -> None:
    well, line, _ = run_tests.close(stage(error), Machine(tmp_path), in_ci=in_ci)
    assert well is ok
    assert words in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("errors", "code", "last"),
    [
        ([None, None], 0, "6 passed in "),
        ([run_tests.FailedError("see above"), None], 1, "3 passed, 1 error in "),
        ([run_tests.FailedError("", FAILED), None], 1, "1 failed, 5 passed in "),
        ([run_tests.FailedError(""), run_tests.FailedError("")], 1, "no tests ran, 2 errors in "),
    ],
)
def test_the_run_ends_in_the_form_of_pytest_and_fails_if_any_stage_fails(
    errors: list[Exception | None],
    code: int,
    last: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run_tests, "STAGES", [stage(error) for error in errors])
    monkeypatch.setattr(run_tests, "start_servers", lambda stack: ({}, None))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert run_tests.main([]) == code
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"{last}[0-9.]+s \(0:00:0\d\)", lines[-1])
    named = [line for line in lines if line.startswith("FAILED ")]
    assert named == (["FAILED tests.test_it::test_one"] if "failed" in last else [])


def test_the_rest_is_another_list_of_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tests, "STAGES", [stage(run_tests.FailedError("not asked for"))])
    monkeypatch.setattr(run_tests, "REST", [stage(None)])
    monkeypatch.setattr(run_tests, "start_servers", lambda stack: ({}, None))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert run_tests.main(["--rest"]) == 0


@pytest.mark.parametrize("program", ["redis_program", "postgres_programs"])
def test_without_a_server_all_tests_run_on_sqlite(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = services.MissingProgramError("not here")

    def absent() -> None:
        raise missing

    monkeypatch.setattr(services, program, absent)
    with ExitStack() as stack:
        machine = Machine(tmp_path, *run_tests.start_servers(stack))
    assert machine.servers == {}
    with pytest.raises(services.MissingProgramError):
        run_tests.dialect_tests(machine)
    with pytest.raises(run_tests.NotNeededError):
        run_tests.rest_on_sqlite(machine)


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("def test_it():\n    assert True\n", "1 passed"),
        ("def test_it():\n    assert False\n", "1 failed"),
        ("import pytest\ndef test_it():\n    pytest.skip('so')\n", "no tests ran"),
        ("", "no tests ran"),
        ("import nothing_like_it\n", "1 failed"),
    ],
)
def test_pytest_is_judged_by_what_ran(tmp_path: Path, source: str, outcome: str) -> None:
    file = tmp_path / "test_sample.py"
    file.write_text(source)
    arguments = [str(file), "-p", "no:django", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    try:
        counts = run_tests.run_pytest(Machine(tmp_path), arguments)
        words = str(counts)
    except run_tests.FailedError as error:
        counts, words = error.counts, str(error)
    assert words.startswith(outcome)
    assert len(counts.failures) == counts.failed


def test_a_pytest_that_does_not_start_fails(tmp_path: Path) -> None:
    with pytest.raises(run_tests.FailedError, match="before any test"):
        run_tests.run_pytest(Machine(tmp_path), ["--no-such-option"])
