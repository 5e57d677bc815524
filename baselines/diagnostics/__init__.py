"""What a data set is like to learn from: curves, ablation and spread on held-out training rows."""
