"""The formulas that methods and diagnostics are made of: arrays in, arrays out."""
