"""The page on which staff import the archive of an event."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.archives import importing
from podium.archives.models import ArchiveImport
from podium.refusals import RefusalForm
from podium.web.console.datasets.uploads import receive
from podium.web.console.views import UNPROCESSABLE

SHOWN = 20


class ImportForm(RefusalForm):
    """Asks for an archive."""

    file = forms.FileField(
        label="Archive", error_messages={"required": "Choose the archive of an event."}
    )
    slug = forms.SlugField(
        required=False,
        max_length=60,
        label="Short name",
        help_text="For its address. Empty: the one that the event had.",
    )


@csrf_exempt  # the token is in the body, which is read only once the handler is in place
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def take_in(request: SignedInRequest) -> HttpResponse:
    """Show the imports, and begin one; htmx asks only for the list. Only staff see the page."""
    if not request.user.is_staff:
        raise Http404
    if request.headers.get("HX-Request"):
        return render(request, "console/_imports.html", _list())
    if request.method == "POST":
        return _received(request, receive(request, settings.DATASET_UPLOAD_BYTES))
    return _page(request, ImportForm())


@csrf_protect
def _received(request: SignedInRequest, problem: str) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if problem:
        form.errors.pop("file", None)
        form.add_error("file", problem)
    if form.is_valid():
        file = form.cleaned_data["file"]
        with form.refusing():
            importing.ask(
                file=file.file,
                name=file.name,
                size=file.size,
                slug=form.cleaned_data["slug"],
                by=request.user,
            )
            messages.success(request, "The archive is queued. The event appears when it is read.")
            return redirect("console-import")
    return _page(request, form)


def _page(request: SignedInRequest, form: ImportForm) -> HttpResponse:
    crumbs = [{"label": "Your challenges", "url": reverse("consoles")}]
    status = UNPROCESSABLE if form.is_bound else 200
    context = {**_list(), "form": form, "crumbs": crumbs}
    return render(request, "console/import.html", context, status=status)


def _list() -> dict[str, object]:
    imports = list(ArchiveImport.objects.select_related("by", "challenge")[:SHOWN])
    return {"imports": imports, "is_waiting": any(each.is_in_flight for each in imports)}
