"""Asks a daemon as the clients of ONNX Runtime Server do: grpcio and the three protos, and protobuf over REST."""

import os
import tempfile
import urllib.request

import grpc
import numpy as np
from google.protobuf import json_format
from onnxruntime_protos import compile_protos

with tempfile.TemporaryDirectory() as folder:
    compile_protos(folder)
    import onnx_ml_pb2
    import predict_pb2
    import prediction_service_pb2_grpc

IMAGE = np.random.default_rng(7).random((1, 3, 224, 224), dtype=np.float32)


def expected(image):
    scores = image.mean(axis=(2, 3)) * 1000
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def tensor(image, raw):
    made = onnx_ml_pb2.TensorProto()
    made.dims.extend(image.shape)
    made.data_type = 1
    if raw:
        made.raw_data = image.tobytes()
    else:
        made.float_data.extend(image.ravel().tolist())
    return made


def request(raw):
    made = predict_pb2.PredictRequest()
    made.inputs["input"].CopyFrom(tensor(IMAGE, raw))
    return made


def check(response, raw):
    output = response.outputs["output"]
    values = np.frombuffer(output.raw_data, dtype=np.float32) if raw else np.array(output.float_data, dtype=np.float32)
    assert (len(output.raw_data) > 0) == raw, output
    assert output.data_type == 1, output
    np.testing.assert_allclose(values.reshape(tuple(output.dims)), expected(IMAGE), rtol=1e-3)


def over_grpc():
    with grpc.insecure_channel(os.environ["GRPC_INFERENCE"]) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for raw in (True, False):
            check(stub.Predict(request(raw)), raw)
        wrong = predict_pb2.PredictRequest()
        wrong.inputs["other"].CopyFrom(tensor(IMAGE, True))
        try:
            stub.Predict(wrong)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
            assert '"other"' in error.details(), error
        else:
            raise AssertionError("there is no input of that name")
    print("grpc")


def post(body, content_type, accept):
    url = f"{os.environ['INFERENCE']}/v1/models/default/versions/1:predict"
    headers = {"content-type": content_type, "accept": accept}
    return urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers)).read()


def over_rest():
    for raw in (True, False):
        for content_type in ("application/x-protobuf", "application/octet-stream"):
            answer = post(request(raw).SerializeToString(), content_type, content_type)
            check(predict_pb2.PredictResponse.FromString(answer), raw)
        for original_names in (True, False):
            body = json_format.MessageToJson(request(raw), preserving_proto_field_name=original_names)
            answer = post(body.encode(), "application/json", "application/json")
            check(json_format.Parse(answer, predict_pb2.PredictResponse()), raw)
    print("rest")


over_grpc()
over_rest()
