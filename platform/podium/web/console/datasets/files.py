"""What organizers send as files without a script: raw files, and an edited draft."""

import json

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from podium.accounts.requests import SignedInRequest
from podium.catalog.actions import imports, raw
from podium.catalog.actions.imports import CannotImport
from podium.catalog.models import DatasetVersion, Import
from podium.web.console.datasets.access import get_version
from podium.web.console.datasets.forms import OptionsForm
from podium.web.console.datasets.uploads import receive, store
from podium.web.console.datasets.views import DRAFT, FILES, FINDINGS, page, take_draft, to_part

DRAFT_BYTES = 32 << 20


@csrf_exempt  # the token is in the body, which is read only once the handler is in place
@require_POST
@login_required
def send_files(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Keep the raw files of the form; the button `read` also has all of them read."""
    version = get_version(request, name, number)
    source = get_object_or_404(Import, version=version)
    if problem := receive(request, settings.DATASET_UPLOAD_BYTES):
        messages.error(request, problem)
        return to_part(version, FILES)
    return _send_files(request, version, source)


@csrf_protect
def _send_files(request: SignedInRequest, version: DatasetVersion, source: Import) -> HttpResponse:
    form = OptionsForm(request.POST, importer=source.importer)
    problems = store(source, request.FILES.getlist("files"), request.user)
    if "read" not in request.POST and not problems:
        # The options may be half typed: they stay in the form, and nobody complains yet.
        typed = OptionsForm(importer=source.importer, initial=request.POST.dict())
        return page(request, version, is_refused=False, options_form=typed)
    if form.is_valid() and not problems:
        try:
            imports.request_import(source=source, options=form.cleaned_data, by=request.user)
        except CannotImport as refusal:
            problems.append(str(refusal))
        else:
            return to_part(version, FILES)
    for problem in problems:
        form.add_error(None, problem)
    return page(request, version, options_form=form)


@require_POST
@login_required
def remove_file(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Delete one raw file."""
    version = get_version(request, name, number)
    source = get_object_or_404(Import, version=version)
    file = request.POST.get("file", "")
    try:
        raw.remove_raw_file(source=source, name=file, by=request.user)
    except CannotImport as refusal:
        messages.error(request, str(refusal))
    return to_part(version, FILES)


@csrf_exempt  # as above
@require_POST
@login_required
def send_draft(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Keep an edited draft.json and have it checked."""
    version = get_version(request, name, number)
    source = get_object_or_404(Import, version=version, draft__isnull=False)
    if problem := receive(request, DRAFT_BYTES):
        messages.error(request, problem)
        return to_part(version, DRAFT)
    return _send_draft(request, version, source)


@csrf_protect
def _send_draft(request: SignedInRequest, version: DatasetVersion, source: Import) -> HttpResponse:
    file = request.FILES.get("draft")
    if file is None:
        return page(request, version, draft_problem="Choose the edited draft.json first.")
    try:
        document = json.load(file)
    except (ValueError, RecursionError) as error:
        return page(request, version, draft_problem=f"The file is not JSON in UTF-8: {error}.")
    try:
        take_draft(source, document, request.user)
    except CannotImport as refusal:
        return page(request, version, draft_problem=str(refusal))
    return to_part(version, FINDINGS)
