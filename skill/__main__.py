"""`python -m skill`: the commands of a tester and an editor."""

import sys

from skill.adapters.cli import main

sys.exit(main())
