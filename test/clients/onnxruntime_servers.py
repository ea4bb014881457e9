"""Servers as Microsoft's and kibae's of ONNX Runtime, made of the original protos: with one model, which has the prices of houses."""

import http.server
import json
import os
import sys
import tempfile
import threading
from concurrent import futures

import grpc
import numpy as np
from onnxruntime_protos import compile_protos

with tempfile.TemporaryDirectory() as folder:
    compile_protos(folder)
    import predict_pb2
    import prediction_service_pb2_grpc


def prices(features):
    if features.ndim != 2 or features.shape[1] != 3:
        raise ValueError(f"expected features of three, got {features.shape}")
    return features @ np.array([[3], [10], [-1]], np.float32)


def predict(request):
    """As the original: what was raw is answered raw."""
    tensor = request.inputs["features"]
    raw = len(tensor.raw_data) > 0
    values = np.frombuffer(tensor.raw_data, np.float32) if raw else np.array(tensor.float_data, np.float32)
    answer = prices(values.reshape(tuple(tensor.dims)))
    response = predict_pb2.PredictResponse()
    output = response.outputs["price"]
    output.dims.extend(answer.shape)
    output.data_type = 1
    if raw:
        output.raw_data = answer.tobytes()
    else:
        output.float_data.extend(answer.ravel().tolist())
    return response


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    def Predict(self, request, context):
        try:
            return predict(request)
        except ValueError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, content_type, body):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, status, value):
        self.answer(status, "application/json", json.dumps(value).encode())

    def body(self):
        return self.rfile.read(int(self.headers["content-length"]))

    def log_message(self, *_):
        pass


class Microsoft(Handler):
    def do_GET(self):
        self.answer(200, "text/plain", b"Healthy")

    def do_POST(self):
        body = self.body()
        if not (self.path == "/score" or self.path.startswith("/v1/models/") and self.path.endswith(":predict")):
            return self.json(404, {"error_code": 404, "error_message": "Invalid request"})
        try:
            response = predict(predict_pb2.PredictRequest.FromString(body))
            self.answer(200, "application/octet-stream", response.SerializeToString())
        except ValueError as error:
            self.json(400, {"error_code": 400, "error_message": str(error)})


class Kibae(Handler):
    session = {
        "model": "price",
        "version": "1",
        "created_at": 1,
        "execution_count": 0,
        "last_executed_at": 0,
        "inputs": {"features": "float32[-1,3]"},
        "outputs": {"price": "float32[-1,1]"},
        "option": {},
    }

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, "text/plain", b"OK")
        known = {"/api/sessions": [self.session], "/api/sessions/price/1": self.session}
        if self.path in known:
            return self.json(200, known[self.path])
        return self.json(404, {"error": "session not found"})

    def do_POST(self):
        features = json.loads(self.body())["features"]
        if self.path != "/api/sessions/price/1":
            return self.json(404, {"error": "session not found"})
        try:
            self.json(200, {"price": prices(np.array(features, np.float32)).tolist()})
        except ValueError as error:
            self.json(400, {"error": str(error)})


def serve(handler, variable):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[variable])), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


server = grpc.server(futures.ThreadPoolExecutor(4))
prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
server.add_insecure_port(f"127.0.0.1:{os.environ['GRPC_PORT']}")
server.start()
serve(Microsoft, "HTTP_PORT")
serve(Kibae, "KIBAE_PORT")
print("ready", flush=True)
sys.stdin.read()
