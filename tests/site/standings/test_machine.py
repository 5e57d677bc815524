"""Whatever happens in whatever order, the boards are what a recomputation from nothing gives."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from podium.challenges.models import UPLOAD_GRACE, Challenge, Phase
from podium.refusals import Refused
from podium.standings import rescore_boards
from podium.standings.tasks import open_tasks
from podium.standings.visible import visible_board
from podium.submissions.actions import restore, retry, withdraw
from podium.submissions.jobs import rescore_batches, rescoring
from podium.submissions.models import ACTIVE, Rescore, RescoreState, State
from podium.submissions.selection import select, unselect
from podium.teams.actions import disqualify, reinstate
from tests.site import factories
from tests.site.factories import reveal_due
from tests.site.standings.machine import (
    FAILED,
    MODES,
    REFERENCE_NOISE,
    REJECTED,
    World,
    check,
    look_back,
    scored,
    world,
)
from tests.site.standings.oracle import Attempt, Result

pytestmark = pytest.mark.dialect

TEAMS = ("Ann", "Ben", "Cem")
BASELINES = ("trivial", "autogluon")
# No two steps and no bound have one of these half way between two multiples.
SCORES = st.integers(20, 99).flatmap(
    lambda k: st.sampled_from([Fraction(100 * k + rest, 10_000) for rest in (3, 23, 43)])
)
RESULTS = st.builds(
    Result,
    public=st.one_of(SCORES, SCORES, SCORES, SCORES, st.none()),
    private=SCORES,
    tie_break=st.sampled_from([Fraction(n, 10) for n in range(1, 4)]),
)
SLUGS = st.sampled_from(sorted(MODES))
PICK = st.integers(0, 30)


def _is_queued(attempt: Attempt) -> bool:
    return attempt.state == State.QUEUED


def _is_failed(attempt: Attempt) -> bool:
    return attempt.state == State.FAILED


def _is_scored(attempt: Attempt) -> bool:
    return attempt.counts is not None


class Boards(RuleBasedStateMachine):
    """Anything that can happen to a board. A rule that finds nothing to do does nothing."""

    world: World

    @initialize(
        results=st.lists(RESULTS, min_size=3, max_size=3),
        skips=st.sampled_from([False, False, True]),
    )
    def begin(self, results: list[Result], skips: bool) -> None:
        self.closing = ExitStack()
        self.world = self.closing.enter_context(world())
        self.rescores: dict[str, Rescore] = {}
        for slug, result in zip(MODES, results, strict=True):
            if not skips:
                self._score(self._submit("trivial", slug), slug, result)
                self.boards_are_right()

    def teardown(self) -> None:
        try:
            look_back(self.world)
        finally:
            self.closing.close()

    @invariant()
    def boards_are_right(self) -> None:
        check(self.world)
        self.world.tick()

    @rule(name=st.sampled_from(TEAMS + BASELINES), slug=SLUGS)
    def submit(self, name: str, slug: str) -> None:
        if name in BASELINES or self._phase() == Phase.OPEN:
            self._submit(name, slug)

    @rule(name=st.sampled_from(TEAMS + TEAMS + BASELINES), slug=SLUGS, result=RESULTS)
    def submit_and_score(self, name: str, slug: str, result: Result) -> None:
        if name in BASELINES or self._phase() == Phase.OPEN:
            attempt = self._submit(name, slug)
            self._score(attempt, slug, result)

    @precondition(lambda self: self._any(_is_queued))
    @rule(pick=PICK, result=RESULTS)
    def score(self, pick: int, result: Result) -> None:
        slug, attempt = self._pick(pick, _is_queued)
        self._score(attempt, slug, result)

    @precondition(lambda self: self._may_spoil())
    @rule(pick=PICK)
    def reject(self, pick: int) -> None:
        found = self._may_spoil()
        self.world.score(found[pick % len(found)], REJECTED)

    @precondition(lambda self: self._may_spoil())
    @rule(pick=PICK, times=st.sampled_from([1, 3]))
    def fail(self, pick: int, times: int) -> None:
        found = self._may_spoil()
        attempt = found[pick % len(found)]
        for _ in range(times):
            if _is_queued(attempt):
                self.world.score(attempt, FAILED)

    @precondition(lambda self: self._any(_is_failed))
    @rule(pick=PICK)
    def retry(self, pick: int) -> None:
        _, attempt = self._pick(pick, _is_failed)
        assert retry(submission=self.world.submission(attempt))
        attempt.state = State.QUEUED

    @precondition(lambda self: self._any(_is_scored))
    @rule(pick=PICK)
    def withdraw_or_restore(self, pick: int) -> None:
        _, attempt = self._pick(pick, _is_scored)
        verb = restore if attempt.is_withdrawn else withdraw
        if self._granted(verb, submission=self.world.submission(attempt), by=None):
            attempt.is_withdrawn = not attempt.is_withdrawn

    @precondition(lambda self: self._any(_is_scored))
    @rule(pick=PICK)
    def select_or_unselect(self, pick: int) -> None:
        _, attempt = self._pick(pick, _is_scored)
        verb = unselect if attempt.selected else select
        if self._granted(verb, submission=self.world.submission(attempt), by=None):
            self.world.selections += 1
            attempt.selected = 0 if attempt.selected else self.world.selections

    @rule(name=st.sampled_from(TEAMS))
    def disqualify_or_reinstate(self, name: str) -> None:
        entrant, team = self.world.entrants[name], self.world.team(name)
        if entrant.is_disqualified:
            reinstate(team=team, reason="A mistake.", by=self.world.olga)
        else:
            disqualify(team=team, reason="Two accounts.", by=self.world.olga)
        entrant.is_disqualified = not entrant.is_disqualified

    @precondition(lambda self: len(self.world.fixed) < len(MODES))
    @rule()
    def fix_steps(self) -> None:
        open_tasks()
        for slug, each in self.world.rules.items():
            if slug not in self.world.fixed:
                mine = self.world.entrants["autogluon"].attempts.get(slug, [])
                if any(a.counts and a.counts.public is not None for a in mine):
                    each.noise = REFERENCE_NOISE
                self.world.fixed.add(slug)

    @rule(hours=st.sampled_from([1, 3, 7, 12]))
    def wait(self, hours: int) -> None:
        self.world.tick(60 * hours)

    @rule()
    def run_beat(self) -> None:
        reveal_due()
        # While the last uploads may still end no private board is made.
        ended = Challenge.objects.get(pk=self.world.challenge.pk).closes_at + UPLOAD_GRACE
        self.world.revealed |= self._phase() == Phase.REVEALED and timezone.now() >= ended

    @rule(hours=st.sampled_from([-2, 0, 2, 6]))
    def move_reveal(self, hours: int) -> None:
        challenge = Challenge.objects.get(pk=self.world.challenge.pk)
        challenge.reveal_at = max(challenge.closes_at, timezone.now() + timedelta(hours=hours))
        challenge.save()

    @rule(slug=SLUGS, again=st.booleans())
    def start_rescore(self, slug: str, again: bool) -> None:
        rescore = self.rescores.get(slug)
        if rescore is not None and rescore.is_active:
            return
        task = self.world.task(slug)
        if again and rescore is not None and rescore.state == RescoreState.CANCELLED:
            rescoring.resume(rescore=rescore)
        else:
            self.rescores[slug] = rescoring.start(task=task, solution=self._new_solution(slug))

    @precondition(lambda self: self._rescores(*ACTIVE))
    @rule(slug=SLUGS, results=st.lists(RESULTS, min_size=1, max_size=5), rejects=st.booleans())
    def work_on_rescore(self, slug: str, results: list[Result], rejects: bool) -> None:
        rescore = self.rescores.get(slug)
        if rescore is None or not rescore.is_active:
            return
        left = list(rescoring.left(rescore).order_by("pk").values_list("pk", flat=True))
        outcomes: list[Any] = [REJECTED] if rejects else []
        self.world.outcomes = outcomes + [scored(slug, result) for result in results]
        found: list[Result | None] = [*([None] if rejects else []), *results]
        by_pk = {attempt.pk: attempt for attempt in self.world.attempts(slug)}
        self._drain(rescore)
        for number, pk in enumerate(left):
            if result := found[number % len(found)]:
                by_pk[pk].by_solution[rescore.solution_id] = result

    @precondition(lambda self: self._rescores(RescoreState.READY))
    @rule(slug=SLUGS)
    def publish_rescore(self, slug: str) -> None:
        rescore = self.rescores.get(slug)
        if rescore is None or rescore.state != RescoreState.READY:
            return
        if rescoring.left(rescore).exists():
            with pytest.raises(rescoring.CannotRescore):
                rescore_boards.publish(rescore=rescore)
            return
        preview = rescore_boards.preview(rescore, self.world.olga)
        rescore_boards.publish(rescore=rescore)
        rescore.refresh_from_db()
        self._assert_came_true(preview)
        for attempt in self.world.attempts(slug):
            if attempt.counts and rescore.solution_id in attempt.by_solution:
                attempt.counts = attempt.by_solution[rescore.solution_id]

    @precondition(lambda self: self._rescores(*ACTIVE))
    @rule(slug=SLUGS)
    def cancel_rescore(self, slug: str) -> None:
        rescore = self.rescores.get(slug)
        if rescore is not None and rescore.is_active:
            rescoring.cancel(rescore=rescore)

    @precondition(lambda self: len(self.world.moments) > 5)
    @rule()
    def look_back(self) -> None:
        look_back(self.world)

    def _submit(self, name: str, slug: str) -> Attempt:
        team = self.world.team(name)
        now = timezone.now()
        submission = factories.make_submission(
            team, self.world.task(slug), State.QUEUED, received_at=now, queued_at=now
        )
        attempt = Attempt(submission.pk, now)
        self.world.entrants[name].attempts.setdefault(slug, []).append(attempt)
        return attempt

    def _score(self, attempt: Attempt, slug: str, result: Result) -> None:
        self.world.score(attempt, scored(slug, result))
        attempt.counts = result
        attempt.by_solution[self.world.task(slug).solution_id] = result

    def _may_spoil(self) -> list[Attempt]:
        """Return what may be rejected or fail."""
        return [attempt for _, attempt in self.world.found(_is_queued)]

    def _any(self, wanted: Callable[[Attempt], bool]) -> bool:
        return bool(self.world.found(wanted))

    def _pick(self, pick: int, wanted: Callable[[Attempt], bool]) -> tuple[str, Attempt]:
        found = self.world.found(wanted)
        return found[pick % len(found)]

    def _rescores(self, *states: str) -> bool:
        return any(each.state in states for each in self.rescores.values())

    def _granted(self, verb: Callable[..., None], **wish: Any) -> bool:
        try:
            verb(**wish)
        except Refused:
            return False
        return True

    def _phase(self) -> Phase:
        return Challenge.objects.get(pk=self.world.challenge.pk).phase()

    def _new_solution(self, slug: str) -> Any:
        version = self.world.task(slug).dataset_version
        number = version.solutions.count() + 1
        rows = {"public_rows": 1000, "file": f"solutions/secret-{slug}-{number}.parquet"}
        return factories.make_solution(version, number=number, **rows)

    def _drain(self, rescore: Rescore) -> None:
        rescore_batches.send_left(rescore.pk)
        rescore.refresh_from_db()

    def _assert_came_true(self, preview: rescore_boards.Preview) -> None:
        subjects = self.world.subjects()
        for shown in preview.boards:
            key = next(k for k, s in subjects.items() if s == shown.subject)
            board = visible_board(self.world.olga, subjects[key], part=shown.part)
            now = {row.team.pk: (row.rank, row.score) for row in board.rows}
            for change in shown.changes:
                after = change.after
                wanted = (after.rank, after.score) if after else None
                assert now.get(change.team.pk) == wanted


def _run(machine: type[Boards], examples: int, steps: int) -> None:
    wished = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=wished)


def test_in_any_order_the_boards_are_right(db: None) -> None:
    _run(Boards, examples=6, steps=15)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))  # of parts that run in parallel
def test_in_any_long_order_the_boards_are_right(db: None, number: int) -> None:
    _run(seed(number)(type(f"Boards{number}", (Boards,), {})), examples=15, steps=40)
