"""Questions and answers of a challenge: the list with its FAQ, threads, asking and answering."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge
from podium.discussions import actions
from podium.discussions.actions import closed_reason, may_edit, moderates
from podium.discussions.models import Answer, Question
from podium.notices.actions import mark_seen
from podium.standings.finalists import finalist_of
from podium.teams.models import Team
from podium.web.base.access import get_challenge
from podium.web.base.presenters import crumb
from podium.web.talk.question_forms import AskForm, QuestionForm, TextForm

PER_PAGE = 20
ANSWERS_PER_PAGE = 20
UNPROCESSABLE = 422
_SAID = {
    "hide": "It is hidden. Only owners and managers still see it.",
    "show": "It is shown again.",
    "mark": "Added to the FAQ.",
    "unmark": "The question is no longer in the FAQ.",
}


@require_safe
def questions(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the FAQ, then all other questions, those with the newest words first."""
    challenge = get_challenge(request, slug)
    return _list_page(request, challenge)


@require_POST
@login_required
def ask(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask something about a challenge or one of its tasks."""
    challenge = get_challenge(request, slug)
    finalist = finalist_of(challenge, request.POST.get("team", ""))
    if "team" in request.POST and finalist is None:
        raise Http404
    form = AskForm(request.POST, challenge=challenge, finalist=finalist)
    if form.is_valid():
        with form.refusing():
            asked = actions.ask(challenge=challenge, by=request.user, **form.cleaned_data)
            messages.success(request, "Question posted. We will notify you of each answer.")
            return redirect(asked)
    return _list_page(request, challenge, form, finalist)


@require_safe
def question(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show a question with its answers, the oldest first."""
    return _thread_page(request, _get(request, slug, pk))


@require_POST
@login_required
def answer(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Answer a question."""
    found = _get(request, slug, pk)
    form = TextForm(request.POST, auto_id="answer_%s")
    if form.is_valid():
        with form.refusing():
            made = actions.answer(question=found, by=request.user, **form.cleaned_data)
            return _to_answer(request, made)
    return _thread_page(request, found, answer_form=form)


@require_POST
@login_required
def edit(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Edit the user's question."""
    found = _get(request, slug, pk)
    _refuse_others(request, found)
    form = QuestionForm(request.POST, auto_id="edit_%s")
    if form.is_valid():
        with form.refusing():
            actions.edit_question(question=found, by=request.user, **form.cleaned_data)
            return redirect(found)
    return _thread_page(request, found, edit_form=form)


@require_POST
@login_required
def edit_answer(request: SignedInRequest, slug: str, pk: int, answer: int) -> HttpResponse:
    """Edit the user's answer."""
    found = _get_answer(request, slug, pk, answer)
    _refuse_others(request, found)
    form = TextForm(request.POST, auto_id=f"edit_{found.pk}_%s")
    if form.is_valid():
        with form.refusing():
            actions.edit_answer(answer=found, by=request.user, **form.cleaned_data)
            return _to_answer(request, found)
    return _thread_page(request, found.question, answer_forms={found.pk: form})


@require_POST
@login_required
def moderate(request: SignedInRequest, slug: str, pk: int, verb: str) -> HttpResponse:
    """Hide or show a question, or mark it as FAQ or not."""
    found = _get(request, slug, pk)
    verbs: dict[str, Callable[..., None]] = {
        "hide": partial(actions.hide, text=found),
        "show": partial(actions.show, text=found),
        "mark": partial(actions.mark_faq, question=found, is_faq=True),
        "unmark": partial(actions.mark_faq, question=found, is_faq=False),
    }
    _moderate(request, found.challenge, verbs, verb)
    return redirect(found)


@require_POST
@login_required
def moderate_answer(
    request: SignedInRequest, slug: str, pk: int, answer: int, verb: str
) -> HttpResponse:
    """Hide or show an answer."""
    found = _get_answer(request, slug, pk, answer)
    verbs: dict[str, Callable[..., None]] = {
        "hide": partial(actions.hide, text=found),
        "show": partial(actions.show, text=found),
    }
    _moderate(request, found.question.challenge, verbs, verb)
    return _to_answer(request, found)


def _moderate(
    request: HttpRequest, challenge: Challenge, verbs: dict[str, Callable[..., None]], verb: str
) -> None:
    """Do one of these, for those who may do any of them. Raises Http404."""
    if verb not in verbs or not moderates(request.user, challenge):
        raise Http404
    verbs[verb](by=request.user)
    messages.success(request, _SAID[verb])


def _refuse_others(request: HttpRequest, text: Question | Answer) -> None:
    """Raise Http404 unless the visitor wrote the text."""
    if text.author_id != request.user.pk:
        raise Http404


def _get(request: HttpRequest, slug: str, pk: int) -> Question:
    """Return a question that the visitor may read. Raises Http404."""
    challenge = get_challenge(request, slug)
    rows = Question.objects.select_related("challenge", "task__challenge", "team", "author")
    if not moderates(request.user, challenge):
        rows = rows.filter(hidden_at=None)
    found = get_object_or_404(rows, challenge=challenge, pk=pk)
    request.task = found.task  # type: ignore[attr-defined]  # for the navigation
    return found


def _get_answer(request: HttpRequest, slug: str, pk: int, answer: int) -> Answer:
    """Return an answer that the visitor may read. Raises Http404."""
    found = _get(request, slug, pk)
    rows = _answers(request, found).select_related("question__challenge")
    return get_object_or_404(rows, pk=answer)


def _answers(request: HttpRequest, found: Question) -> QuerySet[Answer]:
    """Return the answers that the visitor may read, the oldest first."""
    rows = found.answers.select_related("author")
    return rows if moderates(request.user, found.challenge) else rows.filter(hidden_at=None)


def _to_answer(request: HttpRequest, found: Answer) -> HttpResponse:
    """Lead to an answer, on whichever page of its thread it stands."""
    earlier = _answers(request, found.question).filter(answered_at__lt=found.answered_at)
    before = earlier.count()
    page = before // ANSWERS_PER_PAGE + 1
    url = found.question.get_absolute_url()
    return redirect(f"{url}{f'?page={page}' if page > 1 else ''}#answer-{found.pk}")


def _list_page(
    request: HttpRequest,
    challenge: Challenge,
    form: AskForm | None = None,
    finalist: Team | None = None,
) -> HttpResponse:
    """Return the list, of one finalist if given, with a refused form if there is one."""
    finalist = finalist or finalist_of(challenge, request.GET.get("team", ""))
    tasks = list(challenge.tasks.all())
    asked = next((task for task in tasks if task.slug == request.GET.get("task")), None)
    request.task = asked  # type: ignore[attr-defined]  # for the navigation
    chosen = asked.slug if asked else ""
    rows = Question.objects.filter(challenge=challenge).select_related("task", "team", "author")
    if not moderates(request.user, challenge):
        rows = rows.filter(hidden_at=None)
    if chosen:
        rows = rows.filter(task__slug=chosen)
    if finalist:
        rows = rows.filter(team=finalist)
    threads = rows.filter(is_faq=False).with_activity().order_by(F("active_at").desc(), "-pk")
    page = Paginator(threads, PER_PAGE).get_page(request.GET.get("page"))
    answers = Answer.objects.filter(hidden_at=None, by_organizer=True).select_related("author")
    faq = rows.filter(is_faq=True).order_by("asked_at", "pk")
    for each in page:
        each.challenge = challenge
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge)],
        "tasks": tasks,
        "chosen_task": chosen,
        "finalist": finalist,
        "faq": faq.prefetch_related(Prefetch("answers", answers, to_attr="organizers_answers")),
        "page_obj": page,
        "closed": closed_reason(challenge),
        "form": form or AskForm(challenge=challenge, finalist=finalist, task=chosen),
    }
    status = UNPROCESSABLE if form else None
    return render(request, "talk/questions.html", context, status=status)


