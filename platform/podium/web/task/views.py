"""The page of a task."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from figures.words import number, plural
from leaderboard import decimals
from podium.accounts.models import Viewer
from podium.baseline_runs.actions import pair_of
from podium.baseline_runs.models import BaselineRun
from podium.catalog.models import DatasetVersion, Kind
from podium.challenges.models import Phase, Task
from podium.challenges.permissions import Permission, has_permission
from podium.standings.feedback import form_of, step_of
from podium.standings.visible import VisibleBoard, shared_boards, with_own_rows
from podium.submissions.models import Submission
from podium.submissions.quota import allowance
from podium.submissions.tidying import retention
from podium.teams.actions import has_accepted_rules, team_of
from podium.teams.models import Team
from podium.web.base.access import get_task
from podium.web.base.presenters import (
    board_facts,
    countdown_facts,
    crumbs_to,
    is_reference,
    public_fact,
)
from podium.web.board.columns import flips_text
from podium.web.board.table import excerpt_context
from podium.web.dataset.page import archive_bytes
from podium.web.dataset.snippets import path_of, site_of, snippets
from podium.web.dataset.views import table_rows
from podium.web.submission.scores import show_scores
from podium.web.task.forms import SubmitForm
from scoring import METRICS

EXCERPT = 8
SHOWN_SUBMISSIONS = 20
SHOWN_CLASSES = 4


@require_safe
def task(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Show what to predict, the files, the upload form, own submissions and the board's top."""
    found = get_task(request, slug, task)
    signed_in = request.user.is_authenticated
    ask_rules = signed_in and not has_accepted_rules(request.user, found.challenge)
    form = SubmitForm(task=found, by=request.user, ask_rules=ask_rules)
    return render(request, "task/task.html", task_context(request, found, form))


def task_context(request: HttpRequest, found: Task, form: SubmitForm) -> dict[str, object]:
    """Return what the task page shows, with a fresh or a refused upload form."""
    team = team_of(request.user, found.challenge)
    organizer = has_permission(request.user, Permission.SEE_DRAFT, found.challenge)
    boards = shared_boards([found], organizer=organizer)
    board = with_own_rows(boards, team.pk if team else None, [found])[found.pk]
    left = allowance(team, found, timezone.now(), request.user)
    is_open = found.challenge.phase() == Phase.OPEN
    facts = [*board_facts(board), *countdown_facts(found.challenge)]
    if is_open:
        note = f"of {left.limit} today"
        facts.insert(-1, {"label": "Attempts left", "value": left.left, "note": note})
    pair = pair_of(found)
    version, step = found.dataset_version, step_of(found)
    return {
        "task": found,
        "challenge": found.challenge,
        "crumbs": crumbs_to(found.track),
        "version": version,
        "tables": table_rows(version),
        "archive_bytes": archive_bytes(version),
        "snippets": snippets(version, site=site_of(request), task=path_of(found)),
        "example": example_of(version),
        "metric": METRICS[found.headline],
        "words": form_of(found).words,
        "step": number(step, decimals(step)),
        "public": public_fact(found, version.facts["rows"]["test"]),
        "is_open": is_open,
        "phase": found.challenge.phase(),
        "team": team,
        "allowance": left,
        "retention": retention(),
        "form": form,
        "facts": facts,
        "submissions": _submissions(request.user, team, found),
        "board": excerpt_context(found, board, EXCERPT),
        "visible": board,
        "pair": pair,
        "pair_flips": _flips(pair, board) if pair else "",
    }


def example_of(version: DatasetVersion) -> list[dict[str, str]]:
    """Return the accepted forms of a predictions file, each with an example of three lines."""
    if version.kind == Kind.MATCHING:
        yes, no = version.facts["positive_label"], version.facts["negative_label"]
        return [
            {"name": "Scores", "text": "id,score\np1,0.93\np2,0.08"},
            {
                "name": "Scores and decisions",
                "text": f"id,score,prediction\np1,0.93,{yes}\np2,0.08,{no}",
            },
        ]
    names = [_csv_cell(name) for name in version.classes]
    header, *rows = _probabilities(names)
    return [
        {
            "name": f"Probabilities of all {plural(len(names), 'class', 'classes')}",
            "text": "\n".join(",".join(line) for line in (header, *rows)),
        },
        {"name": "Labels only", "text": f"id,prediction\np1,{names[0]}\np2,{names[-1]}"},
    ]


def _probabilities(names: list[str]) -> list[list[str]]:
    """Return header and two rows; of many classes only the first ones, then dots."""
    if len(names) > SHOWN_CLASSES:
        few = names[: SHOWN_CLASSES - 1]
        return [
            ["id", *few, "…"],
            ["p1", "0.90", "0.04", "0.01", "…"],
            ["p2", "0", "0.75", "0.2", "…"],
        ]
    rest = ["0"] * (len(names) - 2)
    return [["id", *names], ["p1", "0.9", "0.1", *rest], ["p2", "0.25", "0.75", *rest]]


def _flips(pair: BaselineRun, board: VisibleBoard) -> str:
    """Return the negative flips of a pair where the board tells them: against the reference."""
    new, old = (
        board.row(run.submission.team_id) if run and run.submission else None
        for run in (pair, pair.reference)
    )
    return flips_text(new) if new and old and is_reference(old) else ""


def _csv_cell(text: str) -> str:
    """Return the text as a CSV cell: in quotes where it needs them."""
    if any(sign in text for sign in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _submissions(viewer: Viewer, team: Team | None, task: Task) -> list[Submission]:
    if team is None:
        return []
    mine = Submission.objects.filter(team=team, task=task).select_related("submitted_by")
    found = list(mine[:SHOWN_SUBMISSIONS])
    for each in found:
        each.task = task
    show_scores(viewer, team, found)
    return found
