"""`python -m tools.run_tests` runs the checks and the tests of `make test`; `--rest` runs the
stages of `make test-all`: what `make test` leaves out.

Each stage ends with a line in pytest's form, and so does the run, which fails if any stage fails.
On a machine without PostgreSQL or a browser, one line says so and the rest runs; under CI=true
that is a failure. A stage in which no test ran always fails.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree

from tools import services

ROOT = Path(__file__).resolve().parents[1]
# Two processes; one that runs out of tests takes over some of the other's.
TWO = ("-n", "2", "--dist", "worksteal")
NO_BROWSER = "no chromium here (Debian's package chromium)"
FAST = "not slow and not live and not browser and not multimodal"
SLOW = "slow and not live and not browser"


@dataclass(frozen=True)
class Counts:
    """The outcome of a stage: numbers of tests, and the names of those that failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        numbers = {"failed": self.failed, "passed": self.passed, "skipped": self.skipped}
        shown = [f"{number} {name}" for name, number in numbers.items() if number]
        return ", ".join(shown) or "no tests ran"


class FailedError(Exception):
    """A stage failed; the text says how, and `counts` has what its tests did."""

    def __init__(self, text: str, counts: Counts | None = None) -> None:
        super().__init__(text)
        self.counts = counts or Counts()


class NotNeededError(Exception):
    """A stage has nothing to do on this machine; the text says why."""


@dataclass(frozen=True)
class Machine:
    """The database and Redis of the run, and a folder for the stage's files.

    `servers` is empty on a machine without PostgreSQL or Redis, and `missing` says what to install.
    """

    folder: Path
    servers: dict[str, str] = field(default_factory=dict)
    missing: services.MissingProgramError | None = None


@dataclass(frozen=True)
class Stage:
    """A part of the run: its name and a function that runs it and returns its counts.

    The function may raise FailedError, NotNeededError and services.MissingProgramError.
    """

    name: str
    run: Callable[[Machine], Counts]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all stages; return 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.run_tests", description=__doc__)
    parser.add_argument("--rest", action="store_true", help="run what `make test` leaves out")
    stages = REST if parser.parse_args(arguments).rest else STAGES
    # What one process compiles, hundreds of others need not.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    signal.signal(signal.SIGTERM, _stop)
    # A shell's background job ignores Ctrl-C, and so would the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    in_ci = os.environ.get("CI") == "true"
    begun = time.monotonic()
    lines, total, errors = [], Counts(), 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-test-")))
        servers, missing = start_servers(stack)
        for number, stage in enumerate(stages, start=1):
            own = folder / str(number)
            own.mkdir()
            print(f"\n=== {stage.name}", flush=True)
            ok, line, counts = close(stage, Machine(own, servers, missing), in_ci=in_ci)
            print(line, flush=True)
            lines.append(line)
            total += counts
            errors += not ok and not counts.failed
    print("\n=== Summary", *lines, *(f"FAILED {name}" for name in total.failures), sep="\n")
    words = f"{total}, {errors} error{'s' * (errors > 1)}" if errors else str(total)
    print(f"{words} in {_duration(begun)}")
    return int(bool(total.failed or errors))


def _stop(signum: int, frame: FrameType | None) -> None:
    sys.exit(143)  # an exception, so that scratch servers are stopped


def _duration(begun: float) -> str:
    seconds = time.monotonic() - begun
    minutes = round(seconds) // 60
    return f"{seconds:.2f}s ({minutes // 60}:{minutes % 60:02}:{round(seconds) % 60:02})"


def start_servers(
    stack: ExitStack,
) -> tuple[dict[str, str], services.MissingProgramError | None]:
    """Start PostgreSQL and Redis; return their settings, or nothing and what is missing."""
    try:
        services.redis_program()
        database = stack.enter_context(services.scratch_postgres())
        return {
            "DATABASE_URL": database,
            "REDIS_URL": stack.enter_context(services.scratch_redis()),
        }, None
    except services.MissingProgramError as error:
        return {}, error


def close(stage: Stage, machine: Machine, *, in_ci: bool) -> tuple[bool, str, Counts]:
    """Run one stage; return whether it succeeded, its closing line and its counts."""
    begun = time.monotonic()
    counts = Counts()
    try:
        counts = stage.run(machine)
        words, ok = str(counts) if counts.passed else "passed", True
    except FailedError as error:
        words, ok, counts = f"FAILED: {error}", False, error.counts
    except services.NotStartedError as error:
        words, ok = f"FAILED: {error}", False
    except NotNeededError as error:
        words, ok = f"not run: {error}", True
    except services.MissingProgramError as error:
        words, ok = f"{'FAILED' if in_ci else 'not run'}: {error}", not in_ci
    return ok, f"{stage.name}: {words} in {_duration(begun)}", counts


def checks(machine: Machine) -> Counts:
    """Run `make check`."""
    if subprocess.run(["make", "--no-print-directory", "check"], cwd=ROOT).returncode:
        raise FailedError("see above")
    return Counts()


def all_tests(machine: Machine) -> Counts:
    """Run every fast test once: the site's on PostgreSQL and Redis, else on SQLite."""
    if not machine.servers:
        return run_pytest(machine, [*TWO, *no_slow_files(), "-m", FAST, "--no-migrations"])
    migrate_template(machine.servers["DATABASE_URL"])
    options = [*TWO, *no_slow_files(), "-m", FAST, "--migrations"]
    return run_pytest(machine, options, machine.servers)


