"""Every template component in every state, in light and dark, for people who work on pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from podium.web.base.presenters import Context
from podium.web.board.history import Past
from podium.web.board.marks import moved, spark, ties, whisker

THEMES = ("light", "dark")


@dataclass(frozen=True)
class Specimen:
    """A component in one state: what it is given, and the HTML that stands around it."""

    component: str
    state: str
    context: Context = field(default_factory=dict)
    around: tuple[str, str] = ("", "")

    def drawn(self, request: HttpRequest, theme: str) -> SafeString:
        """Return its HTML, whose ids are the theme's own."""
        own = {name: made(theme) if callable(made) else made for name, made in self.context.items()}
        html = render_to_string(f"components/{self.component}.html", own, request)
        return mark_safe(html.join(self.around))  # noqa: S308  (constants around a template)


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the components to staff."""
    if not request.user.is_staff:
        raise Http404
    shown: dict[str, list[Context]] = {}
    for each in specimens():
        sides = [(theme, each.drawn(request, theme)) for theme in THEMES]
        shown.setdefault(each.component, []).append({"state": each.state, "sides": sides})
    return render(request, "gallery/gallery.html", {"components": sorted(shown.items())})


def specimens() -> Iterator[Specimen]:
    """Yield every component in each of its states."""
    yield Specimen("board_table", "a whole board", {"board": _board})
    yield Specimen("board_table", "an excerpt", {"board": _excerpt})
    yield from _empty()
    yield from _facts()
    yield Specimen("file_table", "with and without rows", {"files": _files()})
    yield from _forms()
    yield Specimen("icon_file", "the address of the icons")
    yield Specimen("mark", "in the bar at the top", around=('<span class="brand">', "</span>"))
    yield Specimen("messages", "of each kind", {"messages": _messages()})
    yield from _places()
    yield from _headers()
    yield from _pages()
    yield Specimen("problem_list", "with and without rows", {"problems": _problems()})
    yield Specimen("scale", "above whiskers", {"scale": {"low": "0.60", "high": "0.90"}})
    yield Specimen(
        "snippet", "with its button", {"text": "podium login https://podium.example.org"}
    )
    anchor = {"anchor": lambda theme: f"skill-{theme}"}
    yield Specimen("term", "in a line", {**anchor, "name": "Skill", "words": "A common scale."})
    yield from _chips()
    yield from _task_bars()
    yield from _times()
    yield from _bars()


def _task_bars() -> Iterator[Specimen]:
    tabs = [{"label": "Overview", "url": "#", "current": True}, {"label": "Data", "url": "#"}]
    before, after = ({"title": title, "get_absolute_url": "#"} for title in ("Exact match", "Pets"))
    around = {"submit": "#", "before": before, "after": after}
    for state, more in (("open, with neighbours", around), ("closed", {})):
        bar = {"title": f"Product type, {state}", "tabs": tabs, **more}
        yield Specimen("task_bar", state, {"bar": lambda theme, bar=bar: _named(bar, theme)})


def _named(bar: Context, theme: str) -> Context:
    """Return a bar whose name is the theme's own: no two regions of a page may share one."""
    return {**bar, "title": f"{bar['title']}, {theme}"}


def _board(theme: str) -> Context:
    """Return a board with all that a row can have, its ids those of a theme."""
    columns = (("Attempts", "num meta"), ("Last improved", "num meta"))
    heads = ("rank", "team", "score")
    return {
        "score_label": "Accuracy",
        "columns": [{"label": label, "title": "", "kind": kind} for label, kind in columns],
        "scale": {"low": "0.60", "high": "0.90"},
        "trend": True,
        "brackets": True,
        "compare": f"compare-{theme}",
        "heads": {key: {"url": f"#{key}", "sorted": ""} for key in heads}
        | {"rank": {"url": "#rank", "sorted": "ascending"}},
        "rows": list(_rows(theme)),
    }


def _excerpt(theme: str) -> Context:
    rows = [row | {"slug": f"excerpt-{row['slug']}"} for row in _rows(theme)]
    return {"score_label": "Accuracy", "rows": rows[:3]}


def _rows(theme: str) -> Iterator[Context]:
    now = timezone.now()
    past = [(now - timedelta(days=9 - day), 0.6 + 0.02 * day) for day in (0, 3, 8)]
    brackets = ties([(0, 1), (1, 3)], range(5))
    facts: list[Context] = [
        {"name": "Ångström", "rank": 1, "medal": 1, "interval": "1–2", "method": "Cross-encoder"},
        {"name": "Bayes Watch", "rank": 2, "medal": 2, "interval": "1–4", "mine": True,
         "same": "not separable from Ångström above"},
        {"name": "AutoGluon", "rank": None, "baseline": True},
        {"name": "k-Nearest Neighbours of the North", "rank": 3, "medal": 3, "interval": "2–4"},
        {"name": "The Outliers", "rank": None, "gone": "disqualified"},
    ]  # fmt: skip
    for place, own in enumerate(facts):
        score = 0.81 - 0.02 * place
        ends = [100 * (each - 0.6) / 0.3 for each in (score - 0.02, score, score + 0.02)]
        cells = f'<td role="cell" class="num meta">{moved(3, 2, "since last week")} 7</td>'
        yield {
            "slug": f"{theme}-{place}",
            "url": "#",
            "score": f"{score:.2f}",
            "ties": brackets.get(place, ""),
            "whisker": whisker(tuple(ends), 43, f"95 % interval around {score:.2f}"),
            "cells": mark_safe(f'{cells}<td role="cell" class="num meta">3 days ago</td>'),  # noqa: S308
            "spark": spark(Past([*past], len(past)), now - timedelta(days=9), now, 2),
            **own,
        }


