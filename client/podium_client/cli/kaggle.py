"""`podium competitions …`: the words of Kaggle's client for the same commands."""

import typer

from podium_client.cli import browse, sending, submissions

app = typer.Typer(help="The commands by the names of Kaggle's client.", no_args_is_help=True)
app.command("list")(browse.challenges)
app.command("files")(browse.files)
app.command("download")(sending.download)
app.command("submit")(sending.submit)
app.command("submissions")(submissions.submissions)
app.command("leaderboard")(browse.leaderboard)
