"""Where apps above `discussions` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable

from podium.discussions.models import Answer, Message, Question

question_asked: list[Callable[[Question], None]] = []
answer_given: list[Callable[[Answer], None]] = []
message_sent: list[Callable[[Message], None]] = []
