"""What the skill knows: reading, checking and compiling the knowledge files."""
