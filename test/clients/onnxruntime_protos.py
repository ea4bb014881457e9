"""The protos of ONNX Runtime Server, compiled."""

import pathlib
import sys

from grpc_tools import protoc

PROTOS = pathlib.Path(__file__).parent / "onnxruntime_server_protos"


def compile_protos(target):
    """Makes modules in the folder, and puts it where imports are looked for."""
    files = ["onnx-ml.proto", "predict.proto", "prediction_service.proto"]
    arguments = ["protoc", f"-I{PROTOS}", f"--python_out={target}", f"--grpc_python_out={target}", *files]
    assert protoc.main(arguments) == 0
    sys.path.insert(0, target)
