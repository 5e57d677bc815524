"""The figures of the site as SVG text: plain values in, one self-contained figure out.

Every function takes `name` (one of ours, it makes ids and differs among the figures of a page) and
`title` (the finding in one sentence, drawn and read out), and tells its numbers in words in the
figure's description. Names of teams and tasks may be any text. `width` in pixels is at least 320;
below 520 a figure is laid out for a phone.
"""

from figures.badges import badge
from figures.confusion import confusion
from figures.critical import cd_diagram
from figures.curves import Curve, Mark, curve_chart
from figures.forest import Interval, forest_plot
from figures.grid import MatrixRow, matrix
from figures.headroom import Headroom, headroom_bars
from figures.over_time import Level, Line, step_chart
from figures.paper import standalone
from figures.shifts import Shift, shake_up
from figures.unit_square import Stated, precision_recall, reliability

__all__ = [
    "Curve",
    "Headroom",
    "Interval",
    "Level",
    "Line",
    "Mark",
    "MatrixRow",
    "Shift",
    "Stated",
    "badge",
    "cd_diagram",
    "confusion",
    "curve_chart",
    "forest_plot",
    "headroom_bars",
    "matrix",
    "precision_recall",
    "reliability",
    "shake_up",
    "standalone",
    "step_chart",
]
