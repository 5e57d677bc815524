"""The organizers' pages of data sets: from raw files over a draft and findings to a version."""

import json
from collections.abc import Callable, Mapping

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.baseline_runs.actions import CannotStart, diagnose
from podium.catalog.actions import imports, versions
from podium.catalog.actions.imports import CannotImport
from podium.catalog.actions.versions import CannotPublish
from podium.catalog.models import DatasetVersion, Import
from podium.challenges.permissions import may_bring_datasets
from podium.web.console.datasets import page as dataset_page
from podium.web.console.datasets.access import get_version, require_bringing
from podium.web.console.datasets.draft import DraftForm, typed_into
from podium.web.console.datasets.forms import NewForm
from podium.web.console.datasets.publish import AccessForm, publish
from tabset.schema import dumps

UNPROCESSABLE = 422
# A browser without JavaScript reloads the page this often while a worker has the import.
RELOAD_SECONDS = 5
FILES, DRAFT, FINDINGS, BUILD = "files", "draft", "findings", "build"


def _check(version: DatasetVersion, source: Import | None, by: User) -> str:
    imports.request_check(source=_there(source), by=by)
    return ""


def _build(version: DatasetVersion, source: Import | None, by: User) -> str:
    imports.request_build(source=_there(source), by=by)
    return ""


def _retry(version: DatasetVersion, source: Import | None, by: User) -> str:
    imports.retry(source=_there(source), by=by)
    return ""


def _cancel(version: DatasetVersion, source: Import | None, by: User) -> str:
    imports.cancel(source=_there(source), by=by)
    return "Cancelled. The files and the draft are as they were."


def _reopen(version: DatasetVersion, source: Import | None, by: User) -> str:
    imports.reopen(version=version, by=by)
    return "It is a draft again. Its built files are gone; the raw files are kept."


def _retire(version: DatasetVersion, source: Import | None, by: User) -> str:
    versions.retire(version=version, by=by)
    return "It is out of the list of data sets. Tasks that use it go on."


def _restore(version: DatasetVersion, source: Import | None, by: User) -> str:
    versions.restore(version=version, by=by)
    return "It is back in the list of data sets."


def _diagnose(version: DatasetVersion, source: Import | None, by: User) -> str:
    diagnose(version=version, by=by)
    return "Its diagnostics are queued."


# What one button asks for, and the part of the page that shows what becomes of it.
VERBS: Mapping[str, tuple[Callable[[DatasetVersion, Import | None, User], str], str]] = {
    "check": (_check, FINDINGS),
    "build": (_build, BUILD),
    "retry": (_retry, ""),
    "cancel": (_cancel, ""),
    "reopen": (_reopen, DRAFT),
    "retire": (_retire, BUILD),
    "restore": (_restore, BUILD),
    "diagnose": (_diagnose, BUILD),
}


