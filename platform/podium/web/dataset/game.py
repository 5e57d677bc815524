"""Same or different? Ten training pairs of a data set, to be judged by a person."""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from django import forms
from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from podium.accounts.models import Viewer
from podium.catalog.models import DatasetVersion, Kind
from podium.web.base.access import get_dataset, must_accept_licence
from podium.web.base.presenters import Context
from podium.web.dataset.preview import pairs, records
from podium.web.dataset.samples import CANDIDATES, first_rows, fullness

log = structlog.get_logger(__name__)

OF_EACH = 5
KEPT_SECONDS = 3600


class PlayForm(forms.Form):
    """Which pair is asked, what the player says, and how many were right before it."""

    pair = forms.IntegerField(min_value=1, max_value=2 * OF_EACH)
    right = forms.IntegerField(min_value=0, required=False)
    answer = forms.CharField(max_length=200, required=False)


def is_playable(version: DatasetVersion, viewer: Viewer) -> bool:
    """Return whether the viewer may see labelled training pairs of the version."""
    is_matching = version.kind == Kind.MATCHING and bool(version.facts)
    return is_matching and not must_accept_licence(viewer, version)


def questions(version: DatasetVersion) -> list[Context]:
    """Return pairs with their labels, as many matches as others, always the same and mixed.

    They come from the training rows, whose labels are public; empty if there are too few.
    """
    key = f"game-{version.pk}-{version.content_hash}"
    found: list[Context] | None = caches["pages"].get(key)
    if found is None:
        try:
            found = _chosen(version)
        except FileNotFoundError:
            log.exception("rows are lost", version=str(version))
            return []
        caches["pages"].set(key, found, KEPT_SECONDS)
    return found


def _chosen(version: DatasetVersion) -> list[Context]:
    train = first_rows(version, "train")
    found = []
    for label in (version.facts["positive_label"], version.facts["negative_label"]):
        some = train.filter(pc.equal(train["label"], label))
        found += _fullest(version, some.slice(0, CANDIDATES))
    mixed = sorted(found, key=lambda pair: hashlib.sha256(str(pair["id"]).encode()).digest())
    return mixed if len(mixed) == 2 * OF_EACH else []


def _fullest(version: DatasetVersion, some: pa.Table) -> list[Context]:
    found = pairs(records(version, "train", some))
    return sorted(found, key=fullness, reverse=True)[:OF_EACH]


def first_question(version: DatasetVersion) -> Context | None:
    """Return what _question.html shows of the first pair, None if there is no game."""
    asked = questions(version)
    return _question(version, asked, 1, 0) if asked else None


def _question(version: DatasetVersion, asked: list[Context], number: int, right: int) -> Context:
    """Return one pair without its label, and the two answers."""
    facts = version.facts
    return {
        "version": version,
        "row": {**asked[number - 1], "label": None, "word": None},
        "number": number,
        "of": len(asked),
        "right": right,
        "answers": [
            {"value": facts["positive_label"], "text": "Same"},
            {"value": facts["negative_label"], "text": "Different"},
        ],
    }


@require_safe
def play(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask about one pair, or say whether the answer was right; the address has the whole state."""
    version = get_dataset(request, name, number)
    if version.kind != Kind.MATCHING or not version.facts:
        raise Http404
    if not is_playable(version, request.user):
        return redirect(f"{version.get_absolute_url()}#licence")
    asked = questions(version)
    if not asked:
        raise Http404
    form = PlayForm(request.GET or {"pair": 1})
    if not form.is_valid():
        return redirect("dataset-play", name, number)
    at, answer = form.cleaned_data["pair"], form.cleaned_data["answer"]
    right = min(form.cleaned_data["right"] or 0, at - 1)
    context = {
        **_question(version, asked, at, right),
        "crumbs": [
            {"label": "Data sets", "url": reverse("datasets")},
            {"label": version.title, "url": version.get_absolute_url()},
        ],
    }
    if answer:
        row = asked[at - 1]
        is_right = answer == row["label"]
        context |= {"row": row, "answers": [], "is_right": is_right, "right": right + is_right}
    return render(request, "dataset/play.html", context)
