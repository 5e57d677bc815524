"""Two entries head to head."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from podium_client import waiting
from podium_client.cli import completion, text
from podium_client.cli.command import command
from podium_client.cli.options import Timeout
from podium_client.cli.session import Session

COMPUTING = "computing"


@command(csv=True)
def compare(
    session: Session,
    a: Annotated[str, typer.Argument(metavar="A", help="A submission's id, or a team.")],
    b: Annotated[
        str, typer.Argument(metavar="B", help="Another submission's id, or another team.")
    ],
    challenge: Annotated[
        str,
        typer.Option(
            "-c",
            "--competition",
            "--challenge",
            metavar="CHALLENGE[/TASK]",
            help="Compare two teams of this challenge, by the last part of their addresses.",
            autocompletion=completion.tasks,
        ),
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the row-by-row comparison.")
    ] = False,
    timeout: Timeout = None,
) -> None:
    """Compare two of your submissions by their ids, or two teams of a challenge."""
    look = _question(session, a, b, challenge)
    found = look()
    if wait:
        found = waiting.until(_is_known, look, begin=found, timeout=timeout)
    duels = found.get("items", [found])
    rows = [_row(duel) for duel in duels]
    session.rows(
        found,
        rows,
        shown=[_shown(row) for row in rows],
        empty="They have no task in common.",
    )
    for message in dict.fromkeys(_message(duel) for duel in duels):
        if message:
            session.note(message)


def _question(session: Session, a: str, b: str, challenge: str) -> Callable[[], dict[str, Any]]:
    """Return the request: a comparison of submissions if both are numbers, else of teams."""
    client = session.client
    if a.isdecimal() and b.isdecimal() and not challenge:
        return lambda: client.compare_submissions(int(a), int(b))
    slug, _, task = challenge.partition("/")
    return lambda: client.compare_teams(a, b, challenge=slug, task=task)


def _is_known(found: Mapping[str, Any]) -> bool:
    return all(duel["state"] != COMPUTING for duel in found.get("items", [found]))


def _message(duel: Mapping[str, Any]) -> str:
    if duel["state"] == COMPUTING:
        return "The row-by-row differences are being computed: --wait waits for them."
    return text.plain(duel.get("message"))


def _row(duel: Mapping[str, Any]) -> dict[str, Any]:
    names = {side: _name(duel, side) for side in ("a", "b")}
    return {
        "task": duel["task"],
        "metric": duel["metric"],
        "a": names["a"],
        "score_a": duel["a"]["score"],
        "b": names["b"],
        "score_b": duel["b"]["score"],
        "difference": duel["difference"],
        "low": duel["low"],
        "high": duel["high"],
        "ahead": names.get(duel["leads"], ""),
        "more_than_noise": duel["is_sure"],
        "only_a_right": duel["only_a_right"],
        "only_b_right": duel["only_b_right"],
    }


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a comparison that fit a terminal."""
    ends = "" if row["low"] is None else f"{text.plain(row['low'])} to {text.plain(row['high'])}"
    return {
        "task": row["task"],
        row["a"]: row["score_a"],
        row["b"]: row["score_b"],
        "difference": row["difference"],
        "interval": ends,
        "ahead": row["ahead"],
        "more than noise": row["more_than_noise"],
    }


def _name(duel: Mapping[str, Any], side: str) -> str:
    """Return a team's name, or the submission if both belong to one team."""
    if duel["a"]["team"] == duel["b"]["team"]:
        return f"submission {duel[side]['submission']}"
    return str(duel[side]["team"]["name"])
