"""Files that nobody should be able to hurt the platform with, made from a seed.

Every maker gets a random generator and a world and returns the bytes of a file that is not a
valid submission of the world's task: whatever it mutates has a foreign id among its rows.
"""
