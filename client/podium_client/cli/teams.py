"""`podium teams …`: your team in a challenge."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from podium_client.cli import text
from podium_client.cli.command import command
from podium_client.cli.options import ChallengeName, ChallengeOption, Yes
from podium_client.cli.session import Session, print_table
from podium_client.shapes import Merge, OwnTeam
from podium_client.team import RESEARCH

app = typer.Typer(help="Create, show, change and leave your team.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the team.")]
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="The member's id or name.")]
ProposalArgument = Annotated[int, typer.Argument(metavar="ID", help="The proposal's id.", min=1)]


@command(app, "show")
def show(session: Session, challenge: ChallengeName = "") -> None:
    """Show your team: members, open invitations, proposals to merge."""
    team = session.client.team(challenge)
    facts, merges = team.facts, team.merges()
    _print_team(session, facts, {**facts, "merges": merges})
    if not session.as_json:
        for line in [*_invitations(facts), *(_merge_line(each) for each in merges)]:
            typer.echo(line)


@command(app, "create")
def create(session: Session, name: NameArgument, challenge: ChallengeOption = "") -> None:
    """Create a team; you become its captain."""
    _print_team(session, session.client.team(challenge).create(name))


@command(app, "rename")
def rename(session: Session, name: NameArgument, challenge: ChallengeOption = "") -> None:
    """Rename your team. For captains."""
    _print_team(session, session.client.team(challenge).rename(name))


@command(app, "invite")
def invite(
    session: Session,
    email: Annotated[
        str,
        typer.Argument(
            metavar="EMAIL", help="The email address; without it, anyone with the link can join."
        ),
    ] = "",
    challenge: ChallengeOption = "",
) -> None:
    """Create an invitation and print its link, which is shown only once. For captains."""
    made = session.client.team(challenge).invite(email)
    until = text.moment(made["expires_at"])
    session.note(f"Invitation {made['id']}, until {until}. Its link is shown only once:")
    session.result(made, [text.plain(made["link"])])


@command(app, "revoke")
def revoke(
    session: Session,
    invitation: Annotated[
        int, typer.Argument(metavar="ID", help="The invitation's id, as `show` prints it.", min=1)
    ],
    challenge: ChallengeOption = "",
) -> None:
    """Revoke an invitation. For captains."""
    session.client.team(challenge).revoke(invitation)
    session.result({"revoked": invitation}, [f"Invitation {invitation} is revoked."])


@command(app, "join")
def join(
    session: Session,
    link: Annotated[
        str, typer.Argument(metavar="LINK", help="The invitation's link, or its last part.")
    ],
) -> None:
    """Join the team of an invitation."""
    _print_team(session, session.client.join(link))


@command(app, "leave")
def leave(session: Session, challenge: ChallengeName = "", yes: Yes = False) -> None:
    """Leave your team. Its submissions stay with it."""
    team = session.client.team(challenge)
    facts = team.facts
    name = text.plain(facts["name"])
    session.make_sure(f"Leave the team {name} in {team.challenge}?", is_sure=yes)
    team.leave()
    left = {"slug": facts["slug"], "name": facts["name"]}
    session.result({"left": left}, [f"You have left the team {name}."])


@command(app, "hand-over")
def hand_over(session: Session, member: MemberArgument, challenge: ChallengeOption = "") -> None:
    """Make another member the captain. For captains."""
    _print_team(session, session.client.team(challenge).hand_over(member))


@command(app, "remove")
def remove(session: Session, member: MemberArgument, challenge: ChallengeOption = "") -> None:
    """Remove a member from the team. For captains."""
    team = session.client.team(challenge)
    gone = team.member(member)
    team.remove(gone["id"])
    session.result({"removed": gone}, [f"{text.plain(gone['name'])} is out of the team."])


@command(app, "research")
def research(
    session: Session,
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help=", ".join(RESEARCH))],
    challenge: ChallengeOption = "",
) -> None:
    """Say whether the team's submissions may be used for research. For captains."""
    _print_team(session, session.client.team(challenge).consent(answer))


@command(app, "candidates", csv=True)
def candidates(session: Session, challenge: ChallengeName = "") -> None:
    """List the teams to which yours can propose a merge."""
    found = session.client.team(challenge).candidates()
    session.rows(found, found, empty="There are no other teams yet.")


@command(app, "propose")
def propose(
    session: Session,
    other: Annotated[
        str, typer.Argument(metavar="TEAM", help="The last part of the other team's address.")
    ],
    challenge: ChallengeOption = "",
) -> None:
    """Propose that another team becomes part of yours. For captains."""
    _tell_merge(session, session.client.team(challenge).propose(other))


@command(app, "accept")
def accept(
    session: Session, proposal: ProposalArgument, challenge: ChallengeOption = "", yes: Yes = False
) -> None:
    """Accept a merge: your team becomes part of the other. This cannot be undone. For captains."""
    team = session.client.team(challenge)
    into = text.plain(team.merge(proposal)["surviving"]["name"])
    session.make_sure(f"Make your team a part of {into}, for good?", is_sure=yes)
    _print_team(session, team.accept(proposal))


@command(app, "decline")
def decline(session: Session, proposal: ProposalArgument, challenge: ChallengeOption = "") -> None:
    """Decline a proposal to merge. For captains."""
    _tell_merge(session, session.client.team(challenge).decline(proposal))


@command(app, "withdraw")
def withdraw(session: Session, proposal: ProposalArgument, challenge: ChallengeOption = "") -> None:
    """Withdraw your proposal to merge. For captains."""
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
