"""The commands of `python -m skill`, by what they are for."""
