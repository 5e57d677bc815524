"""Files that people send: received once, stored in one form, and read back as they were sent."""
