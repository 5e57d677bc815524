"""Plans of organizers' acts: what an act would do, sealed into an id that carries it out.

The id is the act itself, signed: bound to one person, to exactly this change and to what it did
when it was read, for an hour. Nothing is stored.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.crypto import salted_hmac

from podium.accounts.models import User
from podium.api.base.problems import Problem, invalid
from podium.baseline_runs.actions import CannotStart
from podium.challenges.definition import BadDefinition
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, permissions_in, role_in
from podium.files import Json
from podium.refusals import Refused
from podium.standings.rescore_boards import BoardPreview, Place
from podium.submissions.jobs.rescoring import CannotRescore

LIFE = timedelta(hours=1)
MOST_CHANGES = 100
_SALT = "podium.api.host.plans"


@dataclass(frozen=True)
class Proposal:
    """What an act would do, and the function that does it.

    `asks` names what carrying it out needs in addition to the plan: `title`, `reason`. `mark` is
    whatever the act depends on: if it differs later, the world has moved. `carry_out` gets the
    title and the reason.
    """

    title: str
    lines: Sequence[str]
    mark: object
    carry_out: Callable[[str, str], object]
    asks: Sequence[str] = ()
    can_be_undone: bool = True
    teams: int = 0
    boards: Sequence[BoardPreview] = ()
    typed: str = ""
    skipped: Sequence[str] = field(default=())

    @property
    def fingerprint(self) -> str:
        """What the act depends on and does, as a hash."""
        return salted_hmac(_SALT, repr((self.title, self.mark)), algorithm="sha256").hexdigest()


Proposer = Callable[[User, str, Json], Proposal]
"""Of a person, a challenge's slug and a change: raises what the act is refused with."""


def get_challenge(request: HttpRequest, slug: str, permission: Permission) -> Challenge:
    """Return the challenge to those who may do this in it. Raises Http404 or Problem."""
    return challenge_for(request.user, slug, permission)


def challenge_for(user: Any, slug: str, permission: Permission) -> Challenge:
    """Return the challenge to a person who may do this in it; it does not exist for others."""
    challenge = get_object_or_404(Challenge, slug=slug)
    granted = permissions_in(user, challenge)
    if Permission.SEE_CONSOLE not in granted:
        raise Http404
    if permission not in granted:
        raise Problem(
            403,
            "not_allowed",
            f"Your role in this challenge is {role_in(user, challenge)}. It does not let you do "
            f"this: {permission}.",
        )
    return challenge


def planned(kind: str, slug: str, change: Json, propose: Proposer, by: User) -> Json:
    """Return the plan as it is sent, with its id. Raises a refusal."""
    with refusals():
        proposal = propose(by, slug, change)
    sealed = {
        "user": by.pk,
        "kind": kind,
        "challenge": slug,
        "change": change,
        "fingerprint": proposal.fingerprint,
    }
    return {
        "plan": signing.dumps(sealed, salt=_SALT, compress=True),
        "expires_at": timezone.now() + LIFE,
        "act": proposal.title,
        "lines": list(proposal.lines),
        "skipped": list(proposal.skipped),
        "teams": proposal.teams,
        "boards": [_board(board) for board in proposal.boards],
        "can_be_undone": proposal.can_be_undone,
        "asks": list(proposal.asks),
        "title": proposal.typed,
    }


def opened(plan: str, by: User) -> Json:
    """Return what is sealed in a plan's id. Raises Problem."""
    try:
        sealed: Json = signing.loads(plan, salt=_SALT, max_age=LIFE)
    except signing.SignatureExpired as error:
        raise Problem(
            409, "plan_over", "This plan is older than an hour. Plan it again."
        ) from error
    except signing.BadSignature as error:
        raise _not_a_plan() from error
    if sealed["user"] != by.pk:
        raise _not_a_plan()
    return sealed


def _not_a_plan() -> Problem:
    return Problem(409, "no_plan", "This is not the id of a plan of yours. Plan it again.")


def carry_out(propose: Callable[[], Proposal], sealed: Mapping[str, Any], given: Any) -> Proposal:
    """Do what was planned, if it would still do the same. Raises Problem or a refusal."""
    with transaction.atomic():
        # Locked, so that two requests with one plan do it once.
        known = Challenge.objects.select_for_update(no_key=True)
        known.filter(slug=sealed["challenge"]).first()
        with refusals():
            proposal = propose()
        if proposal.fingerprint != sealed["fingerprint"]:
            raise Refused(
                "moved", "The challenge has changed since. Read again what would happen now."
            )
        if "title" in proposal.asks and given.title.strip() != proposal.typed:
            raise invalid("body.title", f"Type the title of the challenge: “{proposal.typed}”.")
        if "reason" in proposal.asks and not given.reason.strip():
            raise invalid("body.reason", "Give a reason: those whom it concerns read it.")
        with refusals():
            proposal.carry_out(given.title, given.reason.strip())
    return proposal


def tried(act: Callable[[], object]) -> None:
    """Do it and take it back at once, so that a plan refuses what the act would. Raises Refused."""
    with transaction.atomic():
        act()
        transaction.set_rollback(True)


@contextmanager
def refusals() -> Iterator[None]:
    """Answer what the verbs refuse in their own ways as problems."""
    try:
        yield
    except BadDefinition as bad:
        raise invalid("body", f"{str(bad).rstrip('.')}.") from bad
    except CannotRescore as refusal:
        raise Problem(409, "cannot_rescore", str(refusal)) from refusal
    except CannotStart as refusal:
        raise Problem(409, "cannot_start", str(refusal)) from refusal


def _board(board: BoardPreview) -> Json:
    return {
        "title": board.title,
        "rows": board.rows,
        "changed": len(board.changes),
        "changes": [
            {
                "team": change.team.name,
                "before": _place(change.before, board.decimals),
                "after": _place(change.after, board.decimals),
            }
            for change in board.changes[:MOST_CHANGES]
        ],
    }


def _place(place: Place | None, decimals: int) -> Json | None:
    if place is None:
        return None
    score = None if place.score is None else round(place.score, decimals)
    return {"rank": place.rank, "score": score}
