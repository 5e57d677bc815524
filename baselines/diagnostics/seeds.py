"""How much a score moves when only the seed changes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from baselines.diagnostics.head import fit
from baselines.diagnostics.material import Clock, Material
from baselines.diagnostics.model import LeftOut, SeedScores
from baselines.diagnostics.scores import score
from baselines.formulas.double_descent import random_features

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Method = Callable[[Floats, Floats, Floats, int], Floats]

SEEDS = 10
RANDOM_FEATURES = 256
PART = "seeds"


def seeds(
    material: Material, clock: Clock, seed: int
) -> tuple[tuple[SeedScores, ...], list[LeftOut]]:
    """The scores of each method for up to ten seeds from ``seed`` on.

    A seed determines the held-out fifth of the rows and the random draws of the method.
    """
    x = material.matrix()
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    done = 0
    while done < SEEDS and clock.allows():
        held = material.held(seed + done)
        with clock.step():
            for name, method in METHODS.items():
                outputs = method(x[~held], material.targets[~held], x[held], seed + done)
                value = score(material.metric, outputs, material.codes[held])
                found[name].append(float(value[0]))
        done += 1
    reason = f"{SEEDS - done} of {SEEDS} seeds did not fit into the time limit."
    left_out = [LeftOut(PART, reason)] * (done < SEEDS)
    if done < 2:
        return (), left_out
    return tuple(_summary(name, scores) for name, scores in found.items()), left_out


def _summary(method: str, scores: list[float]) -> SeedScores:
    mean, deviation = float(np.mean(scores)), float(np.std(scores, ddof=1))
    return SeedScores(method, tuple(scores), mean, deviation)


def _linear(x: Floats, targets: Floats, unseen: Floats, seed: int) -> Floats:
    return fit(x, targets).outputs(unseen)


def _random(x: Floats, targets: Floats, unseen: Floats, seed: int) -> Floats:
    width = x.shape[1]
    weights = np.random.default_rng(seed).normal(0, width**-0.5, (RANDOM_FEATURES, width))
    return fit(random_features(x, weights), targets).outputs(random_features(unseen, weights))


def _trivial(x: Floats, targets: Floats, unseen: Floats, seed: int) -> Floats:
    return np.repeat(targets.mean(axis=0, keepdims=True), len(unseen), axis=0)


METHODS: dict[str, Method] = {
    "linear": _linear,
    "random features": _random,
    "trivial": _trivial,
}
