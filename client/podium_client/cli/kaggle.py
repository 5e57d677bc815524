"""`podium competitions …`: the same commands under the names of Kaggle's client."""

import typer

from podium_client.cli import browse, sending, submissions

app = typer.Typer(help="The commands under the names of Kaggle's client.", no_args_is_help=True)
app.command("list")(browse.challenges)
app.command("files")(browse.files)
app.command("download")(sending.download)
app.command("submit")(sending.submit)
app.command("submissions")(submissions.submissions)
app.command("leaderboard")(browse.leaderboard)
