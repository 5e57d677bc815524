"""Notices, and the choice of mails."""

from typing import Annotated

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.session import Session
from podium_client.errors import UsageError


@command(csv=True)
def notices(
    session: Session,
    unread: Annotated[bool, typer.Option("--unread", help="Only unread ones.")] = False,
    read: Annotated[bool, typer.Option("--read", help="Mark the listed ones as read.")] = False,
    mail: Annotated[
        str,
        typer.Option(
            "--mail", metavar="KIND=HOW", help="Set the mails of a kind: instant, daily or off."
        ),
    ] = "",
    mails: Annotated[bool, typer.Option("--mails", help="Show which kinds are mailed.")] = False,
) -> None:
    """List your notices, or choose which ones are mailed."""
    client = session.client
    if mail or mails:
        chosen = client.choose_mail(*_choice(mail)) if mail else client.mail_choices()
        session.rows(chosen, chosen, empty="There are no kinds of notices.")
        return
    found = client.notices(unread=unread)
    rows = [{name: each[name] for name in ("id", "at", "title", "text")} for each in found]
    shown = [{**row, "at": text.moment(row["at"]).removesuffix(" UTC")} for row in rows]
    session.rows(found, rows, shown=shown, empty="No notices.")
    if read and found:
        client.mark_read([each["id"] for each in found])


def _choice(given: str) -> tuple[str, str]:
    """Return the kind and the choice for it. Errors: UsageError."""
    kind, _, how = given.partition("=")
    if not (kind and how):
        raise UsageError("Give the kind and how: --mail scored=daily.")
    return kind, how
