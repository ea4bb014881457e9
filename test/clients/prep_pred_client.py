"""Asks pred as the pattern's prep does, and expects what ONNX Runtime itself has of the same image."""

import os
import tempfile

import grpc
import numpy as np
import onnxruntime
from onnxruntime_protos import compile_protos

with tempfile.TemporaryDirectory() as folder:
    compile_protos(folder)
    import onnx_ml_pb2
    import predict_pb2
    import prediction_service_pb2_grpc

session = onnxruntime.InferenceSession(os.environ["MODEL_PATH"])


def predict(stub, image):
    input_tensor = onnx_ml_pb2.TensorProto()
    input_tensor.dims.extend(image.shape)
    input_tensor.data_type = 1
    input_tensor.raw_data = image.tobytes()
    request_message = predict_pb2.PredictRequest()
    request_message.inputs["input"].data_type = input_tensor.data_type
    request_message.inputs["input"].dims.extend(image.shape)
    request_message.inputs["input"].raw_data = input_tensor.raw_data
    response = stub.Predict(request_message)
    output = np.frombuffer(response.outputs["output"].raw_data, dtype=np.float32)
    assert list(response.outputs["output"].dims) == [1, output.size]
    return output


with grpc.insecure_channel(os.environ["GRPC_INFERENCE"]) as channel:
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    for seed in range(5):
        image = np.random.default_rng(seed).normal(size=(1, 3, 224, 224)).astype(np.float32)
        (expected,) = session.run(["output"], {"input": image})
        np.testing.assert_allclose(predict(stub, image), expected[0], rtol=1e-4, atol=1e-5)
    try:
        predict(stub, np.zeros((1, 3, 8, 8), dtype=np.float32))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
    else:
        raise AssertionError("an image of another size was taken")
print("equal")
