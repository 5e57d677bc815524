"""The private thread between a team and the organizers, from both sides."""

from collections.abc import Iterable

from django.contrib import messages as shown
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.discussions.actions import MOST_BODY
from podium.discussions.messages import send_message, silence_reason
from podium.notices.actions import mark_seen
from podium.teams.models import Team
from podium.web.base.presenters import crumb
from podium.web.talk.question_forms import TextForm
from podium.web.team.views import own_team

PER_PAGE = 50
UNPROCESSABLE = 422


class MessageForm(TextForm):
    """Asks for a message."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["body"].label = "Message"
        readers = "The team’s members and the organizers read it, nobody else."
        self.fields["body"].help_text = f"Markdown, up to {MOST_BODY:,} characters. {readers}"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def team_messages(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show members what their team and the organizers wrote, and take a new message."""
    team = own_team(request, slug)
    back = {"label": str(team), "url": reverse("my-team", args=[slug])}
    return thread(request, team, [crumb(team.challenge), back], "Messages with the organizers")


def thread(
    request: SignedInRequest,
    team: Team,
    crumbs: list[dict[str, str]],
    title: str,
    merged: Iterable[Team] = (),
) -> HttpResponse:
    """Return the page of a thread, or take a new message.

    It links to the threads of the teams `merged` into this one, which only organizers read.
    """
    form = MessageForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with form.refusing():
            send_message(team=team, body=form.cleaned_data["body"], by=request.user)
            shown.success(request, "Message sent.")
            return redirect(request.path)
    rows = team.messages.select_related("author").order_by("-sent_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    mark_seen(request.user, Q(facts__message__in=[each.pk for each in page]))
    context = {
        "challenge": team.challenge,
        "team": team,
        "crumbs": crumbs,
        "title": title,
        "lead": "Only the team’s members and the organizers read this. The newest message is "
        "first.",
        "page_obj": page,
        "merged": merged,
        "closed": silence_reason(request.user, team),
        "form": form,
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "talk/messages.html", context, status=status)
