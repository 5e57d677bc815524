"""A new model that preserves what an earlier one gets right."""
