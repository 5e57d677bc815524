"""`podium host readiness`, `overrule`, `cases`, `case`, `decide`: what organizers look into."""

from typing import Annotated

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.host.common import Reason, act, app, host_of
from podium_client.cli.options import ChallengeName, ChallengeOption, Yes
from podium_client.cli.session import Session, print_table

CaseId = Annotated[int, typer.Argument(metavar="ID", help="The id of the case.", min=1)]


@command(app, "readiness", csv=True)
def readiness(session: Session, challenge: ChallengeName = "") -> None:
    """List the checks before the opening, and what to do about those that fail."""
    found = host_of(session, challenge).readiness()
    rows = [
        {
            "check": each["check"],
            "state": "open" if each["is_open"] else "overruled" if each["problem"] else "passes",
            "problem": each["problem"],
        }
        for each in found
    ]
    session.rows(found, rows, empty="No checks.")


@command(app, "overrule")
def overrule(
    session: Session,
    check: Annotated[str, typer.Argument(metavar="CHECK", help="As readiness lists it.")],
    take_back: Annotated[bool, typer.Option("--take-back", help="Let it count again.")] = False,
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Overrule a check of readiness with a reason. For owners."""
    body = {"act": "take_back" if take_back else "overrule", "check": check}
    act(session, host_of(session, challenge), "readiness", body, yes=yes, reason=reason)


@command(app, "cases", csv=True)
def cases(
    session: Session,
    challenge: ChallengeName = "",
    state: Annotated[str, typer.Option("--state", help="open or decided.")] = "",
) -> None:
    """List the integrity cases. For owners and managers."""
    found = host_of(session, challenge).cases(state=state)
    names = ("id", "kind", "task", "evidence", "state", "decision")
    rows = [
        {**{name: each[name] for name in names}, "teams": [team["slug"] for team in each["teams"]]}
        for each in found
    ]
    session.rows(found, rows, empty="No case.")


@command(app, "case")
def case(session: Session, number: CaseId, challenge: ChallengeOption = "") -> None:
    """Show a case: its evidence, teams and files."""
    found = host_of(session, challenge).case(number)
    decided = f" ({text.plain(found['decision'])})" if found["decision"] else ""
    lines = [
        f"Case {found['id']}, {text.plain(found['kind'])}: {text.plain(found['state'])}{decided}",
        *text.prose(found["what"]),
        *(f"- {each['label']}: {each['value']}" for each in found["counts"]),
        f"This does not prove anything. {found['why_not']}",
    ]
    session.result(found, [text.plain(line) for line in lines])
    if session.as_json:
        return
    sides = [{**each, "team": each["team"]["slug"]} for each in found["sides"]]
    for rows, title in ((sides, "Teams"), (found["submissions"], "Files")):
        if rows:
            print_table(rows, title)


@command(app, "decide")
def decide(
    session: Session,
    number: CaseId,
    decision: Annotated[
        str, typer.Argument(metavar="DECISION", help="no-issue, warned or disqualified.")
    ],
    challenge: ChallengeOption = "",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Decide a case with a note. It is recorded; nothing else happens."""
    body = {"decision": decision.replace("-", " ")}
    act(session, host_of(session, challenge), f"cases/{number}", body, yes=yes, reason=reason)
