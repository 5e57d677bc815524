"""A stage that ran no test, or could not run in CI, fails the whole run."""

import signal
from pathlib import Path

import pytest

from tools import run_tests, services

pytestmark = pytest.mark.slow


def stage(error: Exception | None) -> run_tests.Stage:
    def run(folder: Path) -> str:
        if error:
            raise error
        return "3 passed, 0 failed, 0 skipped"

    return run_tests.Stage("A stage", run)


@pytest.mark.parametrize(
    ("error", "in_ci", "ok", "words"),
    [
        (None, True, True, "A stage: 3 passed, 0 failed, 0 skipped ("),
        (run_tests.FailedError("2 passed, 1 failed"), False, False, "FAILED: 2 passed, 1 failed"),
        (services.MissingProgramError("no chromium here"), False, True, "not run: no chromium"),
        (services.MissingProgramError("no chromium here"), True, False, "FAILED: no chromium"),
        (services.NotStartedError("no room"), False, False, "FAILED: no room"),
    ],
)
def test_a_stage_closes_with_one_line(
    tmp_path: Path, error: Exception | None, in_ci: bool, ok: bool, words: str
) -> None:
    well, line = run_tests.close(stage(error), tmp_path, in_ci=in_ci)
    assert well is ok
    assert words in line
    assert "\n" not in line


@pytest.mark.parametrize("failing", [False, True])
def test_the_run_fails_if_any_stage_fails(
    failing: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = run_tests.FailedError("see above") if failing else None
    monkeypatch.setattr(run_tests, "STAGES", (stage(error), stage(None)))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert run_tests.main() == int(failing)
    assert ("FAILED after" if failing else "All is well") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("def test_it():\n    assert True\n", "1 passed, 0 failed, 0 skipped"),
        ("def test_it():\n    assert False\n", "0 passed, 1 failed, 0 skipped"),
        ("import pytest\ndef test_it():\n    pytest.skip('so')\n", "no test ran"),
        ("", "no test ran"),
        ("import nothing_like_it\n", "0 passed, 1 failed, 0 skipped"),
    ],
)
def test_pytest_is_judged_by_what_ran(tmp_path: Path, source: str, outcome: str) -> None:
    file = tmp_path / "test_sample.py"
    file.write_text(source)
    arguments = [str(file), "-p", "no:django", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    try:
        words = run_tests.run_pytest(tmp_path, arguments)
    except run_tests.FailedError as error:
        words = str(error)
    assert words.startswith(outcome)


def test_a_pytest_that_does_not_start_fails(tmp_path: Path) -> None:
    with pytest.raises(run_tests.FailedError, match="before any test"):
        run_tests.run_pytest(tmp_path, ["--no-such-option"])
