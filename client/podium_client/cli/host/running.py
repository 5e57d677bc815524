"""`podium host times`, `extend`, `pause`, `organizers`, `role`, `webhook`, `labels`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.host.common import Reason, TaskSlug, Title, act, app, host_of
from podium_client.cli.options import ChallengeName, ChallengeOption, Yes
from podium_client.cli.session import Session, print_table
from podium_client.errors import UsageError
from podium_client.files import existing

At = "ISO 8601, UTC if no zone is given"
Hours = Annotated[
    int, typer.Argument(metavar="HOURS", min=1, help="By how many hours the close moves.")
]


@command(app, "times")
def times(
    session: Session,
    challenge: ChallengeName = "",
    announced: Annotated[str, typer.Option("--announced", metavar="TIME", help=At)] = "",
    opens: Annotated[str, typer.Option("--opens", metavar="TIME", help=At)] = "",
    team_freeze: Annotated[str, typer.Option("--team-freeze", metavar="TIME", help=At)] = "",
    closes: Annotated[str, typer.Option("--closes", metavar="TIME", help=At)] = "",
    reveal: Annotated[str, typer.Option("--reveal", metavar="TIME", help=At)] = "",
    archived: Annotated[str, typer.Option("--archived", metavar="TIME", help=At)] = "",
    title: Title = "",
    yes: Yes = False,
) -> None:
    """Move times, after showing what that does. Times that you leave out stay."""
    given = {
        "announced_at": announced, "opens_at": opens, "team_freeze_at": team_freeze,
        "closes_at": closes, "reveal_at": reveal, "archived_at": archived,
    }  # fmt: skip
    body = {name: at for name, at in given.items() if at}
    if not body:
        raise UsageError("Give at least one time, such as --closes 2026-11-27T12:00:00Z.")
    act(session, host_of(session, challenge), "times", body, yes=yes, title=title)


@command(app, "extend")
def extend(
    session: Session,
    hours: Hours,
    challenge: ChallengeOption = "",
    title: Title = "",
    yes: Yes = False,
) -> None:
    """Close later by some hours; the reveal and the archiving move along."""
    body = {"extend_hours": hours}
    act(session, host_of(session, challenge), "times", body, yes=yes, title=title)


@command(app, "pause")
def pause(
    session: Session,
    task: TaskSlug,
    sentence: Annotated[
        str, typer.Argument(metavar="SENTENCE", help="Why, for everybody who wants to submit.")
    ] = "",
    end: Annotated[bool, typer.Option("--end", help="Take submissions again.")] = False,
    challenge: ChallengeOption = "",
    yes: Yes = False,
) -> None:
    """Let a task take no submissions, with a sentence that says why. For owners."""
    if bool(sentence) == end:
        raise UsageError("Give the sentence that says why, or --end.")
    host = host_of(session, challenge)
    act(session, host, f"tasks/{task}/pause", {"sentence": sentence}, yes=yes)


@command(app, "organizers", csv=True)
def organizers(session: Session, challenge: ChallengeName = "") -> None:
    """List who organizes a challenge. For owners."""
    found = host_of(session, challenge).organizers()
    pending = set(found["pending"])
    rows = [
        {"email": email, "role": role, "confirmed": email not in pending}
        for email, role in found["roles"].items()
    ]
    session.rows(found, rows, empty="No organizers.")


@command(app, "role")
def role(
    session: Session,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Of the person.")],
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="owner, manager or viewer; none takes it.")
    ],
    challenge: ChallengeOption = "",
    yes: Yes = False,
) -> None:
    """Give somebody a role, change it, or take it away. For owners."""
    body = {"roles": {email: None if role == "none" else role}}
    act(session, host_of(session, challenge), "organizers", body, yes=yes)


@command(app, "webhook")
def webhook(
    session: Session,
    verb: Annotated[
        str, typer.Argument(metavar="VERB", help="status, set, remove or test.")
    ] = "status",
    url: Annotated[str, typer.Argument(metavar="URL", help="Where alerts are posted.")] = "",
    form: Annotated[str, typer.Option("--form", help="slack, teams or plain.")] = "slack",
    challenge: ChallengeOption = "",
    yes: Yes = False,
) -> None:
    """Show, set, remove or test the webhook to which alerts are posted. For owners."""
    host = host_of(session, challenge)
    if verb == "status":
        found = host.webhook()
        where = f"{text.plain(found['host'])} ({text.plain(found['form'])})"
        lines = [where if found["host"] else "No webhook.", *text.prose(found["problem"])]
        session.result(found, lines)
        if found["posts"] and not session.as_json:
            print_table(found["posts"], "Posts")
        return
    body = {"act": verb, **({"url": url, "form": form} if verb == "set" else {})}
    act(session, host, "webhook", body, yes=yes)


@command(app, "labels")
def labels(
    session: Session,
    task: TaskSlug,
    verb: Annotated[
        str, typer.Argument(metavar="VERB", help="status, send, add, discard or retry.")
    ] = "status",
    file: Annotated[str, typer.Argument(metavar="FILE", help="To send: id and label.")] = "",
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Send a corrected solution, see what differs, and add or discard it. For owners."""
    host = host_of(session, challenge)
    if verb == "send":
        sent = host.send_labels(task, existing(file))
        session.result(sent, [_line(sent)])
        return
    found = host.labels(task)
    if verb == "status":
        session.result(found, [_line(each) for each in found] or ["None was sent."])
        return
    if not found:
        raise UsageError("No corrected solution was sent yet. Use: labels TASK send FILE")
    body = {"act": verb, "correction": found[0]["id"]}
    act(session, host, f"tasks/{task}/labels", body, yes=yes, reason=reason)


def _line(found: Mapping[str, Any]) -> str:
    """Return a corrected solution in one line."""
    said = f"{found['id']} {text.plain(found['name'])}: {text.plain(found['state'])}"
    if found["comparison"]:
        said += f", {found['comparison']['changed']} of {found['comparison']['rows']} labels change"
    return f"{said}. {text.plain(found['problem'])}".strip()
