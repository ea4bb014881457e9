"""Asks a daemon with tritonclient.grpc, and fails where an answer is not what was sent or what numpy makes of it."""

import os
import queue
import time

import grpc as wire
import numpy as np
import tritonclient.grpc as grpc
from oip_values import VALUES, same
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

ADDRESS = os.environ["GRPC_INFERENCE"]
FIELDS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "INT64": "int64_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
client = grpc.InferenceServerClient(ADDRESS)
manager = grpc.InferenceServerClient(os.environ["GRPC_MANAGEMENT"])


def tensor(name, values):
    given = grpc.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
    given.set_data_from_numpy(values)
    return given


def text(value):
    return [tensor("text", np.array([value.encode()], np.object_))]


def refused(status, ask):
    try:
        ask()
    except InferenceServerException as error:
        assert error.status() == f"StatusCode.{status}", error
        return error.message()
    raise AssertionError(f"it was not refused with {status}")


def ask_of_the_server():
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("sum") and client.is_model_ready("sum", "1.0")
    refused("NOT_FOUND", lambda: client.is_model_ready("nobody"))
    extensions = list(client.get_server_metadata().extensions)
    assert "statistics" in extensions and "model_repository" not in extensions, extensions
    config = client.get_model_config("sum").config
    assert config.max_batch_size == 0 and config.backend == "marserve", config
    assert config.input[1].name == "b" and config.input[1].data_type == 11 and list(config.output[0].dims) == [-1, 2]
    metadata = client.get_model_metadata("sum", "1.0")
    assert [each.name for each in metadata.inputs] == ["a", "b"], metadata
    assert metadata.outputs[0].datatype == "FP32" and list(metadata.outputs[0].shape) == [-1, 2], metadata


def carry_all_datatypes():
    for datatype, values in VALUES.items():
        same(client.infer(f"same_{datatype}", [tensor("x", values)]).as_numpy("y"), values)


def carry_typed_contents():
    """As clients do that use the stubs; some of them look for the outputs' contents, others for raw ones."""
    with wire.insecure_channel(ADDRESS) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        for datatype, field in FIELDS.items():
            request = service_pb2.ModelInferRequest(model_name=f"same_{datatype}")
            given = request.inputs.add(name="x", datatype=datatype, shape=[2])
            getattr(given.contents, field).extend(VALUES[datatype].tolist())
            answer = stub.ModelInfer(request, timeout=60)
            assert getattr(answer.outputs[0].contents, field) == getattr(given.contents, field), answer
            same(grpc.InferResult(answer).as_numpy("y"), VALUES[datatype])


def ask_for_outputs():
    a, b = np.array([[1, 2]], np.float32), np.array([[3, 5]], np.float32)
    answer = client.infer(
        "sum",
        [tensor("a", a), tensor("b", b)],
        outputs=[grpc.InferRequestedOutput("difference")],
        request_id="7",
        model_version="1.0",
        parameters={"mood": "good"},
    )
    same(answer.as_numpy("difference"), a - b)
    assert answer.as_numpy("sum") is None
    response = answer.get_response()
    assert response.id == "7" and response.model_version == "1.0", response


def compress():
    values = np.arange(100_000, dtype=np.float32)
    for algorithm in ("gzip", "deflate"):
        same(client.infer("same_FP32", [tensor("x", values)], compression_algorithm=algorithm).as_numpy("y"), values)


def be_refused():
    values = tensor("x", np.zeros(2, np.int32))
    assert "nobody" in refused("NOT_FOUND", lambda: client.infer("nobody", [values]))
    assert "INT32" in refused("INVALID_ARGUMENT", lambda: client.infer("same_FP32", [values]))
    assert "ModelStreamInfer" in refused("UNIMPLEMENTED", lambda: client.infer("counter", text("2")))
    refused("UNIMPLEMENTED", lambda: client.get_system_shared_memory_status())


def stream():
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), compression_algorithm="gzip")
    for number in range(50):
        values = np.full((1, 2), number, np.float32)
        client.async_stream_infer("sum", [tensor("a", values), tensor("b", values)], request_id=str(number))
    for _ in range(50):
        result, error = answers.get(timeout=60)
        assert error is None, error
        assert result.as_numpy("sum")[0, 0] == 2 * float(result.get_response().id)
    client.async_stream_infer("counter", text("3"), request_id="parts", enable_empty_final_response=True)
    parts = []
    while True:
        result, error = answers.get(timeout=60)
        assert error is None, error
        if result.get_response().parameters["triton_final_response"].bool_param:
            break
        parts.append(result.as_numpy("predict")[0])
    assert parts == [0, 1, 2] and not result.get_response().outputs, parts
    client.async_stream_infer("nobody", text("x"))
    assert "nobody" in answers.get(timeout=60)[1].message()
    client.async_stream_infer("counter", text("1"))
    assert answers.get(timeout=60)[0].as_numpy("predict")[0] == 0
    client.stop_stream()


def give_up():
    started = time.monotonic()
    refused("DEADLINE_EXCEEDED", lambda: client.infer("hang", text("x"), client_timeout=0.5))
    answers = queue.Queue()
    call = client.async_infer("hang", text("x"), lambda result, error: answers.put(error))
    call.cancel()
    assert answers.get(timeout=60).status() == "StatusCode.CANCELLED"
    client.start_stream(lambda result, error: answers.put(error))
    client.async_stream_infer("hang", text("x"))
    client.stop_stream(cancel_requests=True)
    assert answers.get(timeout=60).status() == "StatusCode.CANCELLED"
    assert time.monotonic() - started < 30


def count():
    before = client.get_inference_statistics("same_FP64").model_stats[0]
    for _ in range(5):
        client.infer("same_FP64", [tensor("x", VALUES["FP64"])])
    after = client.get_inference_statistics("same_FP64", "1.0").model_stats[0]
    assert after.inference_count - before.inference_count == 5, (before, after)
    assert after.inference_stats.success.ns > before.inference_stats.success.ns and after.batch_stats[0].batch_size == 1


def manage():
    states = {each.name: each.state for each in manager.get_model_repository_index().models}
    assert states["sum"] == "READY" and states["spare"] == "UNAVAILABLE", states
    manager.load_model("spare")
    assert client.is_model_ready("spare")
    manager.unload_model("spare")
    refused("NOT_FOUND", lambda: client.is_model_ready("spare"))
    refused("UNIMPLEMENTED", lambda: manager.load_model("spare", config="{}"))


for check in (
    ask_of_the_server,
    carry_all_datatypes,
    carry_typed_contents,
    ask_for_outputs,
    compress,
    be_refused,
    stream,
    give_up,
    count,
    manage,
):
    check()
    print(check.__name__)
