"""From the project to a running Lambda: what is shipped, and how it is tried on this machine."""
