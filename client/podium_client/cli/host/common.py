"""What the commands for organizers have in common: a plan is shown, confirmed, and carried out."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from podium_client import host as hosting
from podium_client import names
from podium_client.cli import text
from podium_client.cli.session import Session
from podium_client.errors import UsageError
from podium_client.host import Host, Plan

app = typer.Typer(help="Organize a challenge: set it up, run it, reveal it.", no_args_is_help=True)

Reason = Annotated[str, typer.Option("-m", "--reason", help="Why. Those whom it concerns read it.")]
Title = Annotated[
    str,
    typer.Option("--title", help="The challenge's title, where the plan asks you to type it."),
]
TaskSlug = Annotated[str, typer.Argument(metavar="TASK", help="The slug of the task.")]


def host_of(session: Session, challenge: str) -> Host:
    """Return the named challenge, or the configured one."""
    client = session.client
    return Host(client.site, names.challenge_of(challenge, client.config.settings))


def lines_of(plan: Plan) -> list[str]:
    """Return what a plan says, for people."""
    lines = [f"{text.plain(plan['act'])}:"]
    lines += [f"- {text.plain(line)}" for line in plan["lines"]]
    lines += [f"- left out: {text.plain(line)}" for line in plan["skipped"]]
    for board in plan["boards"]:
        lines.append(f"{text.plain(board['title'])}: {board['changed']} of {board['rows']} rows")
        lines += [f"- {_move(move)}" for move in board["changes"]]
    if teams := plan["teams"]:
        noun = "The members of one team are" if teams == 1 else f"The members of {teams} teams are"
        lines.append(f"{noun} notified.")
    if not plan["can_be_undone"]:
        lines.append("This cannot be undone.")
    return lines


def _move(move: Mapping[str, Any]) -> str:
    places = (_place(move["before"]), _place(move["after"]))
    return f"{text.plain(move['team'])}: {places[0]} → {places[1]}"


def _place(place: Mapping[str, Any] | None) -> str:
    if place is None:
        return "not on the board"
    rank = "unranked" if place["rank"] is None else f"rank {place['rank']}"
    return f"{rank} ({text.plain(place['score'])})"


def act(
    session: Session,
    host: Host,
    what: str,
    body: Mapping[str, object],
    *,
    yes: bool,
    reason: str = "",
    title: str = "",
) -> dict[str, Any]:
    """Plan an act and carry it out; return what was done. Errors: UsageError."""
    return confirmed(session, host.plan(what, body), yes=yes, reason=reason, title=title)


def confirmed(
    session: Session, plan: Plan, *, yes: bool, reason: str = "", title: str = ""
) -> dict[str, Any]:
    """Carry a plan out as `carry` does, and print what was done."""
    done = carry(session, plan, yes=yes, reason=reason, title=title)
    session.result(done, [f"Done: {text.plain(done['act'])} in {text.plain(done['challenge'])}."])
    return done


def carry(
    session: Session, plan: Plan, *, yes: bool, reason: str = "", title: str = ""
) -> dict[str, Any]:
    """Show a plan, ask for what it needs, and carry it out. Errors: UsageError."""
    for line in lines_of(plan):
        session.note(line)
    if "reason" in plan["asks"]:
        reason = reason or _asked("Why? Those whom it concerns read it", "-m TEXT")
    if "title" in plan["asks"]:
        expected = text.plain(plan["title"])
        title = title or _asked(f"Type the title of the challenge, {expected}", "--title TEXT")
    session.make_sure("Do this?", is_sure=yes)
    return hosting.carry_out(session.client.site, plan, reason=reason, title=title)


def _asked(question: str, option: str) -> str:
    """Return what somebody types. Errors: UsageError if nobody can."""
    if not sys.stdin.isatty():
        raise UsageError(f"{question}: use {option}.")
    return str(typer.prompt(question, err=True))
