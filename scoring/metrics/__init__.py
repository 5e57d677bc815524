"""The metrics: small functions from one part of the test rows to a value and its influence."""

from scoring.metrics.measured import Endpoints, Measured, Records, View
from scoring.metrics.registry import METRICS, Form, Metric, metrics_of

__all__ = [
    "METRICS",
    "Endpoints",
    "Form",
    "Measured",
    "Metric",
    "Records",
    "View",
    "metrics_of",
]
