#!/bin/sh
# Starts pred as the pattern does: `onnxruntime_server` became `model-server`.
set -eu

exec model-server --foreground --ncs --address="${HOST:-0.0.0.0}" --http_port="${HTTP_PORT:-8001}" \
  --grpc_port="${GRPC_PORT:-50051}" --model_path="${MODEL_PATH:-$(dirname "$0")/model.onnx}" \
  --pid-file "${TMPDIR:-/tmp}/pred-${HTTP_PORT:-8001}.pid" --disable-token-auth
