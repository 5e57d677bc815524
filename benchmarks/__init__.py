"""Measurements next to a named alternative in the same run; `make bench` runs them all."""
