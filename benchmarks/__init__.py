"""Measurements beside a named alternative in the same run; `make bench` runs them all."""
