"""Your submissions: the list, one in full, and actions on them."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.options import Number, TaskName, Timeout, Wait
from podium_client.cli.session import Session, print_table
from podium_client.errors import (
    FileError,
    SeveralTasksError,
    SiteError,
    StillWaitingError,
    UsageError,
)
from podium_client.shapes import Score, Submission
from podium_client.waiting import FAILED, REJECTED


@command(csv=True)
def submissions(
    session: Session,
    task: TaskName = "",
    state: Annotated[
        str, typer.Option("--state", help="queued, scoring, scored, rejected or failed.")
    ] = "",
    sort: Annotated[str, typer.Option("--sort", help="The order, as named on the page.")] = "",
) -> None:
    """List your team's submissions to a task, or to all tasks of a challenge, newest first."""
    found = _submissions(session, task, state, sort)
    rows = [_row(each) for each in found]
    are_several = len({each["task"] for each in found}) > 1
    session.rows(
        found,
        rows,
        shown=[
            {
                **_shown(row),
                "score": _score(each),
                **({"task": each["task"]} if are_several else {}),
            }
            for each, row in zip(found, rows, strict=True)
        ],
        empty="No submission yet. `podium submit` creates the first.",
    )


def _submissions(session: Session, name: str, state: str, sort: str) -> list[Submission]:
    """Return the submissions to a task, or of a challenge those to all its tasks."""
    client = session.client
    try:
        return client.task(name).submissions(state=state, sort=sort)
    except SeveralTasksError as several:
        tasks = [client.task(task) for task in several.tasks]
    found = [each for task in tasks for each in task.submissions(state=state, sort=sort)]
    return found if sort else sorted(found, key=lambda each: each["received_at"], reverse=True)


def _headline(found: Submission) -> Score | None:
    return next((each for each in found.get("scores") or [] if each["is_headline"]), None)


def _score(found: Submission) -> str:
    headline = _headline(found)
    return text.score_of(headline) if headline else ""


def _row(found: Submission) -> dict[str, object]:
    headline = _headline(found)
    return {
        "id": found["id"],
        "number": found["number"],
        "state": found["state"],
        "score": headline["value"] if headline else None,
        "file": found["original_name"],
        "received_at": found["received_at"],
        "method": found["method"],
        "note": found["note"],
        "selected": found["is_selected"],
        "withdrawn": bool(found["withdrawn_at"]),
    }


def _shown(row: Mapping[str, Any]) -> dict[str, object]:
    """Return the columns of a submission's row that fit a terminal."""
    marks = [str(row["state"]), *(name for name in ("selected", "withdrawn") if row[name])]
    return {
        "id": row["id"],
        "state": ", ".join(marks),
        "score": row["score"],
        "received": text.moment(row["received_at"]).removesuffix(" UTC"),
        "file": row["file"],
        "method": row["method"],
        "note": row["note"],
    }


@command()
def show(session: Session, number: Number, wait: Wait = False, timeout: Timeout = None) -> None:
    """Show a submission with its scores."""
    finish(session, session.client.submission(number), wait=wait, timeout=timeout)


def finish(session: Session, found: Submission, *, wait: bool, timeout: float | None) -> None:
    """Print a submission, after waiting for its end if asked; exit with its outcome."""
    if wait:
        session.come_back = (
            f"Submission {found['id']} goes on without you: podium show {found['id']} --wait"
        )
        tell = session.changes(lambda each: f"Submission {each['id']}: {text.state(each)}")
        try:
            found = session.client.wait_for_submission(found, timeout=timeout, tell=tell)
        except StillWaitingError as error:
            raise StillWaitingError(f"{error.detail} {session.come_back}") from None
        session.come_back = ""
    print_submission(session, found)
    if found["state"] == REJECTED:
        raise typer.Exit(FileError.exit_code)
    if found["state"] == FAILED:
        raise typer.Exit(SiteError.exit_code)


def print_submission(session: Session, found: Submission) -> None:
    """Print a submission: as JSON, or its facts and a table of its scores."""
    session.result(found, text.submission(found))
    if found.get("scores") and not session.as_json:
        print_table(text.score_rows(found["scores"] or []))


@command()
def describe(
    session: Session,
    number: Number,
    method: Annotated[
        str | None, typer.Option("--method", help="The method's name, as the board shows it.")
    ] = None,
    message: Annotated[
        str | None, typer.Option("-m", "--message", "--note", help="A note for your team.")
    ] = None,
) -> None:
    """Change the method name and the note of a submission. An empty text removes it."""
    if method is None and message is None:
        raise UsageError("Give --method or --message.")
    found = session.client.describe(number, method=method, note=message)
    session.result(found, text.submission(found))


@command()
def select(session: Session, number: Number) -> None:
    """Select a submission for the final ranking."""
    _change(session, number, "select")


@command()
def unselect(session: Session, number: Number) -> None:
    """Remove a submission from the final selection."""
    _change(session, number, "unselect")


@command()
def withdraw(session: Session, number: Number) -> None:
    """Withdraw a submission: it is off all leaderboards until you restore it."""
    _change(session, number, "withdraw")


@command()
def restore(session: Session, number: Number) -> None:
    """Restore a withdrawn submission."""
    _change(session, number, "restore")


def _change(session: Session, number: int, verb: str) -> None:
    found = session.client.change(number, verb)
    session.result(found, text.submission(found))
