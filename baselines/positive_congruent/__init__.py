"""A new model that keeps to what an earlier one gets right."""
