"""Blocking, pair similarities, a forest, a threshold and transitive closure, as in FindMatches."""
