"""The integrity queue: cases that workers found, each with its evidence and a decision."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.analysis import crowds
from podium.challenges.models import Challenge, Task
from podium.challenges.permissions import Permission
from podium.integrity import actions, equal_files, evidence
from podium.integrity.models import Case, CaseState, Decision, Kind
from podium.refusals import RefusalForm
from podium.web.base.presenters import crumb
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge


class DecideForm(RefusalForm):
    """Asks what an organizer decided about a case, and why."""

    decision = forms.ChoiceField(choices=Decision.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For organizers. Nobody else reads it, and no team is notified.",
        error_messages={"required": actions.NO_NOTE},
    )
    strength = forms.FloatField(widget=forms.HiddenInput)


class KnownFileForm(RefusalForm):
    """Asks for a file that any team may send."""

    task = forms.ModelChoiceField(Task.objects.none(), empty_label="Choose a task")
    sha256 = forms.CharField(
        label="SHA-256", max_length=64, help_text="It is on the page of each submission."
    )
    title = forms.CharField(max_length=80, help_text="For example: output of the starter notebook")

    def __init__(self, data: QueryDict | None, challenge: Challenge) -> None:
        super().__init__(data)
        self.fields["task"].queryset = challenge.tasks.all()  # type: ignore[attr-defined]


@require_safe
@never_cache
@login_required
def integrity(request: SignedInRequest, slug: str) -> HttpResponse:
    """List the cases, then common files and signals."""
    return _page(request, get_challenge(request, slug, Permission.RUN_CHALLENGE))


@require_POST
@login_required
def name_file(request: SignedInRequest, slug: str) -> HttpResponse:
    """Name a file that any team may send."""
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    form = KnownFileForm(request.POST, challenge)
    if form.is_valid():
        with form.refusing():
            actions.name_file(**form.cleaned_data, by=request.user)
            messages.success(request, "Saved. Teams that send this file do not become a case.")
            return redirect("console-integrity", slug)
    return _page(request, challenge, form)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def case(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Show the evidence of a case side by side, and take a decision."""
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    rows = Case.objects.select_related("challenge", "task__dataset_version", "decided_by")
    row = get_object_or_404(rows, pk=pk, challenge=challenge)
    form = _decide_form(request, row)
    if form.is_bound and form.is_valid():
        with form.refusing():
            actions.decide(case=row, **form.cleaned_data, by=request.user)
            messages.success(request, "Decided. Nothing else happened.")
            return redirect("console-integrity", slug)
        row.refresh_from_db()
    what, why_not = evidence.ABOUT[Kind(row.kind)]
    context = {
        "challenge": challenge,
        "crumbs": [
            *(crumb(challenge), console_crumb(challenge)),
            {"label": "Integrity", "url": _address(challenge)},
        ],
        "case": row,
        "title": row.get_kind_display(),
        "what": what,
        "why_not": why_not,
        "evidence": evidence.counts_of(row),
        "sides": evidence.sides(row),
        "sent": evidence.sent(row),
        "form": form,
    }
    return render(
        request,
        "console/integrity/case.html",
        context,
        status=UNPROCESSABLE if form.errors else 200,
    )


def _decide_form(request: SignedInRequest, row: Case) -> DecideForm:
    if request.method == "POST":
        return DecideForm(request.POST)
    start = {"strength": repr(row.strength), "decision": row.decision, "note": row.note}
    return DecideForm(initial=start)


def _address(challenge: Challenge) -> str:
    return reverse("console-integrity", args=[challenge.slug])


def _page(
    request: SignedInRequest, challenge: Challenge, refused: KnownFileForm | None = None
) -> HttpResponse:
    rows = Case.objects.filter(challenge=challenge).select_related("task", "challenge")
    rows = rows.prefetch_related("entries__team__challenge")
    tasks = challenge.tasks.select_related("challenge").prefetch_related("boards")
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "open": [_listed(row) for row in rows.filter(state=CaseState.OPEN)],
        "decided": [_listed(row) for row in rows.filter(state=CaseState.DECIDED)],
        "common": equal_files.common(challenge),
        "form": refused or KnownFileForm(None, challenge),
        "addresses": crowds.shared_addresses(challenge),
        "many": crowds.MANY,
        "new_days": crowds.NEW.days,
        "newcomers": crowds.newcomers(challenge),
        "is_revealed": challenge.is_revealed(),
        "errors": crowds.ERRORS,
        "falls": [fall for task in tasks for fall in crowds.falls(task)],
    }
    status = UNPROCESSABLE if refused else None
    return render(request, "console/integrity/list.html", context, status=status)


def _listed(row: Case) -> dict[str, object]:
    teams = list({entry.team_id: entry.team for entry in row.entries.all()}.values())
    return {"row": row, "teams": teams, "summary": evidence.summary(row)}
