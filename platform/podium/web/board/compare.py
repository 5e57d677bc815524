"""Two entries head to head: which is ahead in which task, and whether by more than noise."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from figures import Interval, forest_plot
from figures import Level as Reference
from figures.words import number, plural
from leaderboard import decimals
from leaderboard.duels import Duel
from podium import workers
from podium.analysis.comparisons import (
    HIDDEN,
    P_BOUNDS,
    HeadToHead,
    Level,
    SliceDuel,
    State,
    comparisons_of,
)
from podium.challenges.models import Challenge, Task
from podium.standings.feedback import step_of
from podium.standings.rows import BoardTeam
from podium.standings.visible import UNROUNDED_DECIMALS, decimals_by_noise, visible_boards
from podium.submissions.models import Part
from podium.teams.models import Team
from podium.web.base.access import get_challenge
from podium.web.base.drawn_figures import inline
from podium.web.base.presenters import Context, crumb, reference_row, slice_title
from podium.web.board.state import plain
from scoring import METRICS
from scoring.comparison import holm

LONGEST = 70
ALPHA = 0.05
SLICES = 10
# How soon the page asks again, in milliseconds, by how often it has asked.
POLLING = ((4, 1000), (8, 2000))
SLOWEST_POLLING = 5000
MOST_ASKED = 8  # beyond this it makes no difference
QUEUE = "studies"
WIDE, SLIM = 720, 352


class Chooser(forms.Form):
    """Which two entries to compare, by their names or the last part of their addresses."""

    a = forms.CharField(
        label="First entry",
        max_length=LONGEST,
        error_messages={"required": "Choose an entry."},
        widget=forms.TextInput(attrs={"list": "entries", "autocomplete": "off"}),
    )
    b = forms.CharField(
        label="Second entry",
        max_length=LONGEST,
        error_messages={"required": "Choose an entry to compare it with."},
        widget=forms.TextInput(attrs={"list": "entries", "autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict | None, *, challenge: Challenge) -> None:
        super().__init__(data)
        self._teams = Team.objects.filter(challenge=challenge).select_related("challenge")

    def clean_a(self) -> Team:
        return self._entry("a")

    def clean_b(self) -> Team:
        return self._entry("b")

    def clean(self) -> dict[str, object]:
        """Refuse the same entry twice."""
        chosen = self.cleaned_data
        if chosen.get("a") and chosen.get("a") == chosen.get("b"):
            self.add_error("b", "This is the same entry twice. Choose another one.")
        return chosen

    def _entry(self, side: str) -> Team:
        typed = self.cleaned_data[side]
        found = self._teams.filter(Q(slug=typed) | Q(name__iexact=typed))
        # A team's name may equal another team's slug.
        team = min(found, key=lambda each: each.slug != typed, default=None)
        if team is None:
            raise forms.ValidationError(
                "No team or baseline of this challenge has this name. Choose one from the list."
            )
        return team


@require_safe
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Compare two entries in all tasks both entered; htmx asks only for the result."""
    challenge = get_challenge(request, slug)
    form = Chooser(request.GET if {"a", "b"} & set(request.GET) else None, challenge=challenge)
    tasks = _tasks(challenge)
    context: Context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge)],
        "form": form,
        "task": next((task for task in tasks if task.slug == request.GET.get("task")), None),
    }
    if form.is_valid():
        context |= _results(request, form.cleaned_data["a"], form.cleaned_data["b"], tasks)
    else:
        context |= _choices(request, challenge)
    is_part = getattr(request, "htmx", False) and form.is_valid()
    template = "board/_compare_results.html" if is_part else "board/compare.html"
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request", "Cookie"])
    return answer


def _tasks(challenge: Challenge) -> list[Task]:
    found = challenge.tasks.select_related("track", "solution", "dataset_version")
    tasks = list(found.defer("description", "dataset_version__facts"))
    for task in tasks:
        task.challenge = task.track.challenge = challenge
    return tasks


def _choices(request: HttpRequest, challenge: Challenge) -> dict[str, object]:
    """Return all entries on a board by name, and the comparisons asked for most."""
    teams: dict[int, BoardTeam] = {}
    likely: dict[tuple[BoardTeam, BoardTeam], None] = {}
    tracks = list(challenge.tracks.select_related("challenge"))
    for board in visible_boards(request.user, tracks).values():
        teams |= {row.team.pk: row.team for row in board.rows}
        best = [row.team for row in board.rows if row.rank is not None][:2]
        own = [mine.team] if (mine := board.mine) else []
        likely |= dict.fromkeys((first, other) for first in own for other in best)
        if reference := reference_row(board):
            likely |= dict.fromkeys((first, reference.team) for first in [*own, *best[:1]])
        if len(best) > 1:
            likely[best[0], best[1]] = None
    return {
        "entries": sorted(teams.values(), key=lambda team: plain(team.name)),
        "likely": [
            {"a": a.name, "b": b.name, "url": _query(a=a.slug, b=b.slug)} for a, b in _once(likely)
        ],
    }


