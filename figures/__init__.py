"""Figures as SVG text: plain values in, one self-contained figure out.

This package imports nothing of ours. Every figure takes `name` (it makes ids, so it must be one of
ours and differ among the figures of a page) and `title` (the finding in one sentence, drawn and
read out), and repeats its numbers in its description. Names of teams, tasks and classes may be any
text. `width` in pixels is at least 320; below 520 a figure is laid out for a phone.
"""

from figures.badges import badge
from figures.confusion import confusion, similar_order
from figures.critical import cd_diagram
from figures.curves import Curve, Mark, curve_chart
from figures.distributions import Bar, class_bars, overlap, sparkbars
from figures.forest import Interval, forest_plot
from figures.grid import MatrixRow, matrix
from figures.headroom import Headroom, headroom_bars
from figures.hours import Hour, hour_bars
from figures.over_time import Level, Line, step_chart
from figures.score_bar import ScoreBar, score_bar
from figures.shifts import Shift, shake_up
from figures.svg import standalone
from figures.timeline import Moment, timeline
from figures.unit_square import Stated, precision_recall, reliability

__all__ = [
    "Bar",
    "Curve",
    "Headroom",
    "Hour",
    "Interval",
    "Level",
    "Line",
    "Mark",
    "MatrixRow",
    "Moment",
    "ScoreBar",
    "Shift",
    "Stated",
    "badge",
    "cd_diagram",
    "class_bars",
    "confusion",
    "curve_chart",
    "forest_plot",
    "headroom_bars",
    "hour_bars",
    "matrix",
    "overlap",
    "precision_recall",
    "reliability",
    "score_bar",
    "shake_up",
    "similar_order",
    "sparkbars",
    "standalone",
    "step_chart",
    "timeline",
]
