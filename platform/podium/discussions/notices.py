"""Mails about what was asked and answered: short, with a link, and none to who wrote it."""

from django.conf import settings
from django.core.mail import send_mail

from podium.accounts.models import User
from podium.challenges.models import Organizer, Role
from podium.discussions.models import Answer, Question


def to_tell(question_id: int) -> list[int]:
    """Return whom a question is told: owners and managers with an account, but not its author."""
    question = Question.objects.filter(pk=question_id, hidden_at=None).first()
    if question is None:
        return []
    roles = [Role.OWNER, Role.MANAGER]
    people = Organizer.objects.filter(challenge=question.challenge_id, role__in=roles)
    active = people.filter(user__is_active=True).exclude(user=question.author_id)
    return list(active.order_by("pk").values_list("user_id", flat=True))


def mail_asked(question_id: int, user_id: int) -> None:
    """Tell one organizer of a question, unless either is gone meanwhile."""
    rows = Question.objects.select_related("challenge", "task", "author")
    question = rows.filter(pk=question_id, hidden_at=None).first()
    reader = User.objects.filter(pk=user_id, is_active=True).first()
    if question is None or reader is None:
        return
    challenge = question.challenge.title
    about = f"{question.task.title} in {challenge}" if question.task else challenge
    _send(
        reader,
        f"Podium: a question about {question.task or challenge}",
        f"{question.author} asks about {about}:\n\n"
        f"{question.title}\n\n"
        f"Read and answer it: {settings.BASE_URL}{question.get_absolute_url()}\n\n"
        f"You get this mail because you organize {challenge}.\n",
    )


def mail_answered(answer_id: int) -> None:
    """Tell who asked of an answer by somebody else, unless one of the two is gone meanwhile."""
    rows = Answer.objects.select_related("question__challenge", "question__author", "author")
    answer = rows.filter(pk=answer_id, hidden_at=None, question__hidden_at=None).first()
    if answer is None or answer.author_id == answer.question.author_id:
        return
    question = answer.question
    if not question.author.is_active:
        return
    mark = ", an organizer," if answer.by_organizer else ""
    _send(
        question.author,
        f"Podium: an answer to your question in {question.challenge.title}",
        f"{answer.author}{mark} has answered your question in {question.challenge.title}:\n\n"
        f"{question.title}\n\n"
        f"Read the answer: {settings.BASE_URL}{answer.get_absolute_url()}\n",
    )


def _send(reader: User, subject: str, message: str) -> None:
    subject = " ".join(subject.split())
    send_mail(subject=subject, message=message, from_email=None, recipient_list=[reader.email])
