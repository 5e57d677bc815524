"""Plans of rescores, baselines, the reveal and archives, and how they stand."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Path, Router, Schema
from pydantic import Field

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.accounts.zones import in_words
from podium.api.base.problems import NotThere, invalid
from podium.api.base.readers import ORGANIZE
from podium.api.base.shapes import AS_WHOLE, Slug, Text, example, strict
from podium.api.host.plans import Proposal, challenge_for, get_challenge, planned
from podium.api.host.shapes import PlanOut
from podium.archives import actions as archives
from podium.archives.models import Archive
from podium.archives.writing import refuse_unfinished
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.baseline_runs import actions as baselines
from podium.baseline_runs import series
from podium.baseline_runs.models import SEED, BaselineRun
from podium.catalog import downloads
from podium.challenges.models import Challenge, Task, current_scorer_version
from podium.challenges.permissions import Permission
from podium.challenges.reveals import resume_reveal, stop_reveal
from podium.files import Json
from podium.refusals import Refused
from podium.standings import rescore_boards
from podium.standings.reveal import reveal_now
from podium.submissions.jobs import rescoring
from podium.submissions.models import ACTIVE, Rescore, RescoreState

router = Router(tags=["Organizing: run"])
_PATH = "/host/challenges/{slug:challenge}"
Number = Annotated[int, Field(ge=1, le=2**31 - 1), AS_WHOLE]
Seed = Annotated[int, Field(ge=0, le=series.HIGHEST_SEED), AS_WHOLE]
SHOWN = 20
# What only starting baselines takes, and what only an act on one run does.
_OF_SERIES, _OF_RUNS = ("tasks", "seconds", "seeds"), ("task", "seed")


class RescoreGiven(Schema):
    """An act on the rescore of a task. The last rescore is meant by all but `start`."""

    act: Literal["start", "cancel", "resume", "publish"]
    solution: Number | None = Field(
        None, description="The number of a solution; by default the task's."
    )
    model_config = strict(act="publish")


class RescoreOut(Schema):
    """The last rescore of a task, and the solutions to choose from."""

    state: str = Field(description="running, ready, published or cancelled; empty: none yet.")
    solution: int = Field(description="The number of the solution by which it scores.")
    scorer_version: str
    total: int
    left: int = Field(description="How many submissions are still to be rescored.")
    unscored: int = Field(description="How many could not be scored.")
    solutions: list[int] = Field(description="The numbers of the solutions there are.")
    model_config = example(
        state="ready", solution=2, scorer_version="4", total=108, left=0, unscored=0,
        solutions=[2, 1],
    )  # fmt: skip


class BaselineGiven(Schema):
    """An act on baselines: `start` a method on tasks, or `restart` or `cancel` a run of it."""

    act: Literal["start", "restart", "cancel"]
    method: Text = Field(max_length=40, description="Such as autogluon or trivial.")
    tasks: list[Slug] | None = Field(
        None, max_length=100, description="To start: the `slug` of each. Without it: all."
    )
    task: Slug | None = Field(None, description="To restart or cancel: the `slug` of the task.")
    seconds: Number | None = Field(
        None, description="To start: the time limit of each run. Without it: the site's."
    )
    seeds: list[Seed] | None = Field(
        None, max_length=100, description="To start: a run for each. Without it: 1."
    )
    seed: Seed | None = Field(
        None, description="To restart or cancel: the run with this seed. Without it: the last run."
    )
    model_config = strict(act="start", method="autogluon", seconds=300, seeds=[1, 2, 3])


class RevealGiven(Schema):
    """An act on the reveal: `now`, or to `stop` it, or to let it come by itself again."""

    act: Literal["now", "stop", "resume"]
    model_config = strict(act="stop")


class ArchiveGiven(Schema):
    """An archive to be written."""

    edition: Literal["full", "public"] = "public"
    with_solutions: bool = Field(False, description="Release the labels of the test rows.")
    model_config = strict(edition="public")


class ArchiveOut(Schema):
    """An archive of a challenge. A newer one of the same edition replaces its file."""

    id: int
    edition: str
    with_solutions: bool
    state: str = Field(description="queued, running, done or failed.")
    reason: str = Field(description="Why there is no file.")
    queued_at: datetime
    finished_at: datetime | None
    filename: str
    bytes: int
    sha256: str
    left_out: list[Any] = Field(description="What is not in it, and why.")
    has_file: bool
    model_config = example(
        id=3, edition="public", with_solutions=False, state="done", reason="",
        queued_at="2026-12-10T12:00:00Z", finished_at="2026-12-10T12:01:00Z",
        filename="cup-public.zip", bytes=1024, sha256="c" * 64, left_out=[], has_file=True,
    )  # fmt: skip


class ArchivesOut(Schema):
    """The last archives of a challenge, newest first."""

    items: list[ArchiveOut]
    model_config = example(items=[])


# Rescores ----------------------------------------------------------------------------------------


def propose_rescore(by: User, slug: str, given: Json) -> Proposal:
    """Return what an act on a rescore would do. Raises CannotRescore, Refused or Problem."""
    challenge = challenge_for(by, slug, Permission.RUN_CHALLENGE)
    task = task_in(challenge, given["task"])
    last = task.rescores.select_related("solution", "task__challenge", "task__track").first()
    if given["act"] == "start":
        return _rescore_start(task, last, given.get("solution"), by)
    if last is None:
        raise Refused("no_rescore", f"Nothing was rescored on {task} yet. Start a rescore first.")
    verbs: dict[str, tuple[Callable[..., None], str, str]] = {
        "cancel": (rescoring.cancel, "Cancel the rescore", "What it has scored is kept."),
        "resume": (rescoring.resume, "Resume the rescore", "Nobody else sees anything of it."),
        "publish": (
            rescore_boards.publish,
            "Publish the rescore",
            "The boards show the new scores, and what they show of earlier times stays.",
        ),
    }
    verb, title, line = verbs[given["act"]]
    come = rescoring.progress(last)
    is_publishing = given["act"] == "publish"
    is_shown = is_publishing and last.state == RescoreState.READY and not come.left
    shown = rescore_boards.preview(last, by) if is_shown else None
    unscored = [f"Submission {each.submission_id} could not be scored." for each in
                (shown.unscored if shown else [])[:SHOWN]]  # fmt: skip
    return Proposal(
        title=title,
        lines=[f"{task}, by {last.solution}: {last.state}, {come.left} left. {line}", *unscored],
        mark=(given["act"], last.pk, last.state, come.total, come.left, _places(shown)),
        carry_out=lambda _title, why: verb(
            rescore=last, by=by, **({"why": why} if is_publishing else {})
        ),
        asks=["reason"] if is_publishing else [],
        can_be_undone=not is_publishing,
        boards=[board for board in shown.boards if board.changes] if shown else [],
    )


def _places(shown: rescore_boards.Preview | None) -> list[object]:
    """Return what a preview says, so that it is not published once it would say otherwise."""
    boards = shown.boards if shown else []
    return [(board.title, each.team.pk, each.before, each.after) for board in boards
            for each in board.changes]  # fmt: skip


def _rescore_start(task: Task, last: Rescore | None, number: int | None, by: User) -> Proposal:
    solution = task.solution
    if number is not None:
        found = task.dataset_version.solutions.filter(number=number).first()
        if found is None:
            raise invalid("body.solution", "This data set version has no such solution.")
        solution = found
    if last is not None and last.state in ACTIVE:
        raise rescoring.CannotRescore(
            "Another rescore of this task is not over yet. Publish or cancel it first."
        )
    return Proposal(
        title="Start a rescore",
        lines=[
            f"{task}: all scored submissions are scored again by {solution} and scorer version "
            f"{current_scorer_version()}. Nobody else sees anything of it until it is published."
        ],
        mark=("start", last.pk if last else 0, solution.pk, current_scorer_version()),
        carry_out=lambda _title, _reason: rescoring.start(task=task, solution=solution, by=by),
    )


def task_in(challenge: Challenge, slug: str) -> Task:
    """Return a task of a challenge. Raises Http404."""
    rows = challenge.tasks.select_related("track", "solution", "dataset_version", "challenge")
    return get_object_or_404(rows, slug=slug)


@router.get(
    f"{_PATH}/tasks/{{slug:task}}/rescore",
    response=RescoreOut,
    auth=ORGANIZE,
    url_name="host-rescore",
    summary="The rescore of a task",
)
def rescore(request: HttpRequest, challenge: Path[Slug], task: Path[Slug]) -> object:
    """Say how the last rescore of a task stands. The plan to publish it previews the boards."""
    found = task_in(get_challenge(request, challenge, Permission.SEE_CONSOLE), task)
    last = found.rescores.select_related("solution").first()
    come = rescoring.progress(last) if last else None
    return {
        "state": last.state if last else "",
        "solution": (last.solution if last else found.solution).number,
        "scorer_version": last.scorer_version if last else found.scorer_version,
        "total": come.total if come else 0,
        "left": come.left if come else 0,
        "unscored": come.unscored if come else 0,
        "solutions": list(found.dataset_version.solutions.values_list("number", flat=True)),
    }


@router.post(
    f"{_PATH}/tasks/{{slug:task}}/rescore/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-rescore",
    summary="Plan an act on a rescore",
)
def plan_rescore(
    request: SignedInRequest, challenge: Path[Slug], task: Path[Slug], given: RescoreGiven
) -> object:
    """Say what starting, cancelling, resuming or publishing would do: for owners and managers."""
    change = {**given.model_dump(exclude_unset=True), "task": task}
    return planned("rescore", challenge, change, propose_rescore, request.user)


# Baselines ---------------------------------------------------------------------------------------


def propose_baseline(by: User, slug: str, given: Json) -> Proposal:
    """Return what an act on baselines would do. Raises CannotStart, Refused or Problem."""
    challenge, act = challenge_for(by, slug, Permission.RUN_CHALLENGE), given["act"]
    for name in _OF_RUNS if act == "start" else _OF_SERIES:
        if given.get(name) is not None:
            raise invalid(f"body.{name}", f"The act {act} does not take it. Leave it out.")
    return (_series if act == "start" else _baseline_run)(by, challenge, given)


def _series(by: User, challenge: Challenge, given: Json) -> Proposal:
    """Return what starting a method on tasks would queue."""
    wish = series.Wish(
        challenge=challenge,
        method=given["method"],
        seeds=given.get("seeds") or [SEED],
        tasks=given.get("tasks"),
        seconds=given.get("seconds"),
    )
    planned = series.plan(wish)
    return Proposal(
        title="Start baselines",
        lines=planned.lines,
        skipped=planned.left_out,
        mark=planned.fingerprint,
        carry_out=lambda _title, _reason: series.carry_out(
            wish, fingerprint=planned.fingerprint, by=by
        ),
    )


def _baseline_run(by: User, challenge: Challenge, given: Json) -> Proposal:
    """Return what starting a run again, or cancelling it, would do."""
    if given.get("task") is None:
        raise invalid("body.task", f"The act {given['act']} needs it.")
    task, method, act = task_in(challenge, given["task"]), given["method"], given["act"]
    runs = BaselineRun.objects.select_related("task__challenge").filter(task=task, method=method)
    if given.get("seed") is not None:
        runs = runs.filter(seed=given["seed"])
    last = runs.first()
    if last is None:
        raise Refused("no_run", f"The baseline {method} has not run on {task} yet. Start it.")

    def do(_title: str, _reason: str) -> None:
        if act == "restart":
            baselines.restart(run=last, by=by)
        elif not baselines.cancel(run=last, by=by):
            raise Refused("no_run", "This run has ended already, so there is nothing to cancel.")

    limit = f", at most {last.seconds} s" if last.seconds else ""
    return Proposal(
        title=f"{act.capitalize()} a baseline",
        lines=[f"{method} on {task}, seed {last.seed}{limit}. Its last run there: {last.state}."],
        mark=(act, task.pk, method, last.pk, last.state),
        carry_out=do,
    )


@router.post(
    f"{_PATH}/baselines/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-baseline",
    summary="Plan an act on baselines",
)
def plan_baseline(request: SignedInRequest, challenge: Path[Slug], given: BaselineGiven) -> object:
    """Say what starting baselines, or restarting or cancelling one, does: for owners, managers."""
    change = given.model_dump(exclude_unset=True)
    return planned("baseline", challenge, change, propose_baseline, request.user)


# The reveal --------------------------------------------------------------------------------------


def propose_reveal(by: User, slug: str, given: Json) -> Proposal:
    """Return what an act on the reveal would do."""
    challenge, act = challenge_for(by, slug, Permission.REVEAL), given["act"]
    verbs: dict[str, tuple[Callable[..., object], str]] = {
        "now": (reveal_now, "The private boards become public now. Nobody can undo this."),
        "stop": (stop_reveal, "Until an owner resumes it, no private board appears."),
        "resume": (
            resume_reveal,
            "The private boards come by themselves. Owners are mailed first.",
        ),
    }
    verb, line = verbs[act]
    due = f"The reveal is due at {in_words(challenge.reveal_due_at)}."
    state = (challenge.reveal_at, challenge.revealed_at, challenge.reveal_stopped_at)
    return Proposal(
        title={"now": "Reveal now", "stop": "Stop the reveal", "resume": "Resume the reveal"}[act],
        lines=[line, due],
        mark=(act, *map(str, state), challenge.phase()),
        carry_out=lambda _title, _reason: verb(challenge=challenge, by=by),
        asks=["title"] if act == "now" else [],
        typed=challenge.title if act == "now" else "",
        can_be_undone=act != "now",
    )


@router.post(
    f"{_PATH}/reveal/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-reveal",
    summary="Plan an act on the reveal",
)
def plan_reveal(request: SignedInRequest, challenge: Path[Slug], given: RevealGiven) -> object:
    """Say what revealing now, stopping or resuming the reveal would do: for owners."""
    change = given.model_dump(exclude_unset=True)
    return planned("reveal", challenge, change, propose_reveal, request.user)


# Archives ----------------------------------------------------------------------------------------


def propose_archive(by: User, slug: str, given: Json) -> Proposal:
    """Return what an archive would be. Raises Refused before the reveal."""
    challenge = challenge_for(by, slug, Permission.REVEAL)
    refuse_unfinished(challenge)
    edition, is_open = given.get("edition", "public"), given.get("with_solutions", False)
    lines = [f"The {edition} edition is written and replaces the file of an earlier one."]
    if is_open and edition == "public":
        lines.append("It releases the labels of the test rows. That cannot be taken back.")
    last = challenge.archives.filter(edition=edition).first()
    return Proposal(
        title="Write an archive",
        lines=lines,
        mark=(edition, is_open, last.pk if last else 0, last.state if last else ""),
        carry_out=lambda _title, _reason: archives.ask(
            challenge=challenge, edition=edition, with_solutions=is_open, by=by
        ),
        can_be_undone=not is_open,
    )


@router.get(
    f"{_PATH}/archives",
    response=ArchivesOut,
    auth=ORGANIZE,
    url_name="host-archives",
    summary="Archives",
)
def list_archives(request: HttpRequest, challenge: Path[Slug]) -> object:
    """List the last archives: for owners."""
    found = get_challenge(request, challenge, Permission.REVEAL)
    rows = found.archives.select_related("challenge")[:SHOWN]
    return {"items": [_archive_out(row) for row in rows]}


def _archive_out(row: Archive) -> Json:
    names = ("edition", "with_solutions", "state", "reason", "queued_at", "finished_at")
    return {
        **{name: getattr(row, name) for name in names},
        **{name: getattr(row, name) for name in ("filename", "sha256", "left_out")},
        "id": row.pk,
        "bytes": row.size,
        "has_file": bool(row.file),
    }


@router.post(
    f"{_PATH}/archives/plan",
    response=PlanOut,
    auth=ORGANIZE,
    url_name="host-plan-archive",
    summary="Plan an archive",
)
def plan_archive(request: SignedInRequest, challenge: Path[Slug], given: ArchiveGiven) -> object:
    """Say which archive would be written: for owners, after the reveal."""
    change = given.model_dump(exclude_unset=True)
    return planned("archive", challenge, change, propose_archive, request.user)


@router.get(
    f"{_PATH}/archives/{{int:archive}}/file",
    auth=ORGANIZE,
    url_name="host-archive-file",
    summary="Download an archive",
    openapi_extra={
        "responses": {
            200: {
                "description": "The whole file. Its ETag is the sha256.",
                "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            },
            206: {"description": "The part that the header Range asks for."},
        }
    },
)
def archive_file(request: SignedInRequest, challenge: Path[Slug], archive: int) -> HttpResponseBase:
    """Send an archive, or the part that `Range` asks for: for owners. Each download is an event."""
    found = get_challenge(request, challenge, Permission.REVEAL)
    row = found.archives.filter(pk=archive).exclude(file="").first()
    if row is None:
        raise NotThere(request, "No such archive")
    stored = downloads.Stored(
        name=row.file,
        filename=row.filename,
        tag=row.sha256,
        at=row.finished_at or row.queued_at,  # type: ignore[arg-type]
        is_for_everybody=False,
        is_private=True,
    )
    method = request.META["REQUEST_METHOD"]
    request.method = method  # HEAD opens no file
    answer = downloads.send(request, stored, may_redirect=False)
    if method == "GET":
        record(
            Verb.DOWNLOADED_ARCHIVE,
            subject=row,
            by=request.user,
            challenge=found.slug,
            edition=row.edition,
        )
    return answer


PROPOSERS: dict[str, Callable[[User, str, Json], Proposal]] = {
    "rescore": propose_rescore,
    "baseline": propose_baseline,
    "reveal": propose_reveal,
    "archive": propose_archive,
}
