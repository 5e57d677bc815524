"""Ridge regression on scaled one-hot targets: a baseline in closed form."""
