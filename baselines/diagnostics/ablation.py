"""What each modality is worth: the score without it, and with only it."""

import numpy as np

from baselines.diagnostics.head import fit
from baselines.diagnostics.material import Clock, Material
from baselines.diagnostics.model import Ablated, Ablation, LeftOut
from baselines.diagnostics.scores import Judge, Scored, difference

PART = "ablation"


def ablation(
    material: Material, judge: Judge, clock: Clock, whole: Scored
) -> tuple[Ablation | None, list[LeftOut]]:
    """The scores to compare with ``whole``, that of all columns; every row is judged by models of
    other folds. None if there is only one modality. Names the ones that did not fit into the time
    limit.
    """
    names = list(material.features)
    if len(names) < 2:
        reason = f"There is nothing to leave out: all columns are {names[0]}."
        return None, [LeftOut(PART, reason)]
    found, left_out = [], []
    for name in names:
        if not clock.allows():
            left_out.append(LeftOut(PART, f"What {name} is worth did not fit the time limit."))
            continue
        with clock.step():
            without = _scored(material, judge, [other for other in names if other != name])
            alone = _scored(material, judge, [name])
        found.append(
            Ablated(
                modality=name,
                columns=material.columns[name],
                without=judge.estimate(without),
                lost=difference(whole, without),
                alone=judge.estimate(alone),
            )
        )
    return Ablation(judge.estimate(whole), tuple(found)), left_out


def _scored(material: Material, judge: Judge, modalities: list[str]) -> Scored:
    x, targets = material.matrix(*modalities), material.targets
    outputs = np.zeros_like(targets)
    for number in np.unique(material.fold):
        held = material.fold == number
        outputs[held] = fit(x[~held], targets[~held]).outputs(x[held])
    return judge.scored(outputs)
