"""The doors: Alexa, the command line. Only here may a platform be imported."""
