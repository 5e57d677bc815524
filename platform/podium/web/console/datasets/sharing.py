"""The editors of a data set: editing is offered by address, and taken away once that is read."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from podium.accounts.requests import SignedInRequest
from podium.catalog.actions import editors
from podium.catalog.models import DatasetVersion
from podium.refusals import RefusalForm, Refused
from podium.web.base.presenters import Context
from podium.web.console.datasets.access import get_version

UNPROCESSABLE = 422


class EditorForm(RefusalForm):
    """Asks for the address of one more editor."""

    email = forms.EmailField(
        label="E-mail address of one more editor",
        help_text="They become an editor when they accept, from an account that has confirmed the "
        "address. Editors see the labels: from then on they can never compete on this data.",
        error_messages={"required": "Enter the e-mail address of the person."},
    )


def context_of(version: DatasetVersion) -> Context:
    """Return what the page of a version shows of its editors."""
    return {
        "editors": editors.listed(version.name),
        "is_shared": editors.editable(version.name).filter(pk=version.pk).exists(),
        "editor_form": EditorForm(auto_id="editor_%s"),
    }


@require_POST
@login_required
def offer_editing(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Offer editing to an address, or show the section with what is wrong."""
    version = get_version(request, name, number)
    form = EditorForm(request.POST, auto_id="editor_%s")
    if form.is_valid():
        with form.refusing():
            email = form.cleaned_data["email"].lower()
            editors.offer_editing(name=name, email=email, by=request.user)
            messages.success(
                request,
                f"Editing is offered to {email}. They become an editor when they accept, from an "
                "account that has confirmed the address.",
            )
            return _to_list(version)
    context = {"version": version, **context_of(version), "editor_form": form}
    return render(request, "console/datasets/editors.html", context, status=UNPROCESSABLE)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def remove_editor(request: SignedInRequest, name: str, number: int, who: str) -> HttpResponse:
    """Show what removing an editor or withdrawing an offer does, and do it once that is read."""
    version = get_version(request, name, number)
    try:
        if request.method == "POST":
            read = request.POST.get("fingerprint", "")
            removal = editors.remove_editor(name=name, key=who, fingerprint=read, by=request.user)
            label = removal.entry.label
            done = f"{label} is no longer an editor."
            if not removal.entry.is_editor:
                done = f"{label} is no longer in the list."
            messages.success(request, done)
            return _to_list(version)
        removal = editors.plan_removal(name=name, key=who, by=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return _to_list(version)
    context = {"version": version, "removal": removal}
    return render(request, "console/datasets/remove_editor.html", context)


def _to_list(version: DatasetVersion) -> HttpResponseRedirect:
    url = reverse("console-dataset", args=[version.name, version.number])
    return HttpResponseRedirect(f"{url}#editors")
