"""A submission head to head with an earlier one of its team: what the change did, row by row."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from podium.analysis.comparisons import HeadToHead, comparison_with_earlier
from podium.submissions.models import Submission
from podium.web.base.access import get_submission
from podium.web.base.presenters import crumb, crumbs_to
from podium.web.board.compare import results, waiting


@require_safe
def submission_compare(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Compare a submission with its team's earlier one; htmx asks only for the result."""
    found = get_submission(request, pk)
    of_team = Submission.objects.filter(team=found.team_id, task=found.task_id)
    earlier = get_object_or_404(of_team.select_related("team"), number=number)
    head = comparison_with_earlier(request.user, found, earlier)
    if head is None:
        raise Http404
    task = found.task
    context = {
        "challenge": task.challenge,
        "task": task,
        "earlier": earlier,
        "lead": f"Two submissions of {found.team}, in {task.title}.",
        "crumbs": [*crumbs_to(task.track), crumb(task), _crumb(found)],
        "a": _side(found),
        "b": _side(earlier),
        **_results(request, head, (_name(found), _name(earlier))),
    }
    is_part = getattr(request, "htmx", False)
    template = "board/_compare_results.html" if is_part else "submission/submission_compare.html"
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request", "Cookie"])
    return answer


def _results(request: HttpRequest, head: HeadToHead, names: tuple[str, str]) -> dict[str, object]:
    """Return both sides' scores with what is known row by row; without scores only why."""
    if head.difference is None:
        return {"reasons": [head.message]}
    return results([head], names) | waiting(request, [head])


def _side(submission: Submission) -> dict[str, object]:
    """Return a submission as the page names an entry."""
    return {"name": _name(submission), "get_absolute_url": submission.get_absolute_url()}


def _crumb(submission: Submission) -> dict[str, str]:
    return {"label": _name(submission), "url": submission.get_absolute_url()}


def _name(submission: Submission) -> str:
    return f"Submission {submission.number}"