def _thread_page(
    request: HttpRequest,
    found: Question,
    *,
    answer_form: TextForm | None = None,
    edit_form: QuestionForm | None = None,
    answer_forms: dict[int, TextForm] | None = None,
) -> HttpResponse:
    """Return the thread of a question, with what somebody typed if it was refused."""
    challenge, refused = found.challenge, answer_form or edit_form or answer_forms
    closed = closed_reason(challenge)
    answers = Paginator(_answers(request, found), ANSWERS_PER_PAGE)
    page = answers.get_page(request.GET.get("page"))
    shown = [each.pk for each in page]
    mark_seen(request.user, Q(facts__question=found.pk) | Q(facts__answer__in=shown))
    may_write = request.user.is_authenticated and not closed
    own = may_write and may_edit(found, request.user)
    words = {"title": found.title, "body": found.body}
    back = {"label": "Questions", "url": reverse("questions", args=[challenge.slug])}
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), back],
        "question": found,
        "page_obj": page,
        "answers": [
            {"answer": each, "form": _form_of(each, request, may_write, answer_forms or {})}
            for each in page
        ],
        "moderates": moderates(request.user, challenge),
        "closed": closed,
        "answer_form": answer_form or TextForm(auto_id="answer_%s"),
        "edit_form": edit_form or (QuestionForm(auto_id="edit_%s", initial=words) if own else None),
    }
    status = UNPROCESSABLE if refused else None
    return render(request, "talk/question.html", context, status=status)


def _form_of(
    answer: Answer, request: HttpRequest, may_write: bool, refused: dict[int, TextForm]
) -> TextForm | None:
    """Return the form to change an answer: the refused one, or a fresh one for its author."""
    if answer.pk in refused:
        return refused[answer.pk]
    if not (may_write and may_edit(answer, request.user)):
        return None
    return TextForm(auto_id=f"edit_{answer.pk}_%s", initial={"body": answer.body})
