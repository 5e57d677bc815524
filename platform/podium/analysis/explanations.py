"""Why a score moved its team's place or not, in words made of displayed scores alone."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """What a submission's displayed score did to its team's place.

    `shown` is that score and `before` the best displayed one that the team had been told before
    (under the mode `ladder` the last one), which submission `number_before` has; None where there
    is none.
    """

    text: str = ""
    shown: float | None = None
    before: float | None = None
    number_before: int | None = None


def explanation(evaluation: Evaluation, board: VisibleBoard, *, is_own: bool) -> Explanation:
    """Return why a scored submission moved its team's place before the reveal, or did not.

    `board` is the public one as the reader sees it; `is_own` addresses the team. Of a submission
    whose score is not told nothing is returned, and nothing after the reveal: see `final_words`.
    """
    return explanations([evaluation], board, is_own=is_own)[0]


def explanations(
    evaluations: Sequence[Evaluation], board: VisibleBoard, *, is_own: bool
) -> list[Explanation]:
    """Return `explanation` of each of these evaluations of a team on a task, at the cost of one."""
    if not evaluations or is_revealed(evaluations[0].submission.task):
        return [Explanation() for _ in evaluations]
    first = evaluations[0].submission
    said = silences(first.task, evaluations)
    scores = told_scores(first.task, first.team_id)
    told = {each.evaluation.submission_id: each for each in scores}
    return [
        Explanation() if silent else _explained(each.submission, told, board, is_own=is_own)
        for each, silent in zip(evaluations, said, strict=True)
    ]


def _explained(
    submission: Submission, told: dict[int, Score], board: VisibleBoard, *, is_own: bool
) -> Explanation:
    task = submission.task
    mine = told.get(submission.pk)
    shown = display(task, mine).value if mine else None
    best = best_before(submission, list(told.values()))
    before = display(task, best).value if best else None
    number = best.evaluation.submission.number if best else None
    place = _row_of(submission, board)
    standing = told.get(place.submission_id or 0) if place else None
    if shown is None or submission.withdrawn_at is not None or not place or not standing:
        return Explanation("", shown, before, number)
    story = _Story(submission, shown, before, board, place, standing, is_own)
    return Explanation(story.text(), shown, before, number)


def best_before(submission: Submission, told: list[Score]) -> Score | None:
    """Return the best by displayed score of those told before a submission, the earlier of equals.

    Under the mode `ladder` the last. `told` is what `told_scores` gives of the team.
    """
    task = submission.task
    is_ladder = task.feedback == Feedback.LADDER
    found: Score | None = None
    for score in told:
        made = score.evaluation.submission
        shown = display(task, score).value
        is_released = made.withdrawn_at is not None and not is_ladder
        if made.number >= submission.number or shown is None or is_released:
            continue
        best = display(task, found).value if found else None
        if best is None or is_ladder or _is_better(task, shown, best):
            found = score
    return found


@dataclass(frozen=True)
class _Story:
    """A told submission, the team's place, and the score by which the team stands there."""

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
        elif self._stands:
            sentences = self._new_best()
        elif self.before is None or _is_better(self._task, self.shown, self.before):
            sentences = self._overtaken()
        else:
            sentences = self._not_better()
        return " ".join([*sentences, *self._place()])

    def _of_ladder(self) -> list[str]:
        said = ["The first score is always told."]
        if self.before is not None:
            last = self._number(self.before)
            said = [f"Accepted: it beats the last score told, {last}, by more than the noise."]
        if not self._stands:
            said.append(f"Submission {self._number_standing} was accepted after it.")
        return said

    def _new_best(self) -> list[str]:
        if self.before is None:
            return [f"This is {self._whose.lower()} first displayed score on this task."]
        said = f"{self._whose} displayed score improves from {self._number(self.before)} to "
        said += self._number(self.shown)
        if self.place.rank is None:
            return [f"{said}."]
        old = self._rank(self.before)
        if old == self.place.rank:
            return [f"{said} and passes no other team's."]
        return [f"{said}, which is worth {_plural(old - self.place.rank, 'place')}."]

    def _overtaken(self) -> list[str]:
        score = self._number(display(self._task, self.standing).value)
        best = f"It was {self._whose.lower()} best displayed score"
        return [f"{best} until submission {self._number_standing} displayed {score}."]

    def _not_better(self) -> list[str]:
        """Return why the place stays; of equal displayed scores not what they hide."""
        stays = f"{self._whose} displayed score stays {self._number(self.before)}."
        if self.shown != self.before:
            shown = self._number(self.shown)
            return [stays, f"This submission displays {shown}, which is worse."]
        if self._task.feedback == Feedback.EXACT:
            return [stays, "This submission scores the same, and the earlier one counts."]
        rows, step = self._task.solution.public_rows, self._number(step_of(self._task))
        return [
            stays,
            f"On {rows:,} public rows steps of {step} are about the size of the noise; what is "
            "displayed did not improve, and we do not say by how much it differs.",
        ]

    def _place(self) -> list[str]:
        """Return the place as a sentence; baselines have none."""
        if self.place.rank is None:
            return []
        team = "Your team" if self.is_own else "The team"
        return [f"{team} is at place {self.place.rank} of {self.board.team_count}."]

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
    def _stands(self) -> bool:
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

    `known` are submissions that are read already, of which one may be the one that counts.
    """
    if board.part != Part.PRIVATE:
        return "The private boards are being made. They show here in a minute."
    if submission.withdrawn_at is not None:
        return "It was withdrawn before the reveal, so it does not count."
    place = _row_of(submission, board)
    if place is None:
        return "The team is on no board."
    if place.submission_id is None:
        return "No final submission of the team has a private score."
    rank = "has no rank" if place.rank is None else f"place {place.rank} of {board.team_count}"
    standing = f"The team: {rank}{_shake_up(place)}."
    if place.submission_id == submission.pk:
        return f"This submission counts on the private board. {standing}"
    read = (each for each in known if each.pk == place.submission_id)
    counted = next(read, None) or Submission.objects.get(pk=place.submission_id)
    return f"{_why_another(submission, counted)} {standing}"


def _why_another(submission: Submission, counted: Submission) -> str:
    number = f"submission {counted.number}"
    if submission.selected_at is not None:
        return f"It was final, and so was {number}, which counts: its private score is no worse."
    if counted.selected_at is not None:
        return f"It was not selected as final; {number} was, and counts."
    return (
        f"The team selected none as final, so {number} counts: the best by displayed score, the "
        "earlier of equals."
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
    return next((row for row in board.rows if row.team.pk == submission.team_id), None)
