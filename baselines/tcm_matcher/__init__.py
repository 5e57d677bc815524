"""A small text encoder for pairs, trained so that one threshold serves all groups alike."""
