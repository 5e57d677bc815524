"""What all commands have in common: a session, and how its results are printed."""

import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any

import typer

from podium_client.cli.options import (
    ChallengeName,
    ChallengeOption,
    Csv,
    Json,
    Quiet,
    SubjectName,
    SubjectOption,
    TaskName,
    TaskOption,
    one,
)
from podium_client.cli.session import running

_OPTION_OF: dict[Any, Any] = {
    ChallengeName: ChallengeOption,
    SubjectName: SubjectOption,
    TaskName: TaskOption,
}
Command = Callable[..., None]


def command(
    app: typer.Typer | None = None, name: str | None = None, *, csv: bool = False
) -> Callable[[Command], Command]:
    """Return a decorator for a command, whose first parameter is its session.

    The command gets the options --json and --quiet, with `csv` also --csv. What can be named by an
    argument, such as the challenge, can also be named by Kaggle's option. If `app` is given, the
    command is registered in it as `name`.
    """

    def with_options(run: Command) -> Command:
        own = list(inspect.signature(run).parameters.values())[1:]
        names = {each.name for each in own if each.annotation in _OPTION_OF}

        def called(
            context: typer.Context, as_json: bool, quiet: bool, as_csv: bool = False, **given: Any
        ) -> None:
            with running(context, as_json=as_json, as_csv=as_csv, quiet=quiet) as session:
                for each in names:
                    given[each] = one(given[each], given.pop(f"{each}_option"))
                run(session, **given)

        shown = [_parameter("context", typer.Context, Parameter.empty)]
        for each in own:
            shown.append(each.replace(kind=Parameter.KEYWORD_ONLY))
            if each.name in names:
                shown.append(_parameter(f"{each.name}_option", _OPTION_OF[each.annotation], ""))
        shown.append(_parameter("as_json", Json))
        shown += [_parameter("as_csv", Csv)] if csv else []
        shown.append(_parameter("quiet", Quiet))
        # Typer reads both.
        called.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        called.__annotations__ = {each.name: each.annotation for each in shown}
        called.__name__, called.__doc__ = run.__name__, run.__doc__
        return called if app is None else app.command(name)(called)

    return with_options


def _parameter(name: str, kind: Any, default: Any = False) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
