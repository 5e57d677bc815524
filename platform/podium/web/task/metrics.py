"""The page of all metrics, as the registry of scoring has them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from figures.words import number
from scoring import METRICS, Metric, metrics_of
from scoring.metrics import Form
from scoring.spec import KINDS


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show every metric of both kinds with its formula, range, needs and source."""
    kinds = [
        {
            "kind": kind,
            "metrics": [_entry(METRICS[name], form) for name, form in metrics_of(kind).items()],
        }
        for kind in KINDS
    ]
    return render(request, "task/metrics.html", {"kinds": kinds})


def _entry(metric: Metric, form: Form) -> dict[str, object]:
    low, high = form.range
    return {
        "metric": metric,
        "words": form.words,
        "range": f"{_end(low)} to {_end(high)}",
        "direction": "Higher is better" if metric.higher_is_better else "Lower is better",
        "needs": form.needs.words,
        "withheld": form.withheld,
    }


def _end(value: float) -> str:
    return number(value, 0 if value == round(value) or value < 1e-9 else 2)
