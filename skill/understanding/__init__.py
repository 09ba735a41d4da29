"""What was meant: an utterance to an answer, an emergency, a command, or an honest no."""
