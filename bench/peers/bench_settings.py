"""What the benchmark says to a server that is written in Python."""

import json
import os

# Paths of the ONNX files by the models' names.
MODELS = json.loads(os.environ["BENCH_MODELS"])
PORT = int(os.environ["BENCH_PORT"])
# Largest number of rows in a batch; 1 for none.
BATCH = int(os.environ["BENCH_BATCH"])
# Longest wait for a batch to fill.
WAIT_MS = int(os.environ["BENCH_WAIT_MS"])
