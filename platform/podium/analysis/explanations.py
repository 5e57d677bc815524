"""Explain why a score moved its team's place or not, using only displayed scores."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import words
from figures.words import number
from leaderboard import decimals
from podium.challenges.models import Feedback, Task
from podium.standings.feedback import display, is_revealed, silences, step_of, told_scores
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.submissions.models import Evaluation, Part, Score, Submission
from scoring import METRICS


@dataclass(frozen=True)
class Explanation:
    """The effect of a submission's displayed score on its team's place.

    `shown` is that score, and `before` the best displayed score released to the team earlier (in
    the mode `ladder` the last one), reached by submission `number_before`. Each is None if there
    is no such score.
    """

    text: str = ""
    shown: float | None = None
    before: float | None = None
    number_before: int | None = None


def explanation(evaluation: Evaluation, board: VisibleBoard, *, is_own: bool) -> Explanation:
    """Return why a scored submission moved its team's place before the reveal, or did not.

    `board` is the public one as the reader sees it; with `is_own` the text addresses the team. The
    explanation is empty if the score is withheld, and after the reveal: see `final_words`.
    """
    return explanations([evaluation], board, is_own=is_own)[0]


def explanations(
    evaluations: Sequence[Evaluation], board: VisibleBoard, *, is_own: bool
) -> list[Explanation]:
    """Return `explanation` for several of a team's evaluations on a task, at once."""
    if not evaluations or is_revealed(evaluations[0].submission.task):
        return [Explanation() for _ in evaluations]
    first = evaluations[0].submission
    reasons = silences(first.task, evaluations)
    scores = told_scores(first.task, first.team_id)
    released = {score.evaluation.submission_id: score for score in scores}
    return [
        Explanation() if reason else _explained(each.submission, released, board, is_own=is_own)
        for each, reason in zip(evaluations, reasons, strict=True)
    ]


def _explained(
    submission: Submission, released: dict[int, Score], board: VisibleBoard, *, is_own: bool
) -> Explanation:
    task = submission.task
    mine = released.get(submission.pk)
    shown = display(task, mine).value if mine else None
    best = best_before(submission, list(released.values()))
    before = display(task, best).value if best else None
    number = best.evaluation.submission.number if best else None
    place = _row_of(submission, board)
    standing = released.get(place.submission_id or 0) if place else None
    if shown is None or submission.withdrawn_at is not None or not place or not standing:
        return Explanation("", shown, before, number)
    story = _Story(submission, shown, before, board, place, standing, is_own)
    return Explanation(story.text(), shown, before, number)


def best_before(submission: Submission, released: list[Score]) -> Score | None:
    """Return the first of the best displayed scores released before a submission.

    In the mode `ladder` it is the last one. `released` is the result of `told_scores` for the team.
    """
    task = submission.task
    is_ladder = task.feedback == Feedback.LADDER
    found: Score | None = None
    for score in released:
        made = score.evaluation.submission
        shown = display(task, score).value
        # What is withdrawn later was there when this one was scored: its story stays the same.
        gone = made.withdrawn_at is not None and made.withdrawn_at < submission.received_at
        is_withdrawn = gone and not is_ladder
        if made.number >= submission.number or shown is None or is_withdrawn:
            continue
        best = display(task, found).value if found else None
        if best is None or is_ladder or _is_better(task, shown, best):
            found = score
    return found


