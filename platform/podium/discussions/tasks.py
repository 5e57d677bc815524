"""The mails about questions and answers, sent by workers. Ids only travel in messages."""

from typing import Any

from celery import shared_task

from podium.discussions import notices

# A mail server that is away for some minutes costs nobody a mail; SMTP's errors are OSErrors.
_AGAIN: dict[str, Any] = {
    "autoretry_for": (OSError,),
    "max_retries": 3,
    "default_retry_delay": 120,
}


@shared_task(name="discussions.tell_asked")
def tell_asked(question_id: int) -> None:
    """Begin one mail for each organizer, so that none is sent again for another one's failure."""
    for user_id in notices.to_tell(question_id):
        mail_asked.delay(question_id, user_id)


@shared_task(name="discussions.mail_asked", **_AGAIN)
def mail_asked(question_id: int, user_id: int) -> None:
    """Tell one organizer of a question."""
    notices.mail_asked(question_id, user_id)


@shared_task(name="discussions.tell_answered", **_AGAIN)
def tell_answered(answer_id: int) -> None:
    """Tell who asked of an answer."""
    notices.mail_answered(answer_id)
