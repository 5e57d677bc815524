"""`podium host challenges`, `status`, `submissions`, `teams`, `events`."""

import json
from typing import Annotated

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.host.common import app, host_of
from podium_client.cli.options import ChallengeName
from podium_client.cli.session import Session, print_table
from podium_client.host import organized


@command(app, "challenges", csv=True)
def challenges(session: Session) -> None:
    """List the challenges that you organize."""
    found = organized(session.client.site)
    session.rows(found, found, empty="You organize no challenge yet.")


@command(app, "status")
def status(session: Session, challenge: ChallengeName = "") -> None:
    """Show how a challenge is: queue, today's counts, baselines, troubles."""
    found = host_of(session, challenge).status()
    workers = "unknown" if found["workers"] is None else found["workers"]
    lines = [
        f"{text.plain(found['title'])}: {text.plain(found['phase'])}",
        f"Queued {found['queued']}, scoring {found['scoring']}, failed {found['failed']};"
        f" workers: {workers}; {found['disk_free']:.0%} of the disk is free",
        f"Today: {found['today']} submissions of {found['today_teams']} teams,"
        f" {found['today_scored']} scored, {found['today_rejected']} rejected",
        *(f"! {text.plain(line)}" for line in found["trouble"]),
    ]
    session.result(found, lines)
    if found["baselines"] and not session.as_json:
        print_table(found["baselines"], "Baselines")


@command(app, "submissions", csv=True)
def submissions(
    session: Session,
    challenge: ChallengeName = "",
    task: Annotated[str, typer.Option("--task", help="Only those to this task.")] = "",
    team: Annotated[str, typer.Option("--team", help="A part of the team's name.")] = "",
    state: Annotated[
        str,
        typer.Option(
            "--state", help="queued, scoring, scored, rejected, failed, withdrawn or final."
        ),
    ] = "",
) -> None:
    """List the submissions of all teams, newest first. No scores."""
    found = host_of(session, challenge).submissions(task=task, team=team, state=state)
    rows = [{**each, "team": each["team"]["slug"]} for each in found]
    names = ("id", "task", "team", "number", "state", "received_at", "why")
    shown = [{name: row[name] for name in names} for row in rows]
    session.rows(found, rows, shown=shown, empty="No submission.")


@command(app, "teams", csv=True)
def teams(
    session: Session,
    challenge: ChallengeName = "",
    name: Annotated[str, typer.Option("--name", help="A part of the name.")] = "",
    member: Annotated[str, typer.Option("--member", help="A member's name or address.")] = "",
    state: Annotated[str, typer.Option("--state", help="never or disqualified.")] = "",
) -> None:
    """List the teams of people with how much they submitted."""
    found = host_of(session, challenge).teams(name=name, member=member, state=state)
    session.rows(found, found, empty="No team.")


@command(app, "events", csv=True)
def events(
    session: Session,
    challenge: ChallengeName = "",
    verb: Annotated[str, typer.Option("--verb", help="What was done.")] = "",
    who: Annotated[str, typer.Option("--who", help="A part of the actor's name.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=200, help="How many at most.")] = 50,
) -> None:
    """List what people and the system did, newest first. For owners and managers."""
    found = host_of(session, challenge).events(most, verb=verb, who=who)
    rows = [{**each, "facts": json.dumps(each["facts"])} for each in found]
    session.rows(found, rows, empty="No event.")
