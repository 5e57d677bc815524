"""Downloading files and submitting predictions."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.options import PredictionsFile, TaskName, Timeout, Wait
from podium_client.cli.session import Session
from podium_client.cli.submissions import finish
from podium_client.downloads import Fetched
from podium_client.errors import FileError, NotFoundError, SiteError
from podium_client.files import existing
from podium_client.frames import FACTS
from podium_client.images import ARCHIVE, unpack
from podium_client.shapes import Validation
from podium_client.task import Task

AGAIN = "Run the same command again to resume."


@command()
def download(
    session: Session,
    task: TaskName = "",
    file: Annotated[
        list[str] | None,
        typer.Option("-f", "--file", help="Only this file, or these: -f '*.csv'. Repeatable."),
    ] = None,
    path: Annotated[
        str, typer.Option("-p", "--path", help="The folder; by default one named after the task.")
    ] = "",
    here: Annotated[bool, typer.Option("-w", "--wp", help="Into the current folder.")] = False,
    force: Annotated[
        bool, typer.Option("-o", "--force", help="Download complete files again, too.")
    ] = False,
    unzip: Annotated[bool, typer.Option("--unzip", help="Unpack the images too.")] = False,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the data set's licence.")
    ] = False,
    submission: Annotated[
        int | None,
        typer.Option(
            "--submission", metavar="ID", help="Download your own submitted file instead."
        ),
    ] = None,
) -> None:
    """Download a task's files. Complete files are skipped, partial ones resumed."""
    session.come_back = AGAIN
    if submission is not None:
        fetched = [_own_file(session, submission, path or ".")]
        session.result(_told(str(submission), fetched), [str(fetched[0].path)])
        return
    found = session.client.task(task)
    if accept_licence:
        found.accept_licence()
    folder = _folder(session, found, path, here=here)
    fetched = found.download(
        folder, _wanted(found, file or []), force=force, progress=session.progress
    )
    lines = [f"{each.path}  {each.bytes:,} bytes, {each.state}" for each in fetched]
    if unzip and (folder / ARCHIVE).exists():
        lines.append(str(unpack(folder / ARCHIVE, folder)))
    session.result(_told(found.full_name, fetched), lines)


def _own_file(session: Session, number: int, path: str) -> Fetched:
    fetched = session.client.download_submission(
        number, path, progress=session.progress(f"submission {number}")
    )
    if fetched.path.name != fetched.name:
        sent = text.plain(fetched.name)
        session.note(f"It was sent as {sent!r}, which is not a valid file name here.")
    return fetched


def _told(what: str, fetched: list[Fetched]) -> dict[str, object]:
    return {"of": what, "files": [each.as_json() for each in fetched]}


def _folder(session: Session, task: Task, path: str, *, here: bool) -> Path:
    """Return where the files go: -w, -p, the configured path, or a folder named after the task."""
    if here or path:
        return Path(path or ".").expanduser()
    if usual := session.client.config.settings.get("path"):
        return Path(usual).expanduser() / task.challenge / task.name
    return Path(task.name)


def _wanted(task: Task, patterns: list[str]) -> list[str]:
    """Return the names that match the patterns; none for all. Errors: NotFoundError."""
    names = [*task.file_names, FACTS]
    found = []
    for pattern in patterns:
        matching = [name for name in names if fnmatch(name, pattern)]
        if not matching:
            raise NotFoundError(f"{task.full_name} has no file {pattern}: {', '.join(names)}.")
        found += matching
    return list(dict.fromkeys(found))


@command()
def validate(
    session: Session, file: PredictionsFile, task: TaskName = "", timeout: Timeout = None
) -> None:
    """Have the site check a file. This does not count as an attempt."""
    session.come_back = AGAIN
    path = existing(file)
    found = session.client.task(task).validate(
        path,
        timeout=timeout,
        progress=session.progress(path.name),
        tell=session.changes(lambda validation: text.plain(validation["state"])),
    )
    session.come_back = ""
    session.result(found, _verdict(found))
    if found["state"] == "invalid":
        raise typer.Exit(FileError.exit_code)
    if found["state"] == "failed":
        raise typer.Exit(SiteError.exit_code)


def _verdict(found: Validation) -> list[str]:
    words = {
        "valid": "The file is valid.",
        "invalid": "The file would be rejected:",
        "failed": "The site could not check the file. The error is not in the file; try again.",
    }
    return [
        words[found["state"]],
        *text.problems(found.get("problems") or ()),
        *text.notes(found.get("notes") or ()),
    ]


@command()
def submit(
    session: Session,
    file: PredictionsFile,
    task: TaskName = "",
    message: Annotated[
        str, typer.Option("-m", "--message", "--note", help="A note for your team.")
    ] = "",
    method: Annotated[
        str, typer.Option("--method", help="The method's name, as the board shows it.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Submit a file that you submitted before, too.")
    ] = False,
    wait: Wait = False,
    timeout: Timeout = None,
) -> None:
    """Submit predictions; with --wait, show their scores."""
    session.come_back = AGAIN
    path = existing(file)
    found, was_there = session.client.task(task).send(
        path, method=method, note=message, again=again, progress=session.progress(path.name)
    )
    if was_there:
        session.note("The site already had this file from an interrupted attempt.")
    finish(session, found, wait=wait, timeout=timeout)
