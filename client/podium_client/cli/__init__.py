"""The command `podium`."""

from collections.abc import Callable
from typing import Annotated

import typer

from podium_client import __version__
from podium_client.cli import (
    account,
    browse,
    comparing,
    host,
    kaggle,
    notices,
    sending,
    submissions,
    talking,
    teams,
    writeup,
)

app = typer.Typer(
    name="podium",
    help="Take part in Podium's challenges.",
    no_args_is_help=True,
    # A traceback with its local values could show a token.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"podium-client {__version__}")
        raise typer.Exit


@app.callback()
def root(
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow http:// beyond this machine.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take part in Podium's challenges."""


# In the order of the help text: sign in, look around, take part, and review.
COMMANDS: tuple[Callable[..., None], ...] = (
    account.login,
    account.logout,
    account.whoami,
    browse.challenges,
    browse.rules,
    browse.tasks,
    browse.files,
    sending.download,
    sending.validate,
    sending.submit,
    submissions.submissions,
    submissions.show,
    submissions.describe,
    submissions.select,
    submissions.unselect,
    submissions.withdraw,
    submissions.restore,
    browse.leaderboard,
    comparing.compare,
    talking.questions,
    talking.ask,
    talking.answer,
    notices.notices,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(teams.app, name="teams")
app.add_typer(writeup.app, name="writeup")
app.add_typer(host.app, name="host")
app.add_typer(account.config_app, name="config")
app.add_typer(kaggle.app, name="competitions", hidden=True)
app.add_typer(kaggle.app, name="c", hidden=True)


def main() -> None:
    """Run the command line."""
    app()