def _empty() -> Iterator[Specimen]:
    words = {"title": "Nothing submitted yet", "text": "Open a task and upload a file."}
    yield Specimen("empty", "with what to do", {**words, "url": "#", "action": "See the tasks"})
    yield Specimen("empty", "in a section", {**words, "level": 3})


def _facts() -> Iterator[Specimen]:
    around = ('<dl class="facts">', "</dl>")
    soon = timezone.now() + timedelta(days=3)
    for state, fact in {
        "alone": {"label": "Teams", "value": "37"},
        "with a note": {"label": "Your place", "value": "4", "note": "of 37 teams"},
        "a deadline": {"label": "Closes", "value": "in 3 days", "at": soon},
        "counted down": {"label": "Closes", "at": soon, "is_counted": True},
    }.items():
        yield Specimen("fact", state, {"fact": fact}, around)


def _files() -> list[Context]:
    digest = "c0ffee" + "0" * 58
    sizes = (("train.csv", 30_000, 2_400_000), ("images.zip", None, 81_000_000))
    return [
        {"name": name, "url": "#", "rows": rows, "bytes": count, "sha256": digest}
        for name, rows, count in sizes
    ]


class _Form(forms.Form):
    """A field of each kind."""

    name = forms.CharField(label="Name", help_text="As others see it.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    task = forms.ChoiceField(label="Task", choices=[("a", "Exact duplicates"), ("b", "Digits")])
    answer = forms.ChoiceField(
        label="Answer", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect
    )
    file = forms.FileField(label="Predictions file")
    accept = forms.BooleanField(label="I have read the rules and accept them.")


def _fields(place: str, typed: Context | None = None) -> Callable[[str], _Form]:
    return lambda theme: _Form(typed, auto_id=f"{theme}-{place}-%s", prefix=f"{theme}-{place}")


def _forms() -> Iterator[Specimen]:
    around = ('<div class="form">', "</div>")
    for name in _Form.base_fields:
        made = _fields("one")
        one = {"field": lambda theme, name=name, made=made: made(theme)[name]}
        yield Specimen("form_field", name, one, around)
    yield Specimen("form_fields", "fresh", {"form": _fields("fresh")}, around)
    yield Specimen("form_fields", "with what is to correct", {"form": _fields("sent", {})}, around)


def _messages() -> list[Context]:
    kinds = ("info", "success", "warning", "error")
    return [{"tags": kind, "message": f"This is of the kind `{kind}`."} for kind in kinds]


def _places() -> Iterator[Specimen]:
    place = {
        "name": "Bayes Watch",
        "slug": "none",
        "url": "#",
        "rank": 2,
        "score": "0.79",
        "interval": "0.77 to 0.81",
        "attempts": 7,
        "improved_at": timezone.now() - timedelta(days=3),
    }
    yield Specimen("own_place", "your own", {"place": {**place, "is_own": True, "is_live": True}})
    yield Specimen("own_place", "pinned", {"place": {**place, "rank": None, "interval": ""}})


def _headers() -> Iterator[Specimen]:
    yield Specimen("page_header", "only a title", {"title": "Data sets"})
    full = {
        "title": "Exact duplicates",
        "lead": "Which offers of two shops are the same product?",
        "crumbs": [{"label": "Product Cup", "url": "#"}, {"label": "Matching", "url": "#"}],
        "state": "open",
        "facts": [{"label": "Metric", "value": "F1"}, {"label": "Teams", "value": 37}],
        "action": {"label": "Submit", "url": "#"},
    }
    yield Specimen("page_header", "with everything", full)


def _pages() -> Iterator[Specimen]:
    pages = Paginator(range(30), 10)
    for number, state in ((1, "first"), (2, "between"), (3, "last")):
        yield Specimen("pagination", state, {"page_obj": pages.page(number)})


def _problems() -> list[Context]:
    return [
        {"message": "Row 17: id `a-204` appears twice. Keep one of the two rows.", "rows": [17]},
        {"message": "The value `unicorn` is not a class.", "rows": [3, 8, 21], "count": 900},
        {"message": "12 ids of the test rows are missing.", "rows": [], "count": 12},
    ]


def _chips() -> Iterator[Specimen]:
    for state in ("queued", "scoring", "scored", "rejected", "failed", "open", "archived"):
        yield Specimen("state_chip", state, {"state": state})
    yield Specimen("state_chip", "by another word", {"state": "scored", "label": "valid"})


def _times() -> Iterator[Specimen]:
    soon = timezone.now() + timedelta(hours=5)
    yield Specimen("countdown", "until a time", {"at": soon})
    yield Specimen("time", "how long ago", {"at": timezone.now() - timedelta(hours=5)})
    yield Specimen("time", "a deadline", {"at": soon, "deadline": True})


def _bars() -> Iterator[Specimen]:
    cup = {"title": "Product Cup", "url": "#"}
    navigation = {
        "challenge": cup,
        "sections": [
            {"label": "Matching", "url": "#", "current": True},
            {"label": "Data sets", "url": "#"},
        ],
    }
    yield Specimen("topbar", "signed in", {"navigation": navigation})
    several = {**navigation, "challenges": [{"title": "Another Cup", "url": "#"}]}
    nobody = {"navigation": several, "user": AnonymousUser()}
    yield Specimen("topbar", "of several challenges, signed out", nobody)
    preview = {"challenge": {"title": "Product Cup", "slug": "cup"}, "reader": "a visitor"}
    shown = {"request": {"preview": {**preview, "is_shown": True, "is_draft": True}}}
    yield Specimen("preview", "of a draft", shown)
    prizes = [{"rank": 1, "text": "A telescope", "value": "500 €"}, {"rank": 2, "text": "A book"}]
    yield Specimen("prizes", "of a track", {"prizes": prizes})
