"""Asks by stubs that are generated of the .proto files, over both APIs of TorchServe, and prints what came."""

import json
import os
import sys
import tempfile
import urllib.request

import grpc
from grpc_tools import protoc

PROTOS = os.environ["PROTOS"]
FILES = ["google/rpc/status.proto", "torchserve/inference.proto", "torchserve/management.proto"]

with tempfile.TemporaryDirectory() as folder:
    # Beside google.rpc there is google.protobuf, of another package.
    arguments = ["protoc", f"-I{PROTOS}", f"-I{os.path.dirname(protoc.__file__)}/_proto"]
    outputs = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    assert protoc.main([*arguments, *outputs, *FILES[1:]]) == 0
    sys.path.insert(0, folder)
    assert protoc.main([*arguments, outputs[0], FILES[0]]) == 0
    import google

    google.__path__.append(os.path.join(folder, "google"))
    from torchserve import inference_pb2, inference_pb2_grpc, management_pb2, management_pb2_grpc

    def asked(name, body):
        return inference_pb2.PredictionsRequest(model_name=name, input={"body": body}, sequence_id=name)

    def over_rest(body):
        request = urllib.request.Request(f"{os.environ['INFERENCE_URL']}/predictions/matmul", data=body)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    with grpc.insecure_channel(os.environ["GRPC_INFERENCE"]) as channel:
        stub = inference_pb2_grpc.InferenceAPIsServiceStub(channel)
        health = stub.Ping(inference_pb2.google_dot_protobuf_dot_empty__pb2.Empty(), timeout=60).health
        bodies = [json.dumps([number / 3, number, -number]).encode() for number in range(50)]
        same = all(stub.Predictions(asked("matmul", body), timeout=60).prediction == over_rest(body) for body in bodies)
        parts = [part.prediction for part in stub.StreamPredictions(asked("matmul", bodies[1]), timeout=60)]
        requests = [asked(name, bodies[2]) for name in ("matmul", "nobody", "matmul")]
        streamed = list(stub.StreamPredictions2(iter(requests), timeout=60))
        try:
            stub.Predictions(asked("nobody", b""), timeout=60)
            refused = None
        except grpc.RpcError as error:
            refused = [error.code().name, error.details()]
    with grpc.insecure_channel(os.environ["GRPC_MANAGEMENT"]) as channel:
        stub = management_pb2_grpc.ManagementAPIsServiceStub(channel)
        listed = json.loads(stub.ListModels(management_pb2.ListModelsRequest(limit=10), timeout=60).msg)

print(
    json.dumps(
        {
            "health": json.loads(health)["status"],
            "same": same,
            "parts": len(parts),
            "streamed": [[answer.sequence_id, answer.status.code] for answer in streamed],
            "refused": refused,
            "models": [model["modelName"] for model in listed["models"]],
        }
    )
)
