"""A figure of a page, as a template shows it: drawn for two widths, and as a table."""

from collections.abc import Callable, Sequence

from django.utils.safestring import SafeString, mark_safe

WIDE, SLIM = 520, 352  # side by side on a desktop, and as wide as a phone
Figure = dict[str, object]


def inline(drawn: str) -> SafeString:
    """Return a figure of ours for a page: its texts are escaped where it is drawn."""
    return mark_safe(drawn)  # noqa: S308


def figure(
    kind: str,
    title: str,
    draw: Callable[[str, int], str],
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    **texts: str,
) -> Figure:
    """Return a figure, drawn wide and slim, with its table: `head` names the columns of `rows`.

    `draw` gets a name and a width; `texts` go next to it.
    """
    return {
        "title": title,
        "wide": inline(draw(f"{kind}-wide", WIDE)),
        "slim": inline(draw(f"{kind}-slim", SLIM)),
        **texts,
        **table(head, rows),
    }


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Figure:
    """Return only the table."""
    return {
        "head": head,
        "rows": [
            {
                "name": row[0],
                "cells": [
                    {"label": label, "value": value}
                    for label, value in zip(head[1:], row[1:], strict=True)
                ],
            }
            for row in rows
        ],
    }