def _once(pairs: Iterable[tuple[BoardTeam, BoardTeam]]) -> list[tuple[BoardTeam, BoardTeam]]:
    """Return the pairs of two teams in their order, each pair once."""
    found: dict[frozenset[BoardTeam], tuple[BoardTeam, BoardTeam]] = {}
    for pair in pairs:
        found.setdefault(frozenset(pair), pair)
    return [(a, b) for a, b in found.values() if a != b]


def _results(request: HttpRequest, a: Team, b: Team, tasks: list[Task]) -> dict[str, object]:
    asked = request.GET.get("task")
    wanted = [task for task in tasks if task.slug == asked] or tasks
    found = comparisons_of(request.user, wanted, a, b)
    heads = [found[task.pk] for task in wanted if task.pk in found]
    heads = [head for head in heads if head.difference is not None]
    compared = {head.task for head in heads}
    return {
        "a": a,
        "b": b,
        "apart": [task.title for task in wanted if task not in compared],
        "swapped": _query(a=b.slug, b=a.slug, task=asked),
        "everything": _query(a=a.slug, b=b.slug) if len(wanted) < len(tasks) else "",
        **results(heads, (a.name, b.name)),
        **waiting(request, heads, a=a.slug, b=b.slug, task=asked),
    }


def results(heads: list[HeadToHead], names: tuple[str, str]) -> dict[str, object]:
    """Return what `_compare_results.html` shows of two sides with these names, task by task.

    Each has the two scores that are compared, and p-values are corrected for their number.
    """
    rows = [_Row(head) for head in heads]
    for row, p in zip(rows, holm([row.p for row in rows]), strict=True):
        row.adjusted = p
    return {
        "rows": [row.context() for row in rows],
        "summary": _summary(names, rows),
        "reasons": list(dict.fromkeys(head.message for head in heads if head.message)),
        "is_private": any(head.part == Part.PRIVATE for head in heads),
        "is_raw": any(head.level == Level.ALL for head in heads),
        "has_duels": any(row.duel for row in rows),
        "figures": _figures(rows, names[0]),
    }


def _query(**parts: str | None) -> str:
    """Return the query with a question mark, which as a link leads to the page without another."""
    return f"?{urlencode({name: value for name, value in parts.items() if value})}"


def waiting(
    request: HttpRequest, heads: list[HeadToHead], **query: str | None
) -> dict[str, object]:
    """Return when and where to ask again while workers compute, and whether there is one.

    Nothing where nothing is being computed. The query is that of the page, whose path it keeps.
    """
    if not any(head.state in {State.COMPUTING, State.CROWDED} for head in heads):
        return {}
    asked = request.GET.get("asked", "")
    times = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
    alive = workers.workers_alive()
    return {
        "is_waiting": True,
        "poll_ms": next((ms for limit, ms in POLLING if times < limit), SLOWEST_POLLING),
        "here": _query(**query),
        "again": request.path + _query(**query, asked=str(min(times + 1, MOST_ASKED))),
        "no_worker": alive is not None and not any(QUEUE in worker.queues for worker in alive),
    }


