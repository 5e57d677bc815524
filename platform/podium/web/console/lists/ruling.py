"""What organizers do with the rows that they tick in a list: read first, then done."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from figures.words import plural
from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge, Task
from podium.challenges.permissions import Permission
from podium.challenges.rulings import MOST_AT_ONCE, NO_REASON, Acts, Ruling, carry_out, plan
from podium.refusals import RefusalForm, Refused
from podium.standings.effects import effects_of
from podium.submissions import rulings, team_rulings
from podium.submissions.models import State
from podium.submissions.team_rulings import MOST_ATTEMPTS
from podium.teams.models import Membership, Team
from podium.web.base.presenters import crumb
from podium.web.console.rescoring import board_changes
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge

_LISTS: dict[str, Acts[Any]] = {"submissions": rulings.ACTS, "teams": team_rulings.ACTS}
# What the console picks to retry everything that failed.
ALL_FAILED = "failed"


class AnswersForm(RefusalForm):
    """Asks for what an act has to know."""

    member = forms.ModelChoiceField(
        Membership.objects.none(),
        empty_label="Choose a person",
        help_text="What they submitted stays with the team that they leave. Both teams read why.",
    )
    into = forms.ModelChoiceField(
        Team.objects.none(),
        empty_label="Choose a team",
        help_text="It keeps its name and its captain. You see what happens before anything does.",
    )
    task = forms.ModelChoiceField(Task.objects.none(), empty_label="Choose a task")
    attempts = forms.IntegerField(min_value=1, max_value=MOST_ATTEMPTS)
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The members of the teams read it.",
        error_messages={"required": NO_REASON},
    )

    def __init__(self, data: QueryDict | None, challenge: Challenge, asks: tuple[str, ...]) -> None:
        super().__init__(data)
        seats = Membership.objects.filter(challenge=challenge).select_related("user", "team")
        self.fields["member"].queryset = seats.order_by("user__name", "pk")  # type: ignore[attr-defined]
        self.fields["into"].queryset = challenge.teams.taking_part()  # type: ignore[attr-defined]
        self.fields["task"].queryset = challenge.tasks.all()  # type: ignore[attr-defined]
        self.fields = {name: self.fields[name] for name in asks}


@require_POST
@login_required
def rule(request: SignedInRequest, slug: str, kind: str) -> HttpResponse:
    """Show what an act does with the ticked rows, and do it when its reader says so."""
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    if kind not in _LISTS:
        raise Http404
    acts, name = _LISTS[kind], request.POST.get("act", "")
    picked = {int(each) for each in request.POST.getlist("pick") if _is_key(each)}
    if kind == "submissions" and request.POST.getlist("pick") == [ALL_FAILED]:
        picked = _failed(challenge)
    try:
        ruling, aim = _planned(request.POST, acts, name, challenge, picked)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(f"console-{kind}", slug)
    if aim:
        return _page(request, challenge, kind, ruling, aim)
    read = request.POST.get("fingerprint")
    asks = tuple(name for name in ruling.act.asks if name not in ruling.given)
    form = AnswersForm(request.POST if read else None, challenge, asks)
    if read and form.is_valid():
        with form.refusing():
            carry_out(
                acts,
                name,
                challenge,
                picked,
                fingerprint=read,
                answers={**form.cleaned_data, **ruling.given},
                by=request.user,
            )
            done = f"{plural(len(ruling.fit), acts.noun)} {ruling.act.done}."
            messages.success(request, done)
            return redirect(f"console-{kind}", slug)
    return _page(request, challenge, kind, ruling, form)


def _planned(
    data: QueryDict, acts: Acts[Any], name: str, challenge: Challenge, picked: set[int]
) -> tuple[Ruling[Any], AnswersForm | None]:
    """Return the ruling, and the form that asks for its target if that is yet to be chosen.

    Raises Refused.
    """
    ruling = plan(acts, name, challenge, picked)
    target = ruling.act.target
    if target is None or not ruling.fit:
        return ruling, None
    form = AnswersForm(data if target.asks in data else None, challenge, (target.asks,))
    if not form.is_valid():
        return ruling, form
    aimed = plan(acts, name, challenge, picked, form.cleaned_data[target.asks])
    if not aimed.unfit:
        return aimed, None
    form.add_error(target.asks, aimed.unfit[0][1])
    return ruling, form


def _page(
    request: SignedInRequest, challenge: Challenge, kind: str, ruling: Ruling[Any], form: forms.Form
) -> HttpResponse:
    boards = effects_of(ruling, challenge, request.user)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "kind": kind,
        "ruling": ruling,
        "act": request.POST["act"],
        "form": form,
        "is_tried": boards is not None,
        "boards": [board_changes(board) for board in boards or []],
    }
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "console/lists/ruling.html", context, status=status)


def _failed(challenge: Challenge) -> set[int]:
    """Return the failed submissions that wait longest, as many as one act takes."""
    rows = rulings.ACTS.rows(challenge).filter(state=State.FAILED).order_by("pk")
    return set(rows.values_list("pk", flat=True)[:MOST_AT_ONCE])


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