@require_safe
@never_cache
@login_required
def datasets(request: SignedInRequest) -> HttpResponse:
    """List the versions that the user edits, those that need somebody first."""
    entries = dataset_page.entries(
        DatasetVersion.objects.edited_by(request.user).select_related("source")
    )
    can_bring = may_bring_datasets(request.user)
    if not entries and not can_bring:
        raise Http404
    context = {
        "entries": entries,
        "needing": [entry for entry in entries if entry.need],
        "can_bring": can_bring,
    }
    return render(request, "console/datasets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    """Begin a data set, or the next version of one."""
    require_bringing(request)
    form = NewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            source = imports.start_import(
                name=said["name"],
                title=said["title"],
                importer=said["importer"],
                access=said["access"],
                by=request.user,
            )
        except CannotImport as refusal:
            form.add_error(None, str(refusal))
        else:
            return to_part(source.version)
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "console/dataset_new.html", {"form": form}, status=status)


@require_safe
@never_cache
@login_required
def dataset(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Show a version from raw files to publication; htmx asks only for the progress."""
    version = get_version(request, name, number)
    if not request.headers.get("HX-Request"):
        return page(request, version, is_refused=False)
    source = dataset_page.source_of(version)
    if source and source.is_busy:
        return render(request, "console/_dataset_live.html", dataset_page.live(source))
    # The work is done, and the next steps are in other sections of the page.
    return HttpResponse(headers={"HX-Refresh": "true"})


@require_POST
@login_required
def act(request: SignedInRequest, name: str, number: int, verb: str) -> HttpResponse:
    """Do what one button asks for."""
    version = get_version(request, name, number)
    if verb not in VERBS:
        raise Http404
    do, part = VERBS[verb]
    try:
        said = do(version, dataset_page.source_of(version), request.user)
    except (CannotImport, CannotPublish, CannotStart) as refusal:
        messages.error(request, str(refusal))
    else:
        if said:
            messages.success(request, said)
    return to_part(version, part)


@require_safe
@never_cache
@login_required
def draft_file(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Send draft.json as it stands."""
    source = _there(dataset_page.source_of(get_version(request, name, number)))
    if source.draft is None:
        raise Http404
    named = f'attachment; filename="{name}-{number}-draft.json"'
    return HttpResponse(
        dumps(source.draft), content_type="application/json", headers={"Content-Disposition": named}
    )


@require_POST
@login_required
def save_draft(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Keep the draft as typed and have it checked, or show it with what is wrong."""
    version = get_version(request, name, number)
    source = _there(dataset_page.source_of(version))
    if source.draft is None:
        raise Http404
    document = typed_into(source.draft, request.POST)
    try:
        take_draft(source, document, request.user)
    except CannotImport as refusal:
        return page(request, version, draft_form=DraftForm(document, str(refusal)))
    return to_part(version, FINDINGS)


def take_draft(source: Import, document: object, by: User) -> None:
    """Keep the edited document and have it checked. Raises CannotImport."""
    _refuse_odd_texts(document)
    imports.edit_draft(source=source, draft=document, by=by)
    imports.request_check(source=source, by=by)


@require_POST
@login_required
def publish_version(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Publish a checked version for the readers chosen."""
    version = get_version(request, name, number)
    form = AccessForm(request.POST)
    if not form.is_valid():
        return page(request, version, access_form=form)
    try:
        publish(version=version, access=form.cleaned_data["access"], by=request.user)
    except CannotPublish as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{version.title}, version {version.number}, is published.")
    return to_part(version, BUILD)


@require_POST
@login_required
def set_access(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Change who may see and download a version."""
    version = get_version(request, name, number)
    form = AccessForm(request.POST)
    if not form.is_valid():
        return page(request, version, access_form=form)
    versions.set_access(version=version, access=form.cleaned_data["access"], by=request.user)
    messages.success(request, f"It is for {version.get_access_display()} now.")
    return to_part(version, BUILD)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def discard(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Ask whether a version that was never published may go for good, then delete it."""
    version = get_version(request, name, number)
    if version.is_released:
        messages.error(request, f"{version} has been published and stays. Retire it instead.")
        return to_part(version, BUILD)
    if request.method != "POST":
        return render(request, "console/dataset_discard.html", dataset_page.shown(version))
    try:
        imports.discard(version=version, by=request.user)
    except CannotPublish as refusal:
        messages.error(request, str(refusal))
        return to_part(version, BUILD)
    messages.success(request, f"{name} {number} is gone.")
    return redirect("console-datasets")


def page(
    request: HttpRequest, version: DatasetVersion, *, is_refused: bool = True, **typed: object
) -> HttpResponse:
    """Return the whole page of a version; `typed` are forms that keep what was typed, by name."""
    context = dataset_page.shown(version, **typed) | {"reload_seconds": RELOAD_SECONDS}
    status = UNPROCESSABLE if is_refused else None
    return render(request, "console/dataset.html", context, status=status)


def _refuse_odd_texts(document: object) -> None:
    """Raise CannotImport for texts that no database keeps."""
    try:
        written = json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        written = b"\\u0000"
    if b"\\u0000" in written:
        raise CannotImport("The draft contains invalid characters (NUL or lone surrogates).")


def _there(source: Import | None) -> Import:
    """Return the import. Raises Http404 if the version was published from a built folder."""
    if source is None:
        raise Http404
    return source


def to_part(version: DatasetVersion, part: str = "") -> HttpResponseRedirect:
    url = reverse("console-dataset", args=[version.name, version.number])
    return HttpResponseRedirect(f"{url}#{part}" if part else url)
