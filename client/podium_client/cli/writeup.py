"""`podium writeup …`: a team's description of its system for a track."""

from pathlib import Path
from typing import Annotated

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.options import ChallengeOption
from podium_client.cli.session import Session
from podium_client.errors import UsageError
from podium_client.files import existing
from podium_client.shapes import WriteUpVersion
from podium_client.writeup import KINDS, parsed

app = typer.Typer(help="Read, save and publish write-ups.", no_args_is_help=True)

Track = Annotated[str, typer.Argument(metavar="TRACK", help="matching or classification.")]


@command(app, "list", csv=True)
def list_(session: Session, challenge: ChallengeOption = "") -> None:
    """List the write-ups that you may read."""
    found = session.client.writeups(challenge)
    rows = [
        {
            "track": each["track"],
            "team": each["team"]["slug"],
            "title": each["title"],
            "version": each["number"],
            "public": each["is_public"],
        }
        for each in found
    ]
    session.rows(found, rows, empty="There are no write-ups yet.")


@command(app, "show")
def show(
    session: Session,
    track: Track,
    challenge: ChallengeOption = "",
    team: Annotated[
        str, typer.Option("--team", help="Another team, by the last part of its address.")
    ] = "",
    version: Annotated[
        int | None,
        typer.Option("--version", metavar="N", min=1, help="An earlier version of yours."),
    ] = None,
    path: Annotated[
        str, typer.Option("-p", "--path", help="Download its PDFs into this folder.")
    ] = "",
) -> None:
    """Show a write-up: your team's, or a published one."""
    writeup = session.client.writeup(track, challenge, team=team)
    found = writeup.read(version)
    kinds = [kind for kind in KINDS if path and found[kind]]  # type: ignore[literal-required]
    fetched = [writeup.download(kind, path, progress=session.progress(kind)) for kind in kinds]
    lines = [*_facts(session, found), "", *text.prose(found["body"])]
    session.result(found, [*lines, *(str(each.path) for each in fetched)])


@command(app, "save")
def save(
    session: Session,
    track: Track,
    file: Annotated[
        str,
        typer.Option("-f", "--file", metavar="FILE", help="Markdown that begins with # TITLE."),
    ],
    challenge: ChallengeOption = "",
    paper: Annotated[str, typer.Option("--paper", metavar="PDF", help="The paper.")] = "",
    slides: Annotated[str, typer.Option("--slides", metavar="PDF", help="The slides.")] = "",
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="paper or slides: remove it.")
    ] = None,
    based_on: Annotated[
        int | None,
        typer.Option("--based-on", metavar="N", min=0, help="The version that you changed."),
    ] = None,
) -> None:
    """Save a version of your team's write-up from a Markdown file."""
    if set(remove or ()) - set(KINDS):
        raise UsageError(f"--remove takes {' or '.join(KINDS)}.")
    title, body, links = parsed(_read(existing(file)))
    saved = session.client.writeup(track, challenge).save(
        title,
        body,
        links=links,
        paper=paper or None,
        slides=slides or None,
        remove=remove or (),
        based_on=based_on,
    )
    session.result(saved, _facts(session, saved))


@command(app, "publish")
def publish(
    session: Session,
    track: Track,
    challenge: ChallengeOption = "",
    version: Annotated[
        int | None,
        typer.Option("--version", metavar="N", min=1, help="This version instead of the newest."),
    ] = None,
) -> None:
    """Publish your team's write-up, from the close on. For captains."""
    found = session.client.writeup(track, challenge).publish(version)
    session.result(found, _facts(session, found))


@command(app, "take-back")
def take_back(session: Session, track: Track, challenge: ChallengeOption = "") -> None:
    """Unpublish your team's write-up. For captains."""
    found = session.client.writeup(track, challenge).take_back()
    session.result(found, _facts(session, found))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.") from error


def _facts(session: Session, found: WriteUpVersion) -> list[str]:
    """Return the state of a write-up, in lines."""
    team = text.plain(found["team"]["name"])
    state = f"everybody reads version {found['published']}" if found["is_public"] else "not public"
    hidden = [f"Hidden: {text.plain(found['hidden'])}"] if found["hidden"] else []
    pdfs = [
        f"{kind.capitalize()}: {text.plain(pdf['name'])}, {pdf['bytes']:,} bytes"
        for kind in KINDS
        if (pdf := found[kind])  # type: ignore[literal-required]
    ]
    links = [f"{text.plain(each['title'])}: {text.plain(each['url'])}" for each in found["links"]]
    return [
        text.plain(found["title"]),
        f"{team}, {text.plain(found['track'])}, version {found['number']}: {state}",
        f"{session.client.site.url}{text.plain(found['url'])}",
        *hidden,
        *pdfs,
        *links,
    ]
