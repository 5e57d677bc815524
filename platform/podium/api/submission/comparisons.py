"""Two entries, or two submissions of one team, head to head."""

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from podium.access import get_challenge, get_submission
from podium.analysis.comparisons import (
    HeadToHead,
    Level,
    Side,
    SliceDuel,
    comparison_with_earlier,
    comparisons_of,
)
from podium.api.base.problems import NotThere, invalid
from podium.api.base.readers import ANYBODY
from podium.api.base.shapes import Named, Slug, example
from podium.challenges.models import Challenge, Task
from podium.standings.feedback import step_of
from podium.standings.visible import decimals_of
from podium.submissions.models import Submission
from podium.teams.models import Team
from scoring import METRICS
from scoring.comparison import holm

router = Router(tags=["Boards"])
ALPHA = 0.05


class CompareQuery(Schema):
    """Which two entries are compared."""

    a: Slug = Field(description="The slug of a team or baseline.")
    b: Slug = Field(description="The slug of another one.")
    task: Slug | None = Field(None, description="Only on this task.")


class SideOut(Schema):
    """One of the two."""

    team: Named
    submission: int | None = Field(description="Its id; None where that is not yours to open.")
    score: float | None
    model_config = example(team={"slug": "alpha", "name": "Alpha"}, submission=412, score=0.81)


class SliceOut(Schema):
    """The headline of both on some of the rows."""

    by: str
    value: str
    a: float | None
    b: float | None
    difference: float | None
    leads: str
    reason: str = Field(description="Why nothing is shown.")
    model_config = example(
        by="category", value="lamps", a=0.8, b=0.7, difference=0.1, leads="a", reason=""
    )


class HeadOut(Schema):
    """How two compare on a task. Differences are a - b of the metric."""

    task: str
    metric: str
    higher_is_better: bool
    part: str
    level: str = Field(description="How much of it you may see.")
    a: SideOut
    b: SideOut
    difference: float | None
    low: float | None = Field(description="Lower end of the 95 % interval of the difference.")
    high: float | None
    leads: str = Field(description="a, b or empty.")
    state: str = Field(description="Of the comparison row by row; `computing`: ask again.")
    message: str = Field(description="Why there is nothing row by row.")
    p: float | None = Field(description="P-value of no difference.")
    p_adjusted: float | None = Field(description="The same, corrected for the number of tasks.")
    p_is_bound: bool = Field(description="Whether only a bound is shown: it is at most p.")
    is_sure: bool = Field(description="Whether the difference is more than noise.")
    test: str
    only_a_right: float | None = Field(description="Share of rows that only a has right.")
    only_b_right: float | None
    slices: list[SliceOut]
    model_config = example(
        task="pairs",
        metric="accuracy",
        higher_is_better=True,
        part="public",
        level="displayed scores",
        a={"team": {"slug": "alpha", "name": "Alpha"}, "submission": None, "score": 0.81},
        b={"team": {"slug": "beta", "name": "Beta"}, "submission": None, "score": 0.79},
        difference=0.02,
        low=None,
        high=None,
        leads="a",
        state="there is none",
        message="Until the labels are revealed, only displayed scores are compared.",
        p=None,
        p_adjusted=None,
        p_is_bound=False,
        is_sure=False,
        test="",
        only_a_right=None,
        only_b_right=None,
        slices=[],
    )


class Comparison(Schema):
    """Two entries on every task that both entered."""

    a: Named
    b: Named
    items: list[HeadOut]
    apart: list[str] = Field(description="Tasks in which one of the two has no score.")
    model_config = example(
        a={"slug": "alpha", "name": "Alpha"},
        b={"slug": "beta", "name": "Beta"},
        items=[],
        apart=["pairs"],
    )


@router.get(
    "/challenges/{slug:challenge}/compare",
    response=Comparison,
    auth=ANYBODY,
    url_name="compare",
    summary="Compare two entries",
)
def compare(request: HttpRequest, challenge: Path[Slug], asked: Query[CompareQuery]) -> object:
    """Compare two entries task by task, as far as you may see it."""
    found = get_challenge(request, challenge)
    a, b = (_entry(request, found, slug) for slug in (asked.a, asked.b))
    if a == b:
        raise invalid("query.b", "This is the same entry twice. Choose another one.")
    tasks = _tasks(request, found, asked.task)
    made = comparisons_of(request.user, tasks, a, b)
    heads = [head for head in made.values() if head.difference is not None]
    compared = {head.task for head in heads}
    return {
        "a": a,
        "b": b,
        "items": _items(heads, submissions=False),
        "apart": [task.slug for task in tasks if task not in compared],
    }


