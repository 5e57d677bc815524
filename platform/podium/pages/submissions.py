"""Uploading a predictions file, and the page that tells what became of it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from leaderboard.final import MOST_SELECTED
from podium import workers
from podium.challenges.models import Challenge, Phase, Task
from podium.pages.access import get_own_submission, get_submission, get_task, is_own
from podium.pages.forms import SubmitForm
from podium.pages.presenters import crumb, crumbs_to
from podium.pages.stories import scored_story
from podium.pages.tasks import task_context
from podium.pages.templatetags.podium import size
from podium.standings.feedback import is_revealed
from podium.submissions import actions, selection
from podium.submissions.models import State, Submission
from podium.submissions.quota import allowance
from podium.submissions.selection import may_select
from podium.submissions.uploads import NO_ROOM, LimitedUpload
from podium.teams import actions as teams

# A browser without JavaScript reloads the page this often while the submission waits.
RELOAD_SECONDS = 5
# How soon the page asks again, in milliseconds, by how many seconds the submission has waited.
POLLING = ((3, 250), (15, 1000), (60, 2000))
SLOWEST_POLLING = 5000


@csrf_exempt  # the token stands in the body, which is read only once the handler is in place
@require_POST
def upload(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Take a predictions file, or say why not, with everything typed still there."""
    found = get_task(request, slug, task)
    if not request.user.is_authenticated:
        # Back to the task afterwards: this address takes files and has no page.
        return redirect_to_login(found.get_absolute_url())
    receiver = LimitedUpload(found.max_bytes)
    receiver.request = request
    request.upload_handlers = [receiver]
    try:
        return _upload(request, found, receiver)
    finally:
        # When the sender goes away Django tells nobody, and the file would wait for the collector.
        receiver.drop_partial()


@csrf_protect
def _upload(request: HttpRequest, task: Task, receiver: LimitedUpload) -> HttpResponse:
    challenge = task.challenge
    ask_rules = not teams.has_accepted_rules(request.user, challenge)
    form = SubmitForm(request.POST, request.FILES, ask_rules=ask_rules)
    if receiver.too_large or receiver.no_room:
        form.errors.pop("file", None)
        form.add_error("file", _too_large(task) if receiver.too_large else NO_ROOM)
    if form.is_valid():
        try:
            submission = _submit(request, challenge, task, form)
        except (actions.Refused, teams.Refused) as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect(submission)
    context = task_context(request, task, form)
    return render(request, "pages/task.html", context, status=422)


def _too_large(task: Task) -> str:
    limit = size(task.max_bytes)
    return f"The file is larger than {limit}, the most this task takes. Send Parquet or .csv.gz."


def _submit(request: HttpRequest, challenge: Challenge, task: Task, form: SubmitForm) -> Submission:
    if form.cleaned_data.get("accept_rules"):
        teams.accept_rules(challenge=challenge, by=request.user)
    return actions.submit(
        team=teams.ensure_team(request.user, challenge, form.upload.first_byte_at),
        task=task,
        upload=form.upload,
        by=request.user,
        method=form.cleaned_data["method"],
    )


@require_safe
def submission(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what became of a submission."""
    found = get_submission(request, pk)
    return render(request, "pages/submission.html", _context(request, found))


@require_safe
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the part of the page that changes until the submission is final."""
    found = get_submission(request, pk)
    return render(request, "pages/_submission_story.html", _context(request, found))


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's submission off the boards."""
    return _change(request, pk, actions.withdraw)


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Put one's withdrawn submission back."""
    return _change(request, pk, actions.restore)


@require_POST
def select(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one's submission one of the final ones."""
    return _change(request, pk, selection.select)


@require_POST
def unselect(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's submission back from the final ones."""
    return _change(request, pk, selection.unselect)


def _change(request: HttpRequest, pk: int, verb: Callable[..., None]) -> HttpResponse:
    found = get_own_submission(request, pk)
    try:
        verb(submission=found, by=request.user)
    except actions.Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(found)


def _context(request: HttpRequest, found: Submission) -> dict[str, Any]:
    task = found.task
    context: dict[str, Any] = {
        "title": f"Submission {found.number}",
        "lead": f"{found.method}, {found.team}" if found.method else str(found.team),
        "submission": found,
        "task": task,
        "challenge": task.challenge,
        "crumbs": [*crumbs_to(task.track), crumb(task)],
        "is_own": is_own(request, found),
        "is_open": task.challenge.phase() == Phase.OPEN,
        "is_revealed": is_revealed(task),
    }
    if not found.is_final:
        return context | _waiting(found)
    if found.state == State.SCORED:
        context |= scored_story(request.user, found, is_own=context["is_own"])
        context |= _selection(request, found)
    return context | {"allowance": allowance(found.team, task, timezone.now())}


def _waiting(found: Submission) -> dict[str, Any]:
    waited = (timezone.now() - found.received_at).total_seconds()
    alive = workers.workers_alive()
    return {
        "poll_ms": next((ms for limit, ms in POLLING if waited < limit), SLOWEST_POLLING),
        "reload_seconds": RELOAD_SECONDS,
        "position": Submission.objects.ahead_of(found).count() + 1,
        "workers_known": alive is not None,
        "worker_alive": any("scoring" in worker.queues for worker in alive or []),
    }


def _selection(request: HttpRequest, found: Submission) -> dict[str, Any]:
    """Return whether the submission is final, and what its team may do about it."""
    chosen = Submission.objects.filter(
        team=found.team_id, task=found.task_id, selected_at__isnull=False
    )
    others = list(chosen.exclude(pk=found.pk).order_by("number"))
    may = is_own(request, found) and may_select(found)
    return {
        "others_selected": others,
        "may_select": may and found.withdrawn_at is None and len(others) < MOST_SELECTED,
        "may_unselect": may and found.selected_at is not None,
        "is_selecting": may,
        "most_selected": MOST_SELECTED,
    }
