#!/bin/sh
# Starts prep as the pattern does, by the same environment variables.
set -eu

export HOST="${HOST:-0.0.0.0}" PORT="${PORT:-8000}"

exec model-server --foreground --ncs --ts-config "$(dirname "$0")/config.properties" \
  --model-store "${MODEL_STORE:-$(dirname "$0")}" --models prep.mar --model_name prep \
  --default-workers-per-model "${WORKERS:-4}" --shutdown-timeout "${GRACEFUL_TIMEOUT:-10}" \
  --predictor_host "${API_ADDRESS:-localhost}:${GRPC_PORT:-50051}" \
  --log-level "$(echo "${LOG_LEVEL:-info}" | tr '[:upper:]' '[:lower:]')" \
  --pid-file "${TMPDIR:-/tmp}/prep-${PORT}.pid" --disable-token-auth
