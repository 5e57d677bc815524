"""What the top of a scored submission's page shows: where the score is, and findings in words.

Everything here is made of values that are displayed on the page or the board already.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from figures import ScoreBar, score_bar
from podium.standings.feedback import Displayed
from podium.standings.ranking import TRIVIAL
from podium.standings.visible import VisibleBoard
from podium.submissions.models import Submission
from podium.web.base.drawn_figures import SLIM, inline
from podium.web.base.presenters import reference_row

WIDE = 640
MOST_FINDINGS = 3


def bar_of(found: Submission, shown: Displayed, board: VisibleBoard) -> dict[str, object] | None:
    """Return the score on a bar from trivial through AutoGluon to the best; None without marks."""
    if shown.value is None:
        return None
    rows = board.rows
    trivial = next((row for row in rows if row.team.baseline == TRIVIAL), None)
    best = next((row for row in rows if row.rank is not None), None)
    marks = [
        (name, row.score)
        for name, row in (("trivial", trivial), ("AutoGluon", reference_row(board)))
        if row is not None
    ]
    if best is not None and best.submission_id != found.pk:
        marks.append((f"best: {best.team.name}", best.score))
    bar = ScoreBar(
        shown.value,
        shown.low,
        shown.high,
        tuple(marks),
        higher_is_better=shown.metric.higher_is_better,
        decimals=min(shown.decimals, board.shown_decimals),
    )
    title = f"{shown.metric.title} between the trivial prediction and the best score"
    wide = score_bar("score-bar-wide", title, bar, width=WIDE)
    slim = score_bar("score-bar-slim", title, bar, width=SLIM)
    return {"wide": inline(wide), "slim": inline(slim)} if wide else None


def findings(
    tables: Sequence[Mapping[str, object]], figures: Mapping[str, object] | None
) -> list[str]:
    """Return up to three sentences: the worst group of rows, and what the figures say."""
    texts = []
    for table in tables:
        worst = cast(list[dict[str, str]], table["worst"])
        if len(worst) > 1:
            label, value = worst[0]["label"], worst[0]["value"]
            texts.append(f"Worst {table['what']}: {label}, {table['metric']} {value}")
            break
    drawn = cast(list[dict[str, str]], figures["drawn"]) if figures else []
    texts += [figure["said"] for figure in drawn if figure.get("said")]
    return texts[:MOST_FINDINGS]