@router.get(
    "/submissions/{int:submission}/compare/{int:number}",
    response=HeadOut,
    auth=ANYBODY,
    url_name="submission-compare",
    summary="Compare with an earlier submission",
)
def with_earlier(request: HttpRequest, submission: int, number: int) -> object:
    """Compare a submission with an earlier one of its team, given by its number."""
    found = get_submission(request, submission)
    of_team = Submission.objects.filter(team=found.team_id, task=found.task_id)
    earlier = of_team.select_related("team").filter(number=number).first()
    head = comparison_with_earlier(request.user, found, earlier) if earlier else None
    if head is None:
        raise NotThere(request, "No earlier submission with this number")
    return _items([head], submissions=True)[0]


def _entry(request: HttpRequest, found: Challenge, slug: str) -> Team:
    team = Team.objects.filter(challenge=found, slug=slug).select_related("challenge").first()
    if team is None:
        raise NotThere(request, f"No team or baseline `{slug}`")
    return team


def _tasks(request: HttpRequest, found: Challenge, slug: str | None) -> list[Task]:
    rows = found.tasks.select_related(
        "challenge", "track__challenge", "solution", "dataset_version"
    )
    tasks = list(rows.filter(slug=slug) if slug else rows)
    if slug and not tasks:
        raise NotThere(request, f"No task `{slug}`")
    return tasks


def _items(heads: list[HeadToHead], *, submissions: bool) -> list[dict[str, object]]:
    adjusted = holm([_p(head) for head in heads])
    return [
        _item(head, p, submissions=submissions) for head, p in zip(heads, adjusted, strict=True)
    ]


def _p(head: HeadToHead) -> float | None:
    """Return the p-value of no difference: by resampling, where that can be done."""
    if head.duel is None:
        return None
    return head.duel.p if head.duel.resampled_p is None else head.duel.resampled_p


def _item(head: HeadToHead, adjusted: float | None, *, submissions: bool) -> dict[str, object]:
    metric, duel = METRICS[head.task.headline], head.duel
    # As the page rounds them: the step's decimals, or five where nothing is hidden.
    decimals = decimals_of(None if head.level == Level.ALL else step_of(head.task))

    def number(value: float | None) -> float | None:
        return None if value is None else round(value, decimals) + 0.0

    return {
        "task": head.task.slug,
        "metric": metric.name,
        "higher_is_better": metric.higher_is_better,
        "part": head.part,
        "level": str(head.level),
        "a": _side(head.a, number(head.a.score), named=submissions),
        "b": _side(head.b, number(head.b.score), named=submissions),
        "difference": number(head.difference),
        "low": number(duel.low) if duel else None,
        "high": number(duel.high) if duel else None,
        "leads": head.leads,
        "state": str(head.state),
        "message": head.message,
        "p": _p(head),
        "p_adjusted": adjusted,
        "p_is_bound": head.has_bounds and _p(head) is not None,
        "is_sure": adjusted is not None and adjusted <= ALPHA,
        "test": _test(head),
        "only_a_right": number(duel.flips_of_b.nfr) if duel and duel.flips_of_b else None,
        "only_b_right": number(duel.flips_of_b.pfr) if duel and duel.flips_of_b else None,
        "slices": [_slice(each) for each in head.slices],
    }


def _test(head: HeadToHead) -> str:
    if head.duel is None:
        return ""
    if head.duel.resampled_p is None:
        return head.duel.test
    return f"{head.duel.resampling}, {head.duel.draws:,} draws"


def _side(side: Side, score: float | None, *, named: bool) -> dict[str, object]:
    return {"team": side.team, "submission": side.submission_id if named else None, "score": score}


def _slice(each: SliceDuel) -> dict[str, object]:
    def number(value: float | None, decimals: int) -> float | None:
        return None if value is None else round(value, min(decimals, 5)) + 0.0

    return {
        "by": each.by,
        "value": each.value,
        "a": number(each.a.value, each.a.decimals),
        "b": number(each.b.value, each.b.decimals),
        "difference": each.difference,
        "leads": each.leads,
        "reason": each.a.reason or each.b.reason,
    }
