"""`podium host init`, `plan`, `apply`, `export`."""

from pathlib import Path
from typing import Annotated

import typer

from podium_client.cli.command import command
from podium_client.cli.host.common import Title, app, confirmed, host_of, lines_of
from podium_client.cli.options import ChallengeName, Yes
from podium_client.cli.session import Session
from podium_client.errors import UsageError
from podium_client.files import existing
from podium_client.host import plan_definition
from podium_client.host_template import TEMPLATE

FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="The challenge.yaml.")]
Output = Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Write to this file.")]


@command(app, "init")
def init(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The new file.")] = "challenge.yaml",
) -> None:
    """Write a commented challenge.yaml to start from."""
    try:
        with Path(file).open("x", encoding="utf-8") as target:
            target.write(TEMPLATE)
    except FileExistsError:
        raise UsageError(f"{file} exists already. Choose another name.") from None
    session.result({"file": file}, [f"Wrote {file}. Edit it, then run: podium host plan {file}"])


@command(app, "plan")
def plan(session: Session, file: FileArgument) -> None:
    """Show what a challenge.yaml would create or change. Changes nothing."""
    found = plan_definition(session.client.site, _text(file))
    session.result(found, lines_of(found))


@command(app, "apply")
def apply(session: Session, file: FileArgument, yes: Yes = False, title: Title = "") -> None:
    """Create or change a challenge by its challenge.yaml, after showing what that does."""
    confirmed(session, plan_definition(session.client.site, _text(file)), yes=yes, title=title)


@command(app, "export")
def export(session: Session, challenge: ChallengeName = "", output: Output = "") -> None:
    """Print a challenge as its challenge.yaml, or write it to a file. For owners."""
    host = host_of(session, challenge)
    content = host.definition()
    if output:
        Path(output).write_text(content, encoding="utf-8")
        session.result({"challenge": host.challenge, "file": output}, [f"Wrote {output}."])
    else:
        session.result({"challenge": host.challenge, "yaml": content}, content.splitlines())


def _text(file: str) -> str:
    try:
        return existing(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.") from error
