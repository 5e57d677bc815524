"""One command's run: its client, what it prints and where, and how it ends."""

import csv
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from podium_client.cli import text
from podium_client.client import Client
from podium_client.config import is_open_to_others
from podium_client.errors import INTERRUPTED, PodiumError, SiteError, UsageError
from podium_client.progress import Progress, silent
from podium_client.retries import Retries

RETRIES = Retries()
# Without a terminal there is no width limit, so scripts read everything.
ENDLESS = 10_000
DEBUG = "PODIUM_DEBUG"


class Session:
    """The context of a command. Results go to stdout, all else to stderr."""

    def __init__(
        self, stack: ExitStack, *, as_json: bool, as_csv: bool, quiet: bool, insecure: bool
    ) -> None:
        self.as_json = as_json
        self.as_csv = as_csv
        self.quiet = quiet
        self.insecure = insecure
        self.come_back = ""
        self._stack = stack
        self._client: Client | None = None
        self._bars: Bars | None = None
        self.errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

    @property
    def client(self) -> Client:
        """The site's client, as configured. Errors: UsageError."""
        if self._client is None:
            client = Client(insecure=self.insecure, retries=RETRIES)
            self._client = self._stack.enter_context(client)
            file = client.config.file
            if client.config.sources.get("token") == "file" and is_open_to_others(file):
                self.note(f"Others on this machine can read your token: chmod 600 {file}")
        return self._client

    @property
    def is_watched(self) -> bool:
        """True if progress bars are shown: on a terminal that can redraw a line."""
        redraws = self.errors.is_terminal and not self.errors.is_dumb_terminal
        return redraws and not (self.quiet or self.as_json)

    def note(self, line: str) -> None:
        """Print a note on stderr, unless quiet."""
        self._end_bars()
        if not self.quiet:
            self.errors.print(Text(line))

    def result(self, value: object, lines: Sequence[str] = ()) -> None:
        """Print a result: as JSON, or its lines."""
        self._end_bars()
        if self.as_json:
            typer.echo(json.dumps(value, indent=2))
        else:
            for line in lines:
                typer.echo(line)

    def rows(
        self,
        value: object,
        rows: Sequence[Mapping[str, Any]],
        *,
        empty: str,
        shown: Sequence[Mapping[str, Any]] = (),
        title: str = "",
    ) -> None:
        """Print rows: all of `value` as JSON, `rows` as CSV, and `shown` (or they) as a table."""
        if self.as_json:
            self.result(value)
        elif self.as_csv:
            _write_csv(sys.stdout, rows)
        elif rows:
            print_table(shown or rows, title)
        else:
            self.note(empty)

    def write_csv(self, file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows to a file."""
        with file.open("w", encoding="utf-8", newline="") as target:
            _write_csv(target, rows)

    def progress(self, name: str) -> Progress:
        """Return a progress bar for one transfer, or nothing if no bars are shown."""
        if not self.is_watched:
            return silent
        bar: list[TaskID] = []

        def tell(done: int, total: int) -> None:
            bars = self._begun_bars()
            if not bar:  # what is sent at once has no bar
                bar.append(bars.add_task(text.plain(name), total=total))
            bars.update(bar[0], completed=done)

        return tell

    def make_sure(self, question: str, *, is_sure: bool) -> None:
        """Ask before an action that cannot be undone. Errors: UsageError if nobody can answer."""
        if is_sure:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question} Confirm with --yes.")
        typer.confirm(question, abort=True, err=True)

    def _begun_bars(self) -> Bars:
        if self._bars is None:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
            )
            # Only the result remains in view; it says all that the bars did.
            bars = Bars(*columns, console=self.errors, transient=True)
            self._bars = self._stack.enter_context(bars)
        return self._bars

    def _end_bars(self) -> None:
        """Remove the bars before anything else is printed."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def changes(self, words: Callable[[Any], str]) -> Callable[[Any], None]:
        """Return a function that prints each new state once."""
        told: list[str] = []

        def tell(found: Any) -> None:
            line = words(found)
            if told[-1:] != [line]:
                told.append(line)
                self.note(line)

        return tell

    def failed(self, error: PodiumError) -> None:
        """Print an error: as JSON on stdout, or as text on stderr."""
        if self.as_json:
            typer.echo(json.dumps(error.as_json(), indent=2))
            return
        for line in text.error(error):
            self.errors.print(Text(line))


@contextmanager
def running(
    context: typer.Context, *, as_json: bool = False, as_csv: bool = False, quiet: bool = False
) -> Iterator[Session]:
    """Give a command its session; every error ends in a sentence and an exit code."""
    insecure = bool(context.find_root().params.get("insecure"))
    with ExitStack() as stack:
        session = Session(stack, as_json=as_json, as_csv=as_csv, quiet=quiet, insecure=insecure)
        try:
            yield session
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            stack.close()  # remove the bars before the last message
            session.errors.print(Text(f"Interrupted. {session.come_back}".strip()))
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            stack.close()
            if os.environ.get(DEBUG):
                traceback.print_exc()
            told = _in_words(error)
            session.failed(told)
            if isinstance(told, SiteError) and session.come_back:
                session.note(session.come_back)
            raise typer.Exit(told.exit_code) from None


def _in_words(error: Exception) -> PodiumError:
    """Return an error for the participant. A closed pipe is not an error and is passed on."""
    if isinstance(error, PodiumError):
        return error
    if isinstance(error, BrokenPipeError):
        raise error
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return UsageError(f"{where}{error.strerror or error}.")
    return SiteError(
        f"This client does not understand the site's answer ({type(error).__name__})."
        f" A newer podium-client may; {DEBUG}=1 shows more.",
        code="unexpected",
    )


def print_table(rows: Sequence[Mapping[str, Any]], title: str = "") -> None:
    """Print rows as a table whose columns are the keys of the first one."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = ENDLESS
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        numeric = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(
            Text(text.plain(name)), justify="right" if numeric else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(text.plain(value)) for value in row.values()))
    with console.capture() as drawn:
        console.print(table)
    if title:
        typer.echo(text.plain(title))
    for line in drawn.get().splitlines():
        typer.echo(line.rstrip())


def _write_csv(file: TextIO, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    target = csv.writer(file, lineterminator="\n")
    target.writerow(rows[0])
    for row in rows:
        target.writerow(["" if value is None else _cell(value) for value in row.values()])


def _cell(value: object) -> object:
    if isinstance(value, list | tuple):
        return " ".join(str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else value
