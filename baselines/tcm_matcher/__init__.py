"""A small text encoder for pairs, trained so that one threshold suits all groups."""
