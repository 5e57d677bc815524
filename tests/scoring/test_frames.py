"""Frames and outcomes survive the pipe, and a bad peer is distinguished from a slow one."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import pytest

from scoring import Checked, Failed, Outcome, Problem, Rejected, Score, Scored
from scoring.frames import MAX_JSON, BadFrame, Closed, Hangup, TimedOut, read_frame, write_frame
from scoring.result import BLANK_LINES, BYTE_ORDER_MARK, from_message, to_message

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue


SCORES = (
    Score("public", "accuracy", 0.1 + 0.2, 0.1, 0.5, 0.05, 10),
    Score("private", "ece", None, None, None, None, 7, "not available"),
)


@pytest.mark.parametrize(
    "outcome",
    [
        Scored(SCORES, b"\x00rows", (BLANK_LINES,), 0.25),
        Checked((BYTE_ORDER_MARK,), 0.5),
        Rejected((Problem("code", "text", (1, 2), 9), Problem("other", "text"))),
        Failed("reason"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_an_outcome_survives_the_pipe_to_the_last_digit(pipe: Pipe, outcome: Outcome) -> None:
    write_frame(pipe[1], *to_message(outcome))
    frame = read_frame(pipe[0], 1000, 1)
    assert from_message(frame.message, frame.payload) == outcome


@pytest.mark.parametrize("message", [{}, {"outcome": "Other"}, {"outcome": "Scored"}])
def test_what_is_no_outcome_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        from_message(message, b"")


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">II", MAX_JSON + 1, 0),
        struct.pack(">II", 2, 1001) + b"{}",
        struct.pack(">II", 2, 0) + b"{",
        struct.pack(">II", 2, 0) + b"[]",
        struct.pack(">II", 2, 0) + b"{'",
        b"\x00",
    ],
    ids=["long json", "long payload", "cut", "list", "no json", "cut head"],
)
def test_a_bad_frame_is_refused(pipe: Pipe, data: bytes) -> None:
    os.write(pipe[1], data)
    os.close(pipe[1])
    with pytest.raises(BadFrame):
        read_frame(pipe[0], 1000, 1)


def test_a_closed_pipe_is_told_from_a_slow_one(pipe: Pipe) -> None:
    with pytest.raises(TimedOut):
        read_frame(pipe[0], 0, 0.01)
    os.close(pipe[1])
    with pytest.raises(Closed):
        read_frame(pipe[0], 0, 0.01)


def test_a_watched_pipe_interrupts_the_wait(pipe: Pipe) -> None:
    watched, closed = os.pipe()
    os.close(closed)
    with pytest.raises(Hangup):
        read_frame(pipe[0], 0, 10, watch=watched)
    os.close(watched)
