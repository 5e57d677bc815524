"""Sending a predictions file by the form of a task's page: to be scored, or to be checked only."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from podium.access import get_task
from podium.accounts.models import User
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions import actions, partial
from podium.submissions.jobs import validations
from podium.submissions.models import Submission, Validation
from podium.submissions.newcomers import welcome
from podium.teams import actions as teams
from podium.uploads.receiving import NO_ROOM, LimitedUpload
from podium.web.base.templatetags.podium import size
from podium.web.task.forms import SubmitForm
from podium.web.task.views import task_context

CHECKED = "checked"
"""In a session: the last check with what was typed, for the form that submits the file."""
UploadAction = Callable[[User, Task, SubmitForm], Submission | Validation]


@csrf_exempt  # the token is in the body, which is read only once the handler is in place
@require_POST
def upload(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Take a predictions file, or say why not, with everything typed still there."""
    return _receive(request, slug, task, _submit)


@csrf_exempt
@require_POST
def check(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Take a file to be checked and not submitted, or say why not."""
    return _receive(request, slug, task, _check)


def _receive(request: HttpRequest, slug: str, task: str, action: UploadAction) -> HttpResponse:
    found = get_task(request, slug, task)
    if not request.user.is_authenticated:
        # Back to the task afterwards: this address takes files and has no page.
        return redirect_to_login(found.get_absolute_url())
    receiver = LimitedUpload(found.max_bytes)
    receiver.request = request
    request.upload_handlers = [receiver]
    try:
        return _answer(request, request.user, found, receiver, action)
    finally:
        # When the sender goes away Django tells nobody, and the file would wait for the collector.
        receiver.drop_partial()


@csrf_protect
def _answer(
    request: HttpRequest, by: User, task: Task, receiver: LimitedUpload, action: UploadAction
) -> HttpResponse:
    ask_rules = not teams.has_accepted_rules(by, task.challenge)
    asked = {"ask_rules": ask_rules, "is_check": action is _check}
    form = SubmitForm(request.POST, request.FILES, task=task, by=by, **asked)
    if receiver.too_large or receiver.no_room:
        form.errors.pop("file", None)
        form.add_error("file", _too_large(task) if receiver.too_large else NO_ROOM)
    if form.is_valid():
        with form.refusing():
            accept_rules(form.cleaned_data, task, by)
            if action is _submit:
                welcome(by=by, request=request)
            made = action(by, task, form)
            if isinstance(made, Validation):
                words = {name: form.cleaned_data[name] for name in ("method", "note")}
                request.session[CHECKED] = {"check": str(made.pk), **words}
            return redirect(made)
    form.keep_file(by)
    context = task_context(request, task, form)
    return render(request, "task/task.html", context, status=422)


def accept_rules(typed: Mapping[str, object], task: Task, by: User) -> None:
    """Accept the rules if they are ticked. Raises Refused if they changed meanwhile."""
    if typed.get("accept_rules"):
        version = str(typed.get("rules_version") or "")
        teams.accept_rules(challenge=task.challenge, by=by, version=version)


def _too_large(task: Task) -> str:
    limit = size(task.max_bytes)
    return f"The file is larger than {limit}, the most this task takes. Send Parquet or .csv.gz."


def _submit(by: User, task: Task, form: SubmitForm) -> Submission:
    with form.received() as received:
        began = max(received.first_byte_at, task.challenge.opens_at)
        submission = actions.submit(
            team=teams.ensure_team(by, task.challenge, began),
            task=task,
            upload=received,
            by=by,
            method=form.cleaned_data["method"],
            note=form.cleaned_data["note"],
            # A form that is sent twice names the same upload.
            key=partial.key_of(form.parts) if form.parts else "",
            again=bool(form.data.get("again")),
        )
    if form.parts:
        partial.discard(partial=form.parts)
    return submission


def _check(by: User, task: Task, form: SubmitForm) -> Validation:
    # The file stays for a day: it may be submitted next, without being sent again.
    with form.received() as received:
        made = validations.validate(task=task, upload=received, by=by)
        if not form.parts:
            with suppress(Refused):  # without room for it, it is to be chosen again
                partial.keep(task=task, upload=received, by=by)
    return made
