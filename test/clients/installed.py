"""Prints that the module in MODULE can be imported, and the address that it was given."""

import importlib
import os

print(importlib.import_module(os.environ["MODULE"]).__name__, os.environ["INFERENCE_URL"])