def migrate_template(url: str) -> None:
    """Migrate the cluster's template database, from which every new database is copied."""
    template = url.rpartition("/")[0] + "/template1"
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    environment = os.environ | {"DATABASE_URL": template}
    if subprocess.run(command, cwd=ROOT, env=environment).returncode:
        raise FailedError("the migrations failed on PostgreSQL")


def dialect_tests(machine: Machine) -> Counts:
    """Run the site's tests that depend on the database once more, on SQLite."""
    if machine.missing:
        raise machine.missing
    # Tables made from the models: the live tests run the migrations on SQLite.
    options = [*TWO, "-m", f"dialect and {FAST}", "--no-migrations"]
    return run_pytest(machine, [*marked("dialect"), *options])


def live_tests(machine: Machine, speed: str = "not slow") -> Counts:
    """Run the tests that start a real site, on SQLite and Redis, and those that drive a browser."""
    services.redis_program()
    wanted = "(live or browser)"
    if shutil.which("chromium") is None:
        if os.environ.get("CI") == "true":
            raise services.MissingProgramError(NO_BROWSER)
        print(f"Browser tests: not run: {NO_BROWSER}")
        wanted = "live and not browser"
    # Those that take longest begin first, each file in one process: its tests share a
    # site, and wait for it about as long as they compute.
    files = sorted(marked("live") + marked("browser"), key=lambda file: "every_page" not in file)
    options = ["-n", "3", "--dist", "loadfile", "--no-migrations"]
    return run_pytest(machine, [*dict.fromkeys(files), *options, "-m", f"{wanted} and {speed}"])


def drills(machine: Machine) -> Counts:
    """Kill processes of a real site in the middle of their work; show every page in a browser."""
    return live_tests(machine, "slow")


def slow_tests(machine: Machine) -> Counts:
    """Run the trainings, long explorations and large fuzz runs."""
    if machine.servers:
        migrate_template(machine.servers["DATABASE_URL"])
    return run_pytest(machine, [*marked("slow"), *TWO, "-m", SLOW], machine.servers)


def property_tests(machine: Machine) -> Counts:
    """Run the property tests with many more examples."""
    options = [*TWO, *no_slow_files(), "-m", f"hypothesis and {FAST}", "--no-migrations"]
    return run_pytest(machine, [*options, "--hypothesis-profile", "thorough"])


def rest_on_sqlite(machine: Machine) -> Counts:
    """Run the site's tests on SQLite that `make test` ran on PostgreSQL only."""
    if not machine.servers:
        raise NotNeededError("`make test` runs them on SQLite where PostgreSQL or Redis is missing")
    options = ["tests/site", *TWO, "--no-migrations"]
    return run_pytest(machine, [*options, "-m", f"({FAST} and not dialect) or ({SLOW})"])


STAGES = (
    Stage("Checks", checks),
    Stage("Tests", all_tests),
    Stage("Dialect tests on SQLite", dialect_tests),
    Stage("Live and browser tests", live_tests),
)
REST = (
    Stage("Drills", drills),
    Stage("Slow tests", slow_tests),
    Stage("Property tests with more examples", property_tests),
    Stage("Site tests on SQLite", rest_on_sqlite),
)


def marked(name: str) -> list[str]:
    """Return the files with tests of this mark: to collect all others takes long."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(file) for file in files if f"mark.{name}" in file.read_text()]


def no_slow_files() -> list[str]:
    """Return the options that leave out files whose tests are all slow.

    Collecting the property test of the API takes as long as collecting all others.
    """
    slow = [
        file
        for file in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"^pytestmark = .*mark\.slow", file.read_text(), re.MULTILINE)
    ]
    return [f"--ignore={file}" for file in slow]


def run_pytest(
    machine: Machine, arguments: list[str], settings: dict[str, str] | None = None
) -> Counts:
    """Run pytest with a state folder of its own; return its counts. Errors: FailedError."""
    report = machine.folder / "report.xml"
    (machine.folder / "var").mkdir()
    command = [sys.executable, "-m", "pytest", "-q", "--durations=10", f"--junitxml={report}"]
    environment = os.environ | {"PODIUM_VAR": str(machine.folder / "var")} | (settings or {})
    code = subprocess.run([*command, *arguments], cwd=ROOT, env=environment).returncode
    if not report.exists():
        raise FailedError(f"pytest ended with code {code} before any test")
    counts = read_report(report)
    if code or counts.failed or not counts.passed:
        ran = counts.passed + counts.failed
        raise FailedError(str(counts) if ran else f"no tests ran (pytest's code {code})", counts)
    return counts


def read_report(report: Path) -> Counts:
    """Return the counts in a JUnit file."""
    counts = Counts()
    # The file is pytest's own, written a moment ago.
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314
        if case.find("failure") is not None or case.find("error") is not None:
            name = f"{case.get('classname')}::{case.get('name')}"
            counts += Counts(failed=1, failures=(name,))
        elif case.find("skipped") is not None:
            counts += Counts(skipped=1)
        else:
            counts += Counts(passed=1)
    return counts


if __name__ == "__main__":
    sys.exit(main())