@dataclass(frozen=True)
class _Story:
    """A submission with a released score, and the team's place with the score that gave it."""

    submission: Submission
    shown: float
    before: float | None
    board: VisibleBoard
    place: BoardRow
    standing: Score
    is_own: bool

    def text(self) -> str:
        if self._task.feedback == Feedback.LADDER:
            sentences = self._of_ladder()
        elif self._is_standing:
            sentences = self._new_best()
        elif self.before is None or _is_better(self._task, self.shown, self.before):
            sentences = self._overtaken()
        else:
            sentences = self._not_better()
        return " ".join([*sentences, *self._place()])

    def _of_ladder(self) -> list[str]:
        sentences = ["The first score is always shown."]
        if self.before is not None:
            last = self._number(self.before)
            sentences = [
                f"Accepted: it beats the last score shown, {last}, by more than the noise."
            ]
        if not self._is_standing:
            sentences.append(f"Submission {self._number_standing} was accepted after it.")
        return sentences

    def _new_best(self) -> list[str]:
        if self.before is None:
            return [f"{self._whose} first score on this task."]
        return [f"New best: {self._number(self.before)} → {self._number(self.shown)}."]

    def _overtaken(self) -> list[str]:
        score = self._number(display(self._task, self.standing).value)
        best = f"It was {self._whose.lower()} best score"
        return [f"{best} until submission {self._number_standing} reached {score}."]

    def _not_better(self) -> list[str]:
        """Return why the place did not change, without revealing differences below the step."""
        stays = f"{self._whose} best score stays {self._number(self.before)}."
        if self.shown != self.before:
            return [stays, f"This submission's score, {self._number(self.shown)}, is worse."]
        if self._task.feedback == Feedback.EXACT:
            return [stays, "This submission has the same score, and the earlier one counts."]
        rows, step = self._task.solution.public_rows, self._number(step_of(self._task))
        hidden = f"Differences below {step} (the noise on {rows:,} rows) stay hidden."
        return [f"No visible improvement: {stays[0].lower()}{stays[1:]}", hidden]

    def _place(self) -> list[str]:
        """Return the place as a sentence, with what a new best changed; baselines have none."""
        rank = self.place.rank
        if rank is None:
            return []
        now = f"{words.ordinal(rank)} of {self.board.team_count}"
        if self._is_standing and self.before is not None:
            old = self._rank(self.before)
            if old == rank:
                return [f"Still {now}."]
            return [f"Up {_plural(old - rank, 'place')}, now {now}."]
        team = "Your team" if self.is_own else "The team"
        return [f"{team} is {now}."]

    def _rank(self, score: float) -> int:
        """Return the rank that the team would have on this board with another score."""
        ranked = [row for row in self.board.rows if row.rank is not None]
        others = [row.score for row in ranked if row.team.pk != self.submission.team_id]
        return 1 + sum(_is_better(self._task, other, score) for other in others)

    @property
    def _task(self) -> Task:
        return self.submission.task

    @property
    def _whose(self) -> str:
        return "Your" if self.is_own else "The team's"

    @property
    def _is_standing(self) -> bool:
        return self.standing.evaluation.submission_id == self.submission.pk

    @property
    def _number_standing(self) -> int:
        return self.standing.evaluation.submission.number

    def _number(self, value: float | None) -> str:
        return number(value, decimals(step_of(self._task)))


def final_words(
    submission: Submission, board: VisibleBoard, known: Sequence[Submission] = ()
) -> str:
    """Return after the reveal whether the submission counts on the private board, and why.

    `known` are submissions that were already read and may include the one that counts.
    """
    if board.part != Part.PRIVATE:
        return "The private boards are being made. They will appear here in a minute."
    if submission.withdrawn_at is not None:
        return "It was withdrawn before the reveal, so it does not count."
    place = _row_of(submission, board)
    if place is None:
        return "The team is not on the board."
    if place.submission_id is None:
        return "None of the team's final submissions has a private score."
    rank = "has no rank" if place.rank is None else f"is ranked {place.rank} of {board.team_count}"
    standing = f"The team {rank}{_shake_up(place)}."
    if place.submission_id == submission.pk:
        return f"This submission counts on the private board. {standing}"
    read = (submission for submission in known if submission.pk == place.submission_id)
    counted = next(read, None) or Submission.objects.get(pk=place.submission_id)
    return f"{_why_another(submission, counted)} {standing}"


def _why_another(submission: Submission, counted: Submission) -> str:
    number = f"submission {counted.number}"
    if submission.selected_at is not None:
        return f"It was final, and so was {number}, which counts: its private score is not worse."
    if counted.selected_at is not None:
        return f"It was not selected as final; {number} was, so that one counts."
    return (
        f"The team did not select a final submission, so {number} counts: the earliest with the "
        "best displayed score."
    )


def _shake_up(place: BoardRow) -> str:
    if place.rise is None:
        return ""
    if place.rise == 0:
        return ", as on the public board"
    way = "up" if place.rise > 0 else "down"
    return f", {_plural(abs(place.rise), 'place')} {way} from the public board"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"


def _is_better(task: Task, one: float | None, other: float) -> bool:
    if one is None:
        return False
    return one > other if METRICS[task.headline].higher_is_better else one < other


def _row_of(submission: Submission, board: VisibleBoard) -> BoardRow | None:
    return board.row(submission.team_id)
