"""Body Signals: a voice skill that answers questions about a twitching lip."""

__version__ = "0.1.0"
