"""Checks of image files."""

from tabset.checks.registry import Check

CHECKS: tuple[Check, ...] = ()
