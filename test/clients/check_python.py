"""Ends with the reason when this Python cannot hold the clients of requirements.txt in a virtual environment."""

import sys

if not (3, 11) <= sys.version_info[:2] < (3, 14):
    sys.exit(f"Python 3.11 to 3.13 is needed, python3 is {sys.version.split()[0]}")
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError as error:
    sys.exit(f"python3 has no module {error.name}: on Debian, apt-get install python3-venv")
