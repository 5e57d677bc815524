"""`podium host disqualify`, `withdraw`, `rescore`, `baselines`, `reveal` and the other acts."""

from pathlib import Path
from typing import Annotated

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.host.common import Reason, TaskSlug, Title, act, app, carry, host_of
from podium_client.cli.options import ChallengeName, ChallengeOption, Timeout, Yes
from podium_client.cli.session import Session
from podium_client.errors import UsageError

Teams = Annotated[list[str], typer.Argument(metavar="TEAM…", help="The slugs of teams.")]
Ids = Annotated[list[int], typer.Argument(metavar="ID…", help="The ids of submissions.")]


@command(app, "disqualify")
def disqualify(
    session: Session,
    teams: Teams,
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Disqualify teams, after showing which ranks move."""
    body = {"act": "disqualify", "teams": teams}
    act(session, host_of(session, challenge), "teams", body, yes=yes, reason=reason)


@command(app, "reinstate")
def reinstate(
    session: Session,
    teams: Teams,
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Put disqualified teams back on the boards."""
    body = {"act": "reinstate", "teams": teams}
    act(session, host_of(session, challenge), "teams", body, yes=yes, reason=reason)


@command(app, "grant")
def grant(
    session: Session,
    teams: Teams,
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="The slug of the task.")],
    attempts: Annotated[int, typer.Option("-n", "--attempts", min=1, max=100, help="How many.")],
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Let teams submit more often today (UTC) to a task."""
    body = {"act": "grant", "teams": teams, "task": task, "attempts": attempts}
    act(session, host_of(session, challenge), "teams", body, yes=yes, reason=reason)


@command(app, "merge")
def merge(
    session: Session,
    team: Annotated[str, typer.Argument(metavar="TEAM", help="The slug of the team that goes.")],
    into: Annotated[
        str, typer.Option("--into", metavar="TEAM", help="The slug of the team that stays.")
    ],
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Merge a team into another, after showing what becomes of both. It cannot be undone."""
    body = {"act": "merge", "teams": [team], "into": into}
    act(session, host_of(session, challenge), "teams", body, yes=yes, reason=reason)


@command(app, "move")
def move(
    session: Session,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Of the person who moves.")],
    into: Annotated[str, typer.Option("--into", metavar="TEAM", help="The slug of the new team.")],
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Move a person into another team. What they submitted stays."""
    body = {"act": "move", "teams": [into], "member": email}
    act(session, host_of(session, challenge), "teams", body, yes=yes, reason=reason)


def _on_submissions(
    session: Session, verb: str, ids: list[int], challenge: str, reason: str, yes: bool
) -> None:
    body = {"act": verb, "submissions": ids}
    act(session, host_of(session, challenge), "submissions", body, yes=yes, reason=reason)


@command(app, "retry")
def retry(session: Session, ids: Ids, challenge: ChallengeOption = "", yes: Yes = False) -> None:
    """Score submissions again that failed because of a system error."""
    _on_submissions(session, "retry", ids, challenge, "", yes)


@command(app, "refund")
def refund(
    session: Session, ids: Ids, challenge: ChallengeOption = "", reason: Reason = "",
    yes: Yes = False,
) -> None:  # fmt: skip
    """Give back the attempts that submissions took."""
    _on_submissions(session, "refund", ids, challenge, reason, yes)


@command(app, "withdraw")
def withdraw(
    session: Session, ids: Ids, challenge: ChallengeOption = "", reason: Reason = "",
    yes: Yes = False,
) -> None:  # fmt: skip
    """Take submissions off the boards, after showing which ranks move."""
    _on_submissions(session, "withdraw", ids, challenge, reason, yes)


@command(app, "restore")
def restore(
    session: Session, ids: Ids, challenge: ChallengeOption = "", reason: Reason = "",
    yes: Yes = False,
) -> None:  # fmt: skip
    """Put submissions back on the boards that an organizer withdrew."""
    _on_submissions(session, "restore", ids, challenge, reason, yes)


@command(app, "rescore")
def rescore(
    session: Session,
    task: TaskSlug,
    verb: Annotated[
        str, typer.Argument(metavar="VERB", help="status, start, cancel, resume or publish.")
    ] = "status",
    solution: Annotated[
        int | None, typer.Option("--solution", min=1, help="Start with this solution's number.")
    ] = None,
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Score all submissions to a task again, unseen until you publish it with a reason."""
    host = host_of(session, challenge)
    if verb == "status":
        found = host.rescore(task)
        state = text.plain(found["state"]) or "none yet"
        left = f"{found['left']} of {found['total']} left, {found['unscored']} not scored"
        session.result(found, [f"Rescore of {text.plain(task)}: {state}; {left}"])
        return
    body: dict[str, object] = {"act": verb}
    if solution is not None:
        body["solution"] = solution
    act(session, host, f"tasks/{task}/rescore", body, yes=yes, reason=reason)


@command(app, "baselines")
def baselines(
    session: Session,
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help="Such as autogluon, linear or trivial.")
    ],
    verb: Annotated[
        str, typer.Argument(metavar="VERB", help="start, restart or cancel.")
    ] = "start",
    tasks: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="TASK", help="The slug of a task; by default all."),
    ] = None,
    seconds: Annotated[
        int | None, typer.Option("--seconds", min=1, help="The time limit of each run.")
    ] = None,
    seeds: Annotated[
        list[int] | None,
        typer.Option("--seed", min=0, help="A seed; boards show the first one."),
    ] = None,
    challenge: ChallengeOption = "",
    yes: Yes = False,
) -> None:
    """Run a reference method on tasks, by one or more seeds; or restart or cancel a run of it.

    To restart or cancel, name one task, and a seed if it has runs of several.
    """
    body: dict[str, object] = {"act": verb, "method": method}
    if verb == "start":
        body |= {"tasks": tasks} if tasks else {}
        body |= {"seconds": seconds} if seconds is not None else {}
        body |= {"seeds": seeds} if seeds else {}
    elif len(tasks or []) != 1 or len(seeds or []) > 1 or seconds is not None:
        raise UsageError(f"To {verb}, name one --task, at most one --seed, and no --seconds.")
    else:
        body |= {"task": (tasks or [""])[0]}
        body |= {"seed": seeds[0]} if seeds else {}
    act(session, host_of(session, challenge), "baselines", body, yes=yes)


