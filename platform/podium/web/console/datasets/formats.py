"""Another format for raw files that are here already: what it does is read first, then done."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from podium.accounts.requests import SignedInRequest
from podium.catalog.actions.formats import FormatPlan, change_format, plan_format
from podium.catalog.actions.imports import CannotImport
from podium.catalog.models import Import
from podium.web.console.datasets.access import get_version
from podium.web.console.datasets.forms import FormatForm, words
from podium.web.console.datasets.views import FILES, page, to_part

# Keys of the draft that no format has an option for, as its form calls them.
_OF_DRAFTS = {
    "negative_label": "Label of a non-match",
    "shared_salt": "Salt shared with sister data sets",
}


@require_POST
@login_required
def change(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Show what another format does to the draft, and change it when its reader says so."""
    version = get_version(request, name, number)
    source = get_object_or_404(Import, version=version)
    form = FormatForm(request.POST, present=source.importer)
    if not form.is_valid():
        return page(request, version, format_form=form)
    importer, read = form.cleaned_data["importer"], request.POST.get("fingerprint", "")
    try:
        if not read:
            plan = plan_format(source=source, importer=importer)
            context = {"version": version, "plan": plan, "kept": _kept(plan), "gone": _gone(plan)}
            return render(request, "console/datasets/format.html", context)
        plan = change_format(source=source, importer=importer, fingerprint=read, by=request.user)
    except CannotImport as refusal:
        form.add_error(None, str(refusal))
        return page(request, version, format_form=form)
    messages.success(request, f"The format is {plan.after} now. {_said(plan)}")
    return to_part(version, FILES)


def _said(plan: FormatPlan) -> str:
    """Return what was dropped as a sentence."""
    gone = _gone(plan)
    dropped = f"Dropped, since {plan.after} has no such field: {', '.join(gone)}. " if gone else ""
    return f"{dropped}The raw files are as they were: read them again."


def _kept(plan: FormatPlan) -> list[tuple[str, str]]:
    return [(words(name), text) for name, text in plan.options.items()]


def _gone(plan: FormatPlan) -> list[str]:
    return [_OF_DRAFTS.get(name) or words(name) for name in plan.dropped]
