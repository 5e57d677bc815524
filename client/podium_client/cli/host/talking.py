"""`podium host announce`, `threads`, `thread`, `write`: what organizers say to teams."""

from typing import Annotated

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.host.common import act, app, host_of
from podium_client.cli.options import ChallengeName, ChallengeOption, Yes, given_text
from podium_client.cli.session import Session
from podium_client.cli.talking import Message, TextFile

TeamSlug = Annotated[str, typer.Argument(metavar="TEAM", help="The slug of the team.")]


@command(app, "announcements", csv=True)
def announcements(session: Session, challenge: ChallengeName = "") -> None:
    """List what was announced, and to which teams. For owners and managers."""
    found = host_of(session, challenge).announcements()
    shown = [{name: each[name] for name in ("title", "audience", "at")} for each in found]
    session.rows(found, found, shown=shown, empty="No announcement.")


@command(app, "announce")
def announce(
    session: Session,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="It is known by this title.")],
    message: Message = None,
    file: TextFile = "",
    track: Annotated[str, typer.Option("--track", help="Only teams that submitted to it.")] = "",
    state: Annotated[
        str, typer.Option("--state", help="Only teams: unscored, unchosen, ranked or silent.")
    ] = "",
    days: Annotated[
        int, typer.Option("--days", min=1, max=365, help="With --state silent: for how long.")
    ] = 7,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take it back.")] = False,
    challenge: ChallengeOption = "",
    yes: Yes = False,
) -> None:
    """Announce something, correct or take it back, after showing how many people it reaches."""
    body: dict[str, object] = {"title": title}
    if take_back:
        body["take_back"] = True
    else:
        body["body"] = given_text(message, file)
        body |= {name: value for name, value in (("track", track), ("state", state)) if value}
    if state == "silent":
        body["days"] = days
    act(session, host_of(session, challenge), "announcements", body, yes=yes)


@command(app, "threads", csv=True)
def threads(
    session: Session,
    challenge: ChallengeName = "",
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only those that wait for an answer.")
    ] = False,
) -> None:
    """List the private threads with teams, those with the newest message first."""
    filters = {"unanswered": "true"} if unanswered else {}
    found = host_of(session, challenge).threads(**filters)
    session.rows(found, found, empty="No messages yet.")


@command(app, "thread")
def thread(session: Session, team: TeamSlug, challenge: ChallengeOption = "") -> None:
    """Show what a team and the organizers wrote to each other, newest first."""
    found = host_of(session, challenge).thread(team)
    lines = []
    for each in found:
        who = text.plain(each["by"]) + (" (organizer)" if each["by_organizer"] else "")
        lines += [f"{who}, {text.moment(each['at'])}", *text.prose(each["body"]), ""]
    session.result(found, lines[:-1] or ["No messages yet."])


@command(app, "write")
def write(
    session: Session,
    team: TeamSlug,
    message: Message = None,
    file: TextFile = "",
    challenge: ChallengeOption = "",
    yes: Yes = False,
) -> None:
    """Write to a team in private, as an answer or to begin. For owners and managers."""
    body = {"body": given_text(message, file)}
    act(session, host_of(session, challenge), f"threads/{team}", body, yes=yes)
