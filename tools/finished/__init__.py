"""The finished sample challenge: played by invented teams on a clock of its own, then archived."""
