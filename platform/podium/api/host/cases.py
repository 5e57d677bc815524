"""Integrity cases: the queue, the evidence of one, and plans of decisions."""

from datetime import datetime
from typing import Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import part_of
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import Id, Named, Page, PageQuery, Slug, example, strict
from podium.api.host.plans import Proposal, challenge_for, get_challenge, planned
from podium.api.host.shapes import PlanOut
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.files import Json
from podium.integrity import actions, evidence
from podium.integrity.models import Case, CaseState, Decision, Kind

router = Router(tags=["Organizing: run"])
_PATH = "/host/challenges/{slug:challenge}/cases"
_EXAMPLE: Json = {
    "id": 7, "kind": "equal files", "task": "pairs", "evidence": "2 equal files",
    "teams": [{"slug": "alpha", "name": "Alpha"}],
    "state": "open", "decision": "", "note": "", "decided_by": "",
    "found_at": "2026-11-20T12:00:00Z", "seen_at": "2026-11-20T12:00:00Z", "decided_at": None,
}  # fmt: skip


class CasesQuery(PageQuery):
    """Filters of the list of cases."""

    state: Literal["open", "decided"] | None = Field(None, description="open or decided.")


class CaseOut(Schema):
    """Something about teams to look at. It does not prove anything."""

    id: int
    kind: str
    task: str | None
    teams: list[Named]
    evidence: str = Field(description="In one line.")
    state: str = Field(description="open or decided.")
    decision: str = Field(description=f"The last one: {', '.join(Decision.values)}; or empty.")
    note: str = Field(description="Why it was decided so.")
    decided_by: str
    found_at: datetime
    seen_at: datetime = Field(description="When it was last found.")
    decided_at: datetime | None
    model_config = example(**_EXAMPLE)


class EvidenceOut(Schema):
    """One number of the evidence."""

    label: str
    value: str
    model_config = example(label="Files", value="2")


class CaseTeamOut(Schema):
    """A team of a case."""

    team: Named
    members: int
    submissions: int = Field(description="To the task of the case, if it has one.")
    is_disqualified: bool
    model_config = example(
        team={"slug": "alpha", "name": "Alpha"}, members=3, submissions=14, is_disqualified=False
    )


class CaseFileOut(Schema):
    """A submission of a case."""

    id: int
    team: str = Field(description="Its `slug`.")
    number: int
    received_at: datetime
    bytes: int
    score: str = Field(description="The displayed score of the public part.")
    method: str
    model_config = example(
        id=412, team="alpha", number=3, received_at="2026-11-20T12:00:00Z", bytes=1024,
        score="0.812", method="",
    )  # fmt: skip


class WholeCaseOut(CaseOut):
    """A case with its evidence: counts and a p value, never which rows."""

    what: str = Field(description="What such a case says.")
    why_not: str = Field(description="What may explain it without a fault.")
    counts: list[EvidenceOut]
    sides: list[CaseTeamOut]
    submissions: list[CaseFileOut]
    model_config = example(
        **_EXAMPLE,
        what="Teams sent the same file, byte for byte.", why_not="Two people may have run …",
        counts=[{"label": "Files", "value": "2"}], sides=[], submissions=[],
    )  # fmt: skip


class DecisionGiven(Schema):
    """A decision about a case. Its reason is a note for organizers."""

    decision: Literal["no issue", "warned", "disqualified"]
    model_config = strict(decision="no issue")


@router.get(
    _PATH, response=Page[CaseOut], auth=ORGANIZE, url_name="host-cases", summary="Integrity cases"
)
def cases(request: HttpRequest, challenge: Path[Slug], asked: Query[CasesQuery]) -> object:
    """List what workers found about teams, newest first: for owners and managers."""
    rows = _rows(get_challenge(request, challenge, Permission.RUN_CHALLENGE))
    if asked.state:
        rows = rows.filter(state=CaseState(asked.state))
    return part_of(request, rows, asked, _case)


@router.get(
    f"{_PATH}/{{int:case}}",
    response=WholeCaseOut,
    auth=ORGANIZE,
    url_name="host-case",
    summary="An integrity case",
)
def case(request: HttpRequest, challenge: Path[Slug], case: Path[Id]) -> object:
    """Give the evidence of a case, its teams and files: for owners and managers."""
    found = get_challenge(request, challenge, Permission.RUN_CHALLENGE)
    row = get_object_or_404(_rows(found), pk=case)
    what, why_not = evidence.ABOUT[Kind(row.kind)]
    return {
        **_case(row),
        "what": what,
        "why_not": why_not,
        "counts": [{"label": each.label, "value": each.value} for each in evidence.counts_of(row)],
        "sides": [_side(each) for each in evidence.sides(row)],
        "submissions": [_sent(each) for each in evidence.sent(row)],
    }


def _rows(challenge: Challenge) -> QuerySet[Case]:
    rows = Case.objects.filter(challenge=challenge).prefetch_related("entries__team")
    return rows.select_related("challenge", "task__dataset_version", "decided_by")


def _case(row: Case) -> Json:
    teams = {entry.team_id: entry.team for entry in row.entries.all()}.values()
    names = ("kind", "state", "decision", "note", "found_at", "seen_at", "decided_at")
    return {
        "id": row.pk,
        "task": row.task.slug if row.task else None,
        "teams": [{"slug": team.slug, "name": team.name} for team in teams],
        "evidence": evidence.summary(row),
        "decided_by": str(row.decided_by or ""),
        **{name: getattr(row, name) for name in names},
    }


def _side(side: evidence.Side) -> Json:
    return {
        "team": {"slug": side.team.slug, "name": side.team.name},
        "members": side.members,
        "submissions": side.submissions,
        "is_disqualified": side.team.disqualified_at is not None,
    }


def _sent(sent: evidence.Sent) -> Json:
    names = ("number", "received_at", "method")
    row = sent.row
    return {
        "id": row.pk, "team": row.team.slug, "bytes": row.size, "score": sent.score,
        **{name: getattr(row, name) for name in names},
    }  # fmt: skip


def propose_decision(by: User, slug: str, given: Json) -> Proposal:
    """Return what deciding a case would do. Raises Http404 and Refused."""
    challenge = challenge_for(by, slug, Permission.RUN_CHALLENGE)
    row = get_object_or_404(_rows(challenge), pk=given["case"])
    actions.check_decision(row, given["decision"])
    before = row.decision if row.state == CaseState.DECIDED else CaseState.OPEN
    return Proposal(
        title="Decide a case",
        lines=[
            f"{row}: {evidence.summary(row)}.",
            f"decision: {before} → {given['decision']}",
            "Nothing else happens, and no team is notified.",
        ],
        mark=(row.pk, row.strength, row.state, row.decision, row.note, given["decision"]),
        carry_out=lambda _title, note: actions.decide(
            case=row, decision=given["decision"], note=note, strength=row.strength, by=by
        ),
        asks=["reason"],
    )


@router.post(
    f"{_PATH}/{{int:case}}/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-decision",
    summary="Plan a decision about a case",
)
def plan_decision(
    request: SignedInRequest, challenge: Path[Slug], case: Path[Id], given: DecisionGiven
) -> object:
    """Say what deciding a case would do, which is no more than to record it."""
    change = {"case": case, "decision": given.decision}
    return planned("decision", challenge, change, propose_decision, request.user)


PROPOSERS = {"decision": propose_decision}
