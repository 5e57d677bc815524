"""The options that several commands have, with the short forms of Kaggle's client."""

from typing import Annotated

import typer

from podium_client.cli import completion
from podium_client.errors import UsageError

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and errors as JSON too.")]
Csv = Annotated[bool, typer.Option("--csv", "-v", help="Print CSV.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors alone.")]
TaskName = Annotated[
    str,
    typer.Argument(
        metavar="CHALLENGE/TASK",
        help="The task; without it the configured one.",
        autocompletion=completion.tasks,
    ),
]
TaskOption = Annotated[
    str,
    typer.Option(
        *("-c", "--competition", "--task"),
        metavar="CHALLENGE/TASK",
        help="The task, as Kaggle's client takes it.",
        autocompletion=completion.tasks,
    ),
]
ChallengeName = Annotated[
    str,
    typer.Argument(
        metavar="CHALLENGE",
        help="The challenge; without it the configured one.",
        autocompletion=completion.challenges,
    ),
]
ChallengeOption = Annotated[
    str,
    typer.Option(
        *("-c", "--competition", "--challenge"),
        metavar="CHALLENGE",
        help="The challenge, as Kaggle's client takes it.",
        autocompletion=completion.challenges,
    ),
]
Number = Annotated[int, typer.Argument(metavar="ID", help="The submission's id.", min=1)]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is scored or rejected.")]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0, help="Wait so long at most, then end with 7."
    ),
]
PredictionsFile = Annotated[
    str, typer.Option("-f", "--file", metavar="FILE", help="The predictions: CSV or Parquet.")
]


def one(argument: str, option: str) -> str:
    """Return the name that was given in one of two ways. Errors: UsageError for two names."""
    if argument and option and argument != option:
        raise UsageError("The task or challenge is named twice, and not the same.")
    return argument or option