class _Row:
    """One task of a comparison. Leads are above 0 where the first entry is better."""

    def __init__(self, head: HeadToHead) -> None:
        self.head, self.task, self.duel = head, head.task, head.duel
        exact = head.level == Level.ALL
        noise = [] if self.duel is None else [(self.duel.low, self.duel.high)]
        self.decimals = decimals_by_noise(noise) if exact else decimals(step_of(head.task))
        self._sign = 1 if METRICS[head.task.headline].higher_is_better else -1
        self.lead = self._sign * (head.difference or 0.0)
        self.adjusted: float | None = None

    @property
    def p(self) -> float | None:
        """The p-value of no difference: by resampling, where that can be done."""
        if self.duel is None:
            return None
        return self.duel.p if self.duel.resampled_p is None else self.duel.resampled_p

    @property
    def is_sure(self) -> bool:
        return self.adjusted is not None and self.adjusted <= ALPHA

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the lead."""
        if self.duel is None or self.duel.low is None or self.duel.high is None:
            return None
        low, high = sorted(self._sign * end for end in (self.duel.low, self.duel.high))
        return low, high

    def context(self) -> dict[str, object]:
        """Return the row as texts."""
        head, duel = self.head, self.duel
        metric = METRICS[self.task.headline]
        return {
            "title": self.task.title,
            "url": reverse("task-board", args=[self.task.challenge.slug, self.task.slug]),
            "metric": metric.title,
            "direction": "higher is better" if metric.higher_is_better else "lower is better",
            "a": number(head.a.score, self.decimals),
            "b": number(head.b.score, self.decimals),
            "leads": head.leads,
            "lead": _signed(self.lead, self.decimals),
            "interval": [_signed(end, self.decimals) for end in self.interval or ()],
            "p": _bound(self.adjusted) if head.has_bounds else _p(self.adjusted, self.decimals),
            "test": _test(duel),
            "is_sure": self.is_sure,
            "is_tested": self.p is not None,
            "is_waiting": head.state in {State.COMPUTING, State.CROWDED},
            "reason": duel.reason if duel else "",
            **_flips(self),
            **_slices(head.slices, self._sign),
        }


def _test(duel: Duel | None) -> str:
    if duel is None:
        return ""
    if duel.resampled_p is None:
        return duel.test
    return f"{duel.resampling}, {duel.draws:,} draws"


def _flips(row: _Row) -> dict[str, object]:
    """Return the share of rows that only one of them has right: the flips."""
    duel = row.duel
    if duel is None or duel.flips_of_b is None:
        return {"no_flips": duel.no_flips if duel else ""}
    shown = max(0, min(row.decimals, UNROUNDED_DECIMALS) - 2)

    def share(rate: float) -> str:
        return f"{100 * rate:.{shown}f} %"

    return {"only_a": share(duel.flips_of_b.nfr), "only_b": share(duel.flips_of_b.pfr)}


def _slices(slices: Iterable[SliceDuel], sign: int) -> dict[str, object]:
    """Return where each is ahead the most, and what is said of the other slices."""
    told = list(slices)
    leads = [(sign * each.difference, each) for each in told if each.difference is not None]
    wins_a = sorted((pair for pair in leads if pair[0] > 0), key=lambda pair: -pair[0])
    wins_b = sorted((pair for pair in leads if pair[0] < 0), key=lambda pair: pair[0])
    hidden = [each for each in told if each.difference is None]
    return {
        "has_slices": bool(told),
        "wins": [
            {"side": side, "count": len(wins), "rows": [_slice(*pair) for pair in wins[:SLICES]]}
            for side, wins in (("A", wins_a), ("B", wins_b))
        ],
        "equal": len(leads) - len(wins_a) - len(wins_b),
        "hidden": len(hidden),
        "hidden_reason": next((r for e in hidden if (r := e.a.reason or e.b.reason)), ""),
    }


def _slice(lead: float, each: SliceDuel) -> dict[str, str]:
    shown = min(max(each.a.decimals, each.b.decimals), UNROUNDED_DECIMALS)
    return {
        "by": slice_title(each.by).removeprefix("By "),
        "value": each.value,
        "a": number(each.a.value, shown),
        "b": number(each.b.value, shown),
        "lead": _signed(lead, shown),
    }


def _signed(value: float, decimals: int) -> str:
    text = number(value, decimals)
    return text if value <= 0 or not text.strip("0.") else f"+{text}"


def _p(value: float | None, decimals: int) -> str:
    """Return a p-value, which never reads 0."""
    shown = min(max(decimals, 1), 3)
    if value is not None and value < 10**-shown:
        return f"< {10**-shown:.{shown}f}"
    return number(value, shown)


def _bound(value: float | None) -> str:
    """Return a p-value shown only as a bound."""
    if value is None:
        return number(None, 0)
    return f"≤ {value:g}" if value < P_BOUNDS[-1] else f"> {P_BOUNDS[-2]:g}"


def _figures(rows: list[_Row], a: str) -> dict[str, object]:
    """Return the leads with their intervals as a forest, drawn for a desk and for a phone."""
    drawn = [Interval(row.task.title, row.lead, *(row.interval or (None, None))) for row in rows]
    shown = max((row.decimals for row in rows), default=0)
    return {
        name: inline(
            forest_plot(
                f"leads-{name}",
                f"{a} better →",
                drawn,
                reference=Reference("equal", 0.0),
                decimals=shown,
                width=width,
            )
        )
        for name, width in (("wide", WIDE), ("slim", SLIM))
    }


def _summary(names: tuple[str, str], rows: list[_Row]) -> str:
    """Return in one sentence who is ahead on how many tasks, and how surely."""
    a, b = names
    if not rows:
        return f"{a} and {b} have no task in which both have a score."
    ahead = [[row for row in rows if row.head.leads == side] for side in ("a", "b")]
    if not any(ahead):
        return f"{a} and {b} have the same score on {plural(len(rows), 'task')}."
    tested = [row for row in rows if row.p is not None]
    said = [
        f"{name} is ahead on {len(won)} of {plural(len(rows), 'task')}{_noise(won, bool(tested))}"
        for name, won in sorted(zip(names, ahead, strict=True), key=lambda each: -len(each[1]))
        if won
    ]
    return "; ".join(said) + _untested(rows, tested)


def _noise(won: list[_Row], is_tested: bool) -> str:
    if not is_tested:
        return ""
    sure = sum(row.is_sure for row in won)
    if len(won) == 1:
        return ", by more than noise" if sure else ", by no more than noise"
    share = "all" if sure == len(won) else sure or "none"
    return f", on {share} of them by more than noise"


def _untested(rows: list[_Row], tested: list[_Row]) -> str:
    """Return how the sentence ends: whether all tasks were tested, and why not."""
    if len(tested) == len(rows):
        return "."
    if any(row.head.state in {State.COMPUTING, State.CROWDED} for row in rows):
        return f". So far {len(tested)} of {plural(len(rows), 'task')} are compared row by row."
    if not tested:
        if any(row.head.message == HIDDEN for row in rows):
            return ". Significance between teams is shown after the reveal."
        return ". Whether that is more than noise is not known."
    return f". {plural(len(rows) - len(tested), 'task')} could not be tested for noise."
