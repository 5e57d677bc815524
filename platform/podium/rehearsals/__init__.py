"""Rehearsals: a challenge played from opening to reveal in a scratch copy of the site."""
