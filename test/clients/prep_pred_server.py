"""A pred that is not ours: ONNX Runtime Server's protocol over gRPC, by grpcio and Python's onnxruntime, until it is ended."""

import os
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor

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


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    def Predict(self, request, context):
        try:
            inputs = {name: np.frombuffer(each.raw_data, np.float32).reshape(list(each.dims)) for name, each in request.inputs.items()}
            outputs = session.run(list(request.output_filter) or None, inputs)
        except Exception as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"ONNX Runtime Status Code: 2. {error}")
        answer = predict_pb2.PredictResponse()
        for output, values in zip(session.get_outputs(), outputs):
            answer.outputs[output.name].CopyFrom(onnx_ml_pb2.TensorProto(dims=values.shape, data_type=1, raw_data=values.tobytes()))
        return answer


def check(_request, _context):
    return b"\x08\x01"  # HealthCheckResponse: SERVING


server = grpc.server(ThreadPoolExecutor(4))
prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(), server)
health = grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)})
server.add_generic_rpc_handlers([health])
server.add_insecure_port(f"127.0.0.1:{os.environ.get('GRPC_PORT', '0')}")
server.start()
signal.sigwait([signal.SIGTERM, signal.SIGINT])
server.stop(0)
