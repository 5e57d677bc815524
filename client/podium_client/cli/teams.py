"""`podium teams …`: your team in a challenge."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from podium_client.cli import text
from podium_client.cli.options import ChallengeName, ChallengeOption, Csv, Json, Quiet, Yes, one
from podium_client.cli.session import Session, print_table, running
from podium_client.shapes import Merge, OwnTeam
from podium_client.team import RESEARCH

app = typer.Typer(help="Create, show, change and leave your team.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the team.")]
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="The member's id or name.")]
ProposalArgument = Annotated[int, typer.Argument(metavar="ID", help="The proposal's id.", min=1)]


@app.command("show")
def show(
    context: typer.Context,
    challenge: ChallengeName = "",
    challenge_option: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show your team: members, open invitations, proposals to merge."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        team = session.client.team(one(challenge, challenge_option))
        facts, merges = team.facts, team.merges()
        _print_team(session, facts, {**facts, "merges": merges})
        if not session.as_json:
            for line in [*_invitations(facts), *(_merge_line(each) for each in merges)]:
                typer.echo(line)


@app.command("create")
def create(
    context: typer.Context,
    name: NameArgument,
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Create a team; you become its captain."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _print_team(session, session.client.team(challenge).create(name))


@app.command("rename")
def rename(
    context: typer.Context,
    name: NameArgument,
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rename your team. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _print_team(session, session.client.team(challenge).rename(name))


@app.command("invite")
def invite(
    context: typer.Context,
    email: Annotated[
        str,
        typer.Argument(
            metavar="EMAIL", help="The email address; without it, anyone with the link can join."
        ),
    ] = "",
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Create an invitation and print its link, which is shown only once. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        made = session.client.team(challenge).invite(email)
        until = text.moment(made["expires_at"])
        session.note(f"Invitation {made['id']}, until {until}. Its link is shown only once:")
        session.result(made, [text.plain(made["link"])])


@app.command("revoke")
def revoke(
    context: typer.Context,
    invitation: Annotated[
        int, typer.Argument(metavar="ID", help="The invitation's id, as `show` prints it.", min=1)
    ],
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Revoke an invitation. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        session.client.team(challenge).revoke(invitation)
        session.result({"revoked": invitation}, [f"Invitation {invitation} is revoked."])


@app.command("join")
def join(
    context: typer.Context,
    link: Annotated[
        str, typer.Argument(metavar="LINK", help="The invitation's link, or its last part.")
    ],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Join the team of an invitation."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _print_team(session, session.client.join(link))


@app.command("leave")
def leave(
    context: typer.Context,
    challenge: ChallengeName = "",
    challenge_option: ChallengeOption = "",
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Leave your team. Its submissions stay with it."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        team = session.client.team(one(challenge, challenge_option))
        facts = team.facts
        name = text.plain(facts["name"])
        session.make_sure(f"Leave the team {name} in {team.challenge}?", is_sure=yes)
        team.leave()
        left = {"slug": facts["slug"], "name": facts["name"]}
        session.result({"left": left}, [f"You have left the team {name}."])


@app.command("hand-over")
def hand_over(
    context: typer.Context,
    member: MemberArgument,
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make another member the captain. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _print_team(session, session.client.team(challenge).hand_over(member))


@app.command("remove")
def remove(
    context: typer.Context,
    member: MemberArgument,
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove a member from the team. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        team = session.client.team(challenge)
        gone = team.member(member)
        team.remove(gone["id"])
        session.result({"removed": gone}, [f"{text.plain(gone['name'])} is out of the team."])


@app.command("research")
def research(
    context: typer.Context,
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help=", ".join(RESEARCH))],
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say whether the team's submissions may be used for research. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _print_team(session, session.client.team(challenge).consent(answer))


@app.command("candidates")
def candidates(
    context: typer.Context,
    challenge: ChallengeName = "",
    challenge_option: ChallengeOption = "",
    as_json: Json = False,
    as_csv: Csv = False,
    quiet: Quiet = False,
) -> None:
    """List the teams to which yours can propose a merge."""
    with running(context, as_json=as_json, as_csv=as_csv, quiet=quiet) as session:
        found = session.client.team(one(challenge, challenge_option)).candidates()
        session.rows(found, found, empty="There are no other teams yet.")


@app.command("propose")
def propose(
    context: typer.Context,
    other: Annotated[
        str, typer.Argument(metavar="TEAM", help="The last part of the other team's address.")
    ],
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Propose that another team becomes part of yours. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _tell_merge(session, session.client.team(challenge).propose(other))


@app.command("accept")
def accept(
    context: typer.Context,
    proposal: ProposalArgument,
    challenge: ChallengeOption = "",
    yes: Yes = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Accept a merge: your team becomes part of the other. This cannot be undone. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        team = session.client.team(challenge)
        into = text.plain(team.merge(proposal)["surviving"]["name"])
        session.make_sure(f"Make your team a part of {into}, for good?", is_sure=yes)
        _print_team(session, team.accept(proposal))


@app.command("decline")
def decline(
    context: typer.Context,
    proposal: ProposalArgument,
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Decline a proposal to merge. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _tell_merge(session, session.client.team(challenge).decline(proposal))


@app.command("withdraw")
def withdraw(
    context: typer.Context,
    proposal: ProposalArgument,
    challenge: ChallengeOption = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Withdraw your proposal to merge. For captains."""
    with running(context, as_json=as_json, quiet=quiet) as session:
        _tell_merge(session, session.client.team(challenge).withdraw(proposal))


def _print_team(
    session: Session, facts: OwnTeam, document: Mapping[str, Any] | None = None
) -> None:
    """Print a team: as JSON, or its facts and a table of its members."""
    frozen = (
        [] if not facts["is_frozen"] else ["Teams are locked: members can no longer join or leave."]
    )
    why = facts.get("disqualified")
    lines = [
        f"Team {text.plain(facts['name'])}: {session.client.site.url}{text.plain(facts['url'])}",
        *([f"Disqualified: {text.plain(why)}"] if why else []),
        f"Submissions may be used for research: {text.plain(facts['research_use'])}",
        *frozen,
    ]
    session.result(document or facts, lines)
    if not session.as_json:
        print_table(
            [
                {"id": each["id"], "member": each["name"], "captain": each["is_captain"]}
                for each in facts["members"]
            ]
        )


def _invitations(facts: OwnTeam) -> list[str]:
    return [
        f"Invitation {each['id']} for {text.plain(each['email']) or 'all who have the link'},"
        f" until {text.moment(each['expires_at'])}"
        for each in facts["invitations"]
    ]


def _tell_merge(session: Session, found: Merge) -> None:
    session.result(found, [_merge_line(found)])


def _merge_line(found: Merge) -> str:
    staying, going = (text.plain(found[side]["name"]) for side in ("surviving", "absorbed"))
    state = f"open until {text.moment(found['expires_at'])}" if found["is_open"] else "over"
    if found["outcome"] != "open":
        state = text.plain(found["outcome"])
    why = f" It cannot be accepted now: {text.plain(found['why_not'])}" if found["why_not"] else ""
    return f"Proposal {found['id']}: {going} becomes part of {staying} ({state}).{why}"
