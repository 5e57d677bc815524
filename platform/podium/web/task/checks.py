"""The result page of a file check."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from podium.challenges.models import Phase
from podium.submissions import partial
from podium.submissions.models import Checking, PartialUpload, Validation
from podium.submissions.quota import allowance
from podium.teams.actions import has_accepted_rules, team_of
from podium.web.base.presenters import crumb, crumbs_to
from podium.web.submission.waiting import classes_meant, waiting
from podium.web.task.forms import SubmitForm
from podium.web.task.upload import CHECKED


@require_safe
def validation(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what came of a check, to the person who asked for it."""
    return render(request, "task/validation.html", _context(request, pk))


@require_safe
def validation_status(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give the part of the page that changes until the check is done."""
    return render(request, "task/_validation_story.html", _context(request, pk))


def _context(request: HttpRequest, pk: uuid.UUID) -> dict[str, object]:
    found = get_object_or_404(
        Validation.objects.select_related("task__track__challenge", "task__challenge"),
        pk=pk,
        user=request.user.pk,
    )
    task = found.task
    request.task = task  # type: ignore[attr-defined]  # for the navigation
    context: dict[str, object] = {
        "title": "File check",
        "lead": f"{found.original_name}. Not submitted, no attempt used.",
        "crumbs": [*crumbs_to(task.track), crumb(task)],
        "validation": found,
        "task": task,
        "challenge": task.challenge,
        "phase": task.challenge.phase(),
    }
    if found.is_final:
        context["classes"] = classes_meant(found.problems, task)
        return context | _next(request, found)
    ahead = Validation.waiting().filter(queued_at__lt=found.queued_at or timezone.now()).count()
    return context | waiting(found.created_at) | {"ahead": ahead}


def _next(request: HttpRequest, found: Validation) -> dict[str, object]:
    """Return the form that submits the checked file, if it is valid and still there."""
    task, by = found.task, request.user
    if found.state != Checking.VALID or task.challenge.phase() != Phase.OPEN:
        return {}
    sent = PartialUpload.objects.filter(user=found.user_id, task=task, sha256=found.sha256)
    kept = next((part for part in sent if part.is_complete and not partial.is_over(part)), None)
    if kept is None:
        return {}
    typed = request.session.get(CHECKED, {})
    words = typed if typed.get("check") == str(found.pk) else {}
    form = SubmitForm(
        task=task,
        by=by,
        ask_rules=not has_accepted_rules(by, task.challenge),
        initial={**words, "upload": kept.pk},
    )
    del form.fields["file"]
    return {
        "form": form,
        "allowance": allowance(team_of(by, task.challenge), task, timezone.now(), by),
    }
