"""The metrics: small functions from one part of the test rows to a value and its influence."""

from scoring.metrics.measured import Measured, View
from scoring.metrics.registry import METRICS, Form, Metric, metrics_of

__all__ = ["METRICS", "Form", "Measured", "Metric", "View", "metrics_of"]
