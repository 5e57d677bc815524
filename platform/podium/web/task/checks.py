"""The result page of a file check."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from podium.submissions.models import PartialUpload, Validation
from podium.web.base.presenters import crumb, crumbs_to
from podium.web.submission.waiting import classes_meant, waiting


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
        "title": "Check of a file",
        "lead": f"{found.original_name}. It is not submitted, and cost no attempt.",
        "crumbs": [*crumbs_to(task.track), crumb(task)],
        "validation": found,
        "task": task,
        "challenge": task.challenge,
        "phase": task.challenge.phase(),
    }
    if found.is_final:
        context["classes"] = classes_meant(found.problems, task)
        sent = PartialUpload.objects.filter(user=found.user_id, task=task, sha256=found.sha256)
        return context | {"is_still_there": any(part.is_complete for part in sent)}
    ahead = Validation.waiting().filter(queued_at__lt=found.queued_at or timezone.now()).count()
    return context | waiting(found.created_at) | {"ahead": ahead}
