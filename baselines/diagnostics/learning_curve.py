"""How the score grows with the number of training rows."""

import numpy as np
import numpy.typing as npt

from baselines.diagnostics.head import fit
from baselines.diagnostics.material import Clock, Material, in_class_order
from baselines.diagnostics.model import LearningCurve, LearningPoint, LeftOut
from baselines.diagnostics.scores import Judge, Scored, difference, score

Floats = npt.NDArray[np.float64]

MOST_POINTS = 8
FEWEST_ROWS = 20
PER_CLASS = 2
PART = "learning curve"


def learning_curve(
    material: Material, judge: Judge, clock: Clock, seed: int
) -> tuple[LearningCurve | None, Scored, list[LeftOut]]:
    """The curve, the score of all columns and rows, and a note on what did not fit into the time
    limit. Every row is judged by a model of other folds. Each number of rows is half of the next
    one, and the rows of the smaller one are among those of the larger one; the largest is made
    first.
    """
    x = material.matrix()
    sizes = _sizes(material)
    points, scores = [], []
    for size in sizes:
        if not clock.allows():
            break
        with clock.step():
            outputs, fitted = _outputs(material, x, size, seed)
            scores.append(judge.scored(outputs))
            points.append(LearningPoint(size, judge.estimate(scores[-1]), fitted))
    gain = difference(scores[0], scores[1]) if len(scores) > 1 else None
    curve = LearningCurve(tuple(points[::-1]), gain, gain.verdict if gain else "")
    missing = len(sizes) - len(points)
    reason = f"{missing} of {len(sizes)} numbers of rows did not fit into the time limit."
    return curve, scores[0], [LeftOut(PART, reason)] * bool(missing)


def _sizes(material: Material) -> list[int]:
    """Numbers of rows, each half of the one before; the first is what all folds can give."""
    largest = material.rows - int(np.bincount(material.fold).max())
    fewest = max(FEWEST_ROWS, PER_CLASS * material.targets.shape[1])
    sizes = [largest // 2**power for power in range(MOST_POINTS)]
    return [size for place, size in enumerate(sizes) if place == 0 or size >= fewest]


def _outputs(material: Material, x: Floats, size: int, seed: int) -> tuple[Floats, float]:
    """Outputs (n, k) by models of ``size`` rows each, and their mean score on these rows."""
    outputs = np.zeros_like(material.targets)
    fitted = []
    for number in np.unique(material.fold):
        held = material.fold == number
        others = np.flatnonzero(~held)
        learned = others[in_class_order(material.codes[others], seed)[:size]]
        head = fit(x[learned], material.targets[learned])
        outputs[held] = head.outputs(x[held])
        codes = material.codes[learned]
        fitted.append(float(score(material.metric, head.outputs(x[learned]), codes)[0]))
    return outputs, float(np.mean(fitted))
