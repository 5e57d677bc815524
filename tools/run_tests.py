"""`python -m tools.run_tests` runs the checks and every test, as `make test` and CI do.

Each stage closes with a line that says how it went; the run fails if any stage fails. A machine
without PostgreSQL or a browser hears so in one line and runs the rest; under CI=true that is a
failure, and so is, anywhere, a stage in which no test ran.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree

from tools import services

ROOT = Path(__file__).resolve().parents[1]
# Two processes; one that has nothing left to do takes over what waits for the other.
TWO = ("-n", "2", "--dist", "worksteal")
FAST = "not slow and not live and not browser and not multimodal"


class FailedError(Exception):
    """A stage failed; the text says how."""


@dataclass(frozen=True)
class Stage:
    """One part of the run: a name and what it does, given a folder of its own.

    `run` returns the closing words. Errors: FailedError, and services.MissingProgramError for a
    stage that this machine cannot run.
    """

    name: str
    run: Callable[[Path], str]


def main() -> int:
    """Run all stages; return 1 if any failed."""
    signal.signal(signal.SIGTERM, _stop)
    # A shell's background job ignores Ctrl-C, and so would the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    in_ci = os.environ.get("CI") == "true"
    begun = time.monotonic()
    lines = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="podium-test-") as name:
        for number, stage in enumerate(STAGES, start=1):
            folder = Path(name) / str(number)
            folder.mkdir()
            print(f"\n=== {stage.name}", flush=True)
            ok, line = close(stage, folder, in_ci=in_ci)
            print(line, flush=True)
            lines.append(line)
            failed = failed or not ok
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    print("\n=== In all", *lines, sep="\n")
    print(f"{'FAILED' if failed else 'All is well'} after {minutes} min {seconds} s")
    return int(failed)


def _stop(signum: int, frame: FrameType | None) -> None:
    sys.exit(143)  # an exception, so that scratch servers are stopped


def close(stage: Stage, folder: Path, *, in_ci: bool) -> tuple[bool, str]:
    """Run one stage; return whether that is well and its closing line."""
    begun = time.monotonic()
    try:
        words, ok = stage.run(folder), True
    except FailedError as error:
        words, ok = f"FAILED: {error}", False
    except services.NotStartedError as error:
        words, ok = f"FAILED: {error}", False
    except services.MissingProgramError as error:
        words, ok = f"{'FAILED' if in_ci else 'not run'}: {error}", not in_ci
    return ok, f"{stage.name}: {words} ({time.monotonic() - begun:.0f} s)"


def checks(folder: Path) -> str:
    """Run `make check`."""
    if subprocess.run(["make", "--no-print-directory", "check"], cwd=ROOT).returncode:
        raise FailedError("see above")
    return "passed"


def sqlite_tests(folder: Path) -> str:
    """Run every fast test, the site's on SQLite."""
    # Tables straight from the models, in seconds less; on PostgreSQL they come by the migrations.
    return run_pytest(folder, [*TWO, "-m", FAST, "--no-migrations"])


def postgres_tests(folder: Path) -> str:
    """Run the site's tests once more, on PostgreSQL and Redis."""
    with ExitStack() as stack:
        settings = {
            "DATABASE_URL": stack.enter_context(services.scratch_postgres()),
            "REDIS_URL": stack.enter_context(services.scratch_redis()),
        }
        options = ["tests/site", *TWO, "-m", FAST, "--migrations"]
        return run_pytest(folder, options, settings)


def live_tests(folder: Path) -> str:
    """Run the tests that start a real site."""
    services.redis_program()
    # A file's tests share a site, and wait for it more than they compute.
    return run_pytest(folder, ["-n", "2", "--dist", "loadfile", "-m", "live and not browser"])


def browser_tests(folder: Path) -> str:
    """Run the tests that drive a browser."""
    services.redis_program()
    if shutil.which("chromium") is None:
        raise services.MissingProgramError("no chromium here (Debian's package chromium)")
    # A file's tests share a site and a browser.
    options = ["-n", "2", "--dist", "loadfile", "-m", "browser", "--no-migrations"]
    return run_pytest(folder, options)


def slow_tests(folder: Path) -> str:
    """Run the tests that train models or start programs of their own."""
    return run_pytest(folder, [*TWO, "--no-migrations", "-m", "slow and not live and not browser"])


STAGES = (
    Stage("Checks", checks),
    Stage("Tests on SQLite", sqlite_tests),
    Stage("Site tests on PostgreSQL and Redis", postgres_tests),
    Stage("Live tests", live_tests),
    Stage("Browser tests", browser_tests),
    Stage("Slow tests", slow_tests),
)


def run_pytest(folder: Path, arguments: list[str], settings: dict[str, str] | None = None) -> str:
    """Run pytest with a state folder of its own; return its counts. Errors: FailedError."""
    report = folder / "report.xml"
    (folder / "var").mkdir()
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    environment = os.environ | {"PODIUM_VAR": str(folder / "var")} | (settings or {})
    code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if not report.exists():
        raise FailedError(f"pytest ended with code {code} before any test")
    passed, failed, skipped = counts(report)
    words = f"{passed} passed, {failed} failed, {skipped} skipped"
    if code or failed:
        raise FailedError(words if passed + failed else f"no test ran (pytest's code {code})")
    if not passed:
        raise FailedError("no test ran")
    return words


def counts(report: Path) -> tuple[int, int, int]:
    """Return how many tests passed, failed and were skipped according to a JUnit file."""
    passed = failed = skipped = 0
    # The file is pytest's own, written a moment ago.
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        left_out = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - left_out
        failed += bad
        skipped += left_out
    return passed, failed, skipped


if __name__ == "__main__":
    sys.exit(main())
