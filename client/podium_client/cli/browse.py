"""Browsing: challenges, tasks, files, boards, comparisons."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.options import ChallengeName, TaskName
from podium_client.cli.session import Session
from podium_client.errors import SeveralTasksError
from podium_client.shapes import Board, Rules


@command(csv=True)
def challenges(
    session: Session,
    search: Annotated[
        str, typer.Option("-s", "--search", help="Only those whose title or name contains this.")
    ] = "",
) -> None:
    """List the challenges."""
    found = [
        each
        for each in session.client.challenges()
        if search.lower() in f"{each['slug']} {each['title']}".lower()
    ]
    columns = ("slug", "title", "phase", "closes_at", "tracks", "teams")
    rows = [{name: each.get(name) for name in columns} for each in found]
    shown = [{**row, "closes_at": text.moment(row["closes_at"])} for row in rows]
    session.rows(found, rows, shown=shown, empty="There are no challenges yet.")


@command()
def rules(
    session: Session,
    challenge: ChallengeName = "",
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept the version that is shown.")
    ] = False,
) -> None:
    """Show the rules of a challenge; with --accept, accept them."""
    found = session.client.rules(challenge)
    words = [f"The rules of {text.plain(found['title'])}", "", *text.prose(found["rules"]), ""]
    if not found["rules"].strip():
        words = [f"{text.plain(found['title'])} has no rules to accept."]
    elif accept:
        found = session.client.accept_rules(challenge, found["rules_version"])
    session.result(found, [*words, *_accepted(found)])


def _accepted(found: Rules) -> list[str]:
    """Return whether the rules that were shown are accepted, in words."""
    if not found["rules"].strip() or found["rules_accepted"] is None:
        return []
    version = found["rules_version"][:12]
    if found["rules_accepted"]:
        return [f"You have accepted them (version {version})."]
    command = f"podium rules {text.plain(found['challenge'])} --accept"
    return [f"You have not accepted them (version {version}): {command}"]


@command(csv=True)
def tasks(session: Session, challenge: ChallengeName = "") -> None:
    """List the tasks of a challenge."""
    found = session.client.tasks(challenge)
    rows = [
        {
            "task": f"{each['challenge']}/{each['slug']}",
            "title": each["title"],
            "kind": each["kind"],
            "metric": each["metric"]["title"],
            "better": "higher" if each["metric"]["higher_is_better"] else "lower",
            "daily_limit": each["daily_limit"],
        }
        for each in found
    ]
    session.rows(found, rows, empty="The challenge has no tasks yet.")


@command(csv=True)
def files(session: Session, task: TaskName = "") -> None:
    """List a task's files."""
    found = session.client.task(task).files
    rows = [{name: file.get(name) for name in ("name", "bytes", "sha256")} for file in found]
    session.rows(found, rows, empty="The task has no files yet.")


@command(csv=True)
def leaderboard(
    session: Session,
    task: TaskName = "",
    track: Annotated[
        str, typer.Option("--track", help="The board of a track: matching or classification.")
    ] = "",
    part: Annotated[str, typer.Option("--part", help="public, or private once revealed.")] = "",
    at: Annotated[str, typer.Option("--at", help="The board at this time (ISO 8601).")] = "",
    show: Annotated[
        bool, typer.Option("--show", "-s", help="Print the board (the default).")
    ] = False,
    download: Annotated[
        bool, typer.Option("--download", "-d", help="Write the board to a CSV file.")
    ] = False,
    path: Annotated[str, typer.Option("-p", "--path", help="The folder of that file.")] = ".",
) -> None:
    """Show the leaderboard of a task, of a track with --track, or of all tracks of a challenge."""
    try:
        name, board = _board(session, task, track, part, at)
    except SeveralTasksError as several:
        if download:
            raise
        _tracks(session, several.challenge, part, at)
        return
    rows = [_board_row(row) for row in board["items"]]
    if download:
        file = Path(path) / f"{name.replace('/', '-')}-leaderboard.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        session.write_csv(file, rows)
        if show:  # then the board is the only result
            session.note(str(file))
        else:
            session.result({"path": str(file), "count": len(rows)}, [str(file)])
    if show or not download:
        session.rows(
            board,
            rows,
            shown=[_shown(row, board.get("decimals")) for row in rows],
            empty="No teams yet.",
            title=_headline(board),
        )


def _board(session: Session, name: str, track: str, part: str, at: str) -> tuple[str, Board]:
    if not track:
        task = session.client.task(name)
        return task.full_name, task.board(part=part, at=at)
    board = session.client.track_leaderboard(name, track, part=part, at=at)
    return track, board


def _tracks(session: Session, challenge: str, part: str, at: str) -> None:
    """Show the boards of all tracks of a challenge in one table."""
    client = session.client
    boards = {
        track: client.track_leaderboard(challenge, track, part=part, at=at)
        for track in client.challenge(challenge)["tracks"]
    }
    rows = [
        {"track": track, **_board_row(row)}
        for track, board in boards.items()
        for row in board["items"]
    ]
    session.rows(
        [*boards.values()],
        rows,
        shown=[
            {"track": row["track"], **_shown(row, boards[row["track"]].get("decimals"))}
            for row in rows
        ],
        empty="No teams yet.",
        title=f"Tracks of {challenge}. A task's leaderboard: podium leaderboard {challenge}/TASK",
    )


def _headline(board: Board) -> str:
    frozen = f", frozen since {text.moment(since)}" if (since := board.get("frozen_since")) else ""
    return f"{board['title']}, {board['part']} part{frozen}"


def _shown(row: Mapping[str, Any], decimals: int | None) -> dict[str, Any]:
    """Return the columns of a board's row that fit a terminal."""
    marks = [
        word for word, is_so in (("baseline", "is_baseline"), ("you", "is_mine")) if row[is_so]
    ]
    score, low, high = (text.fixed(row[name], decimals) for name in ("score", "low", "high"))
    return {
        "rank": row["rank"],
        "team": f"{row['team']} ({', '.join(marks)})" if marks else row["team"],
        "score": score,
        "interval": f"{low} to {high}" if low and high else "",
        "tries": row["attempts"],
        "since": text.moment(row["first_reached"]).removesuffix(" UTC"),
        "method": row["method"],
    }


def _board_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row for people and spreadsheets."""
    team = row.get("team") or {}
    return {
        "rank": row.get("rank"),
        "team": team.get("name"),
        "slug": team.get("slug"),
        "score": row.get("score"),
        "low": row.get("low"),
        "high": row.get("high"),
        "attempts": row.get("attempts"),
        "first_reached": row.get("first_reached"),
        "method": row.get("method"),
        "is_baseline": bool(team.get("is_baseline")),
        "is_mine": bool(row.get("is_mine")),
    }
