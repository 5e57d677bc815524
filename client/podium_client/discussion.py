"""Questions and answers of a challenge."""

from collections.abc import Mapping
from typing import cast

from podium_client.shapes import Answer, Question
from podium_client.site import Site, body_of


class Discussion:
    """The questions about a challenge, or about one of its tasks.

    Errors: PodiumError, as for all that follow.
    """

    def __init__(self, site: Site, challenge: str, task: str = "") -> None:
        self.site = site
        self.challenge = challenge
        self.task = task

    def __repr__(self) -> str:
        return f"Discussion({'/'.join(filter(None, (self.challenge, self.task)))!r})"

    @property
    def base(self) -> str:
        """The path of the questions in the API."""
        return f"challenges/{self.challenge}/questions"

    def questions(self, *, faq: bool | None = None, mine: bool = False) -> list[Question]:
        """The questions, latest activity first; only those of the task, if set."""
        asked = {"faq": _word(faq), "mine": _word(mine or None), "task": self.task}
        return cast(list[Question], self.site.listing(self.base, **asked))

    def question(self, number: int) -> Question:
        """A question by its id."""
        return cast(Question, self.site.get(f"{self.base}/{int(number)}"))

    def answers(self, number: int) -> list[Answer]:
        """The answers to a question, oldest first."""
        return cast(list[Answer], self.site.listing(f"{self.base}/{int(number)}/answers"))

    def ask(self, title: str, body: str, *, team: str = "") -> Question:
        """Ask; the same question sent again within a day counts once.

        `team`: the finalist to ask, from the reveal on, by the last part of its address.
        """
        about = {"team": team} if team else {"task": self.task} if self.task else {}
        given = {"title": title, "body": body, **about}
        return cast(Question, self._sent("POST", self.base, given))

    def answer(self, number: int, body: str) -> Answer:
        """Answer a question."""
        return cast(
            Answer, self._sent("POST", f"{self.base}/{int(number)}/answers", {"body": body})
        )

    def edit(self, number: int, *, title: str = "", body: str = "") -> Question:
        """Edit your question within an hour; empty values do not change."""
        given = {name: text for name, text in (("title", title), ("body", body)) if text}
        return cast(Question, self._sent("PATCH", f"{self.base}/{int(number)}", given))

    def edit_answer(self, number: int, answer: int, body: str) -> Answer:
        """Edit your answer within an hour."""
        path = f"{self.base}/{int(number)}/answers/{int(answer)}"
        return cast(Answer, self._sent("PATCH", path, {"body": body}))

    def moderate(
        self, number: int, *, is_hidden: bool | None = None, is_faq: bool | None = None
    ) -> Question:
        """Hide or show a question, add it to the FAQ or remove it; for organizers."""
        wishes = {"is_hidden": is_hidden, "is_faq": is_faq}
        given = {name: wish for name, wish in wishes.items() if wish is not None}
        return cast(Question, self._sent("PATCH", f"{self.base}/{int(number)}/moderation", given))

    def moderate_answer(self, number: int, answer: int, *, is_hidden: bool) -> Answer:
        """Hide or show an answer; for organizers."""
        path = f"{self.base}/{int(number)}/answers/{int(answer)}/moderation"
        return cast(Answer, self._sent("PATCH", path, {"is_hidden": is_hidden}))

    def _sent(self, method: str, path: str, given: Mapping[str, object]) -> object:
        # All of these are idempotent.
        return body_of(self.site.send(method, path, json=dict(given), again=True))


def _word(wish: bool | None) -> str:
    return "" if wish is None else str(wish).lower()
