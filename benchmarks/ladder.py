"""`python -m benchmarks.ladder`: what 2,000 random submissions gain under each feedback mode.

The boosting attack of Blum & Hardt 2015. The labels of the public part are n fair coins, and every
submission is n random bits: nobody can know more than half of the labels. The attacker keeps what
the board liked and submits the majority of those: under `exact` and `rounded` the files shown above
the median so far, under `ladder` those that made the shown score grow. The majority's accuracy on
the public labels is what the attack gained; on labels that were never scored it stays one half.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from leaderboard import feedback_step, round_to_step
from leaderboard.ladder import Attempt, Ladder

Bits = npt.NDArray[np.bool_]
Reply = Callable[[Bits], float]

ROWS = 4_000
SUBMISSIONS = 2_000
POINTS = 40
"""The majority is scored at this many places of the sequence."""


def exact(truth: Bits) -> Reply:
    """The accuracy as it is."""
    return lambda guess: float(np.mean(guess == truth))


def rounded(truth: Bits) -> Reply:
    """The accuracy in steps of a task with this many public rows."""
    step = feedback_step(math.sqrt(0.25 / len(truth)))
    return lambda guess: round_to_step(float(np.mean(guess == truth)), step)


def ladder(truth: Bits) -> Reply:
    """The accuracy of the submission that the parameter-free Ladder accepted last."""
    state, number = Ladder(), 0

    def reply(guess: Bits) -> float:
        nonlocal state, number
        number += 1
        state = state.submit(Attempt(number, (guess != truth).astype(np.float64)))
        assert state.reply is not None
        return 1 - state.reply

    return reply


MODES: dict[str, Callable[[Bits], Reply]] = {"exact": exact, "rounded": rounded, "ladder": ladder}


def climbed(mode: str, rows: int, submissions: int, seed: int) -> tuple[list[int], list[float]]:
    """The majority's accuracy on the public labels by number of submissions."""
    random = np.random.default_rng((rows, submissions, seed))
    truth = random.random(rows) < 0.5
    reply = MODES[mode](truth)
    guesses = random.random((submissions, rows)) < 0.5
    shown = np.array([reply(guess) for guess in guesses])
    counts = sorted({max(1, round(n)) for n in np.linspace(1, submissions, POINTS)})
    return counts, [float(np.mean(_majority(mode, guesses, shown, k) == truth)) for k in counts]


def _majority(
    mode: str, guesses: npt.NDArray[np.bool_], shown: npt.NDArray[np.float64], count: int
) -> Bits:
    """The majority of those of the first ``count`` files that the board liked."""
    seen = shown[:count]
    # A Ladder shows its best at every step, so it likes what made that grow.
    liked = np.diff(seen, prepend=-np.inf) > 0 if mode == "ladder" else seen >= np.median(seen)
    votes = guesses[:count][liked].mean(axis=0)
    return np.asarray(np.where(votes == 0.5, guesses[0], votes > 0.5))


def measured(rows: int, submissions: int, repeats: int) -> list[dict[str, Any]]:
    """One record for each mode: the mean accuracy by number of submissions."""
    records = []
    for mode in MODES:
        runs = [climbed(mode, rows, submissions, seed) for seed in range(repeats)]
        accuracies = np.array([values for _, values in runs])
        records.append(
            {
                "mode": mode,
                "rows": rows,
                "repeats": repeats,
                "submissions": runs[0][0],
                "accuracy": np.round(accuracies.mean(axis=0), 5).tolist(),
                "gain": round(float(accuracies[:, -1].mean()) - 0.5, 5),
                "standard_error": round(float(accuracies[:, -1].std()) / math.sqrt(repeats), 5),
            }
        )
    return records


def table(records: Sequence[dict[str, Any]]) -> str:
    """The gains as lines of text."""
    lines = ["feedback  accuracy after the last submission  gain over chance"]
    lines += [
        f"{each['mode']:8}  {each['accuracy'][-1]:38.3f}  {each['gain']:+16.3f}" for each in records
    ]
    return "\n".join(lines)


WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 92, 28, 44
# Okabe and Ito's colours, which colour-blind readers tell apart, and a dash pattern for each.
STROKES = {"exact": ("#d55e00", ""), "rounded": ("#0072b2", "7 4"), "ladder": ("#009e73", "")}


def figure(records: Sequence[dict[str, Any]]) -> str:
    """The climb under each mode as an SVG picture, with its content in words."""
    last = max(records[0]["submissions"])
    top = max(0.6, math.ceil(max(max(each["accuracy"]) for each in records) * 20) / 20)
    low = 0.45

    def at(count: float, value: float) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * count / last
        return x, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (top - low)

    parts = [_axes(at, last, low, top)]
    for each in records:
        points = [at(*pair) for pair in zip(each["submissions"], each["accuracy"], strict=True)]
        colour, dashes = STROKES[each["mode"]]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dashes}"/>'
        )
    parts += _names(records, at)
    told = "; ".join(f"{each['mode']} {each['accuracy'][-1]:.3f}" for each in records)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="sans-serif" font-size="12" fill="#555">\n'
        f"<title>Accuracy that random bits reach by what the board shows</title>\n"
        f"<desc>After {last} submissions of random bits: {told}. Chance is 0.5.</desc>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _axes(
    at: Callable[[float, float], tuple[float, float]], last: int, low: float, top: float
) -> str:
    parts = []
    for value in np.arange(low, top + 1e-9, 0.05 if top < 0.8 else 0.1).round(2).tolist():
        x, y = at(0, value)
        stroke = "#999" if value == 0.5 else "#e5e5e5"
        parts.append(f'<path d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="{stroke}"/>')
        parts.append(f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>')
    for count in np.linspace(0, last, 5).round().astype(int).tolist():
        x, y = at(count, low)
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{count:,}</text>')
    x, y = at(last / 2, low)
    parts.append(f'<text x="{x:.1f}" y="{y + 36:.1f}" text-anchor="middle">submissions</text>')
    parts.append(f'<text x="{LEFT}" y="14">accuracy of their majority on the hidden labels</text>')
    parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{at(0, 0.5)[1] + 18:.1f}">0.5 = chance</text>')
    return "\n".join(parts)


def _names(
    records: Sequence[dict[str, Any]], at: Callable[[float, float], tuple[float, float]]
) -> list[str]:
    """The mode at the end of each line, moved apart where lines end close together."""
    ends = sorted(
        (at(each["submissions"][-1], each["accuracy"][-1]), each["mode"]) for each in records
    )
    placed, names = -math.inf, []
    for (x, y), mode in sorted(ends, key=lambda end: end[0][1]):
        placed = max(y, placed + 15)
        names.append(
            f'<text x="{x + 8:.1f}" y="{placed + 4:.1f}" fill="{STROKES[mode][0]}">{mode}</text>'
        )
    return names


def main() -> None:
    """Print a table, and write the figures as JSON and the picture as SVG if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ladder", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--submissions", type=int, default=SUBMISSIONS)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--svg", type=Path, help="draw the climb here")
    options = parser.parse_args()
    records = measured(options.rows, options.submissions, options.repeats)
    print(table(records))
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(figure(records))
    # The reason why the mode exists: random bits gain under `exact` and do not under `ladder`.
    gains = {each["mode"]: each["gain"] for each in records}
    assert gains["exact"] > 5 * gains["ladder"], gains


if __name__ == "__main__":
    main()
