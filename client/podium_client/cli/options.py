"""The options that several commands have, with the short forms of Kaggle's client."""

import sys
from typing import Annotated

import typer

from podium_client.cli import completion
from podium_client.errors import UsageError
from podium_client.files import existing

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and errors as JSON too.")]
Csv = Annotated[bool, typer.Option("--csv", "-v", help="Print CSV.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results and errors.")]
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
        "-c",
        "--competition",
        "--task",
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
        "-c",
        "--competition",
        "--challenge",
        metavar="CHALLENGE",
        help="The challenge, as Kaggle's client takes it.",
        autocompletion=completion.challenges,
    ),
]
SubjectName = Annotated[
    str,
    typer.Argument(
        metavar="CHALLENGE[/TASK]",
        help="The challenge, or one task of it; without it what is configured.",
        autocompletion=completion.tasks,
    ),
]
SubjectOption = Annotated[
    str,
    typer.Option(
        "-c",
        "--competition",
        "--challenge",
        metavar="CHALLENGE[/TASK]",
        help="The challenge, or one task of it; without it what is configured.",
        autocompletion=completion.tasks,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether you are sure.")]
Number = Annotated[int, typer.Argument(metavar="ID", help="The submission's id.", min=1)]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is scored or rejected.")]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0, help="Wait at most this long, then exit with 7."
    ),
]
PredictionsFile = Annotated[
    str, typer.Option("-f", "--file", metavar="FILE", help="The predictions: CSV or Parquet.")
]


def given_text(message: str | None, file: str) -> str:
    """Return a text from the option or from a file (`-`: standard input). Errors: UsageError unless
    exactly one is given.
    """
    if (message is None) == (not file):
        raise UsageError("Give the text with -m TEXT, or with -f FILE (-f - reads it from input).")
    if message is not None:
        return message
    if file == "-":
        return sys.stdin.read()
    try:
        return existing(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.") from error


def one(argument: str, option: str) -> str:
    """Return the name, as argument or option. Errors: UsageError for two names."""
    if argument and option and argument != option:
        raise UsageError("The task or challenge is named twice, with different names.")
    return argument or option
