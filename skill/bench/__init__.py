"""Commands that measure: against other ways to do the same, and against size. Never on the way to an answer."""