@command(app, "reveal")
def reveal(
    session: Session,
    verb: Annotated[str, typer.Argument(metavar="VERB", help="now, stop or resume.")],
    challenge: ChallengeOption = "",
    title: Title = "",
    yes: Yes = False,
) -> None:
    """Reveal the private boards now, stop the reveal, or let it come by itself again."""
    act(session, host_of(session, challenge), "reveal", {"act": verb}, yes=yes, title=title)


@command(app, "winners")
def winners(
    session: Session,
    verb: Annotated[str, typer.Argument(metavar="VERB", help="publish, take-back, bar or admit.")],
    team: Annotated[
        str, typer.Argument(metavar="TEAM", help="The slug of the team to bar or admit.")
    ] = "",
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Publish who wins by the rule, take it back, or bar a team from prizes. For owners."""
    body: dict[str, object] = {"act": verb.replace("-", "_")}
    if team:
        body["team"] = team
    act(session, host_of(session, challenge), "winners", body, yes=yes, reason=reason)


@command(app, "archive")
def archive(
    session: Session,
    challenge: ChallengeName = "",
    edition: Annotated[str, typer.Option("--edition", help="public or full.")] = "public",
    solutions: Annotated[
        bool, typer.Option("--with-solutions", help="Release the labels of the test rows.")
    ] = False,
    folder: Annotated[
        str, typer.Option("-p", "--path", metavar="FOLDER", help="Where the file goes.")
    ] = ".",
    download: Annotated[
        bool, typer.Option("--download-only", help="Download the last one; write no new one.")
    ] = False,
    timeout: Timeout = None,
    yes: Yes = False,
) -> None:
    """Write an archive of the event, wait for it, and download it. For owners."""
    host = host_of(session, challenge)
    if edition not in ("public", "full"):
        raise UsageError("The edition is public or full.")
    if not download:
        body = {"edition": edition, "with_solutions": solutions}
        plan = host.plan("archives", body)
        carry(session, plan, yes=yes)
    tell = session.changes(lambda each: f"Archive: {each['state']}")
    found = host.wait_for_archive(edition, timeout=timeout, tell=tell)
    progress = session.progress(found["filename"])
    fetched = host.download_archive(found, Path(folder), progress=progress)
    session.result(fetched.as_json(), [f"{fetched.path} ({fetched.state})"])
