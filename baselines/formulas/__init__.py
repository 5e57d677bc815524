"""The formulas behind methods and diagnostics: arrays in, arrays out."""
