"""Asks a daemon with tritonclient.http, and fails where an answer is not what was sent or what numpy makes of it."""

import os

import numpy as np
import tritonclient.http as http
from oip_values import VALUES, same
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

client = http.InferenceServerClient(os.environ["INFERENCE_URL"].removeprefix("http://"))


def tensor(name, values, binary):
    given = http.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def wanted(name, binary):
    return http.InferRequestedOutput(name, binary_data=binary)


def carry_all_datatypes():
    for datatype, values in VALUES.items():
        model = f"same_{datatype}"
        same(client.infer(model, [tensor("x", values, True)]).as_numpy("y"), values)
        if datatype == "FP16":
            continue
        for given in (True, False):
            for asked in (True, False):
                answer = client.infer(model, [tensor("x", values, given)], outputs=[wanted("y", asked)])
                same(answer.as_numpy("y"), values)


def ask_of_the_server():
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("sum") and client.is_model_ready("sum", "1.0")
    assert not client.is_model_ready("nobody")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    config = client.get_model_config("sum")
    assert config["max_batch_size"] == 0 and config["input"][1]["data_type"] == "TYPE_FP32", config
    metadata = client.get_model_metadata("sum")
    assert [each["name"] for each in metadata["inputs"]] == ["a", "b"], metadata
    assert metadata["outputs"][0] == {"name": "sum", "datatype": "FP32", "shape": [-1, 2]}, metadata


def ask_for_outputs():
    a, b = np.array([[1, 2]], np.float32), np.array([[3, 5]], np.float32)
    inputs = [tensor("a", a, True), tensor("b", b, False)]
    answer = client.infer("sum", inputs, outputs=[wanted("difference", True)], request_id="7", model_version="1.0")
    same(answer.as_numpy("difference"), a - b)
    assert answer.as_numpy("sum") is None
    response = answer.get_response()
    assert response["id"] == "7" and response["model_version"] == "1.0", response


def compress():
    values = np.arange(100_000, dtype=np.float32)
    for algorithm in ("gzip", "deflate"):
        answer = client.infer(
            "same_FP32",
            [tensor("x", values, True)],
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
        same(answer.as_numpy("y"), values)


def be_refused():
    values = np.zeros(2, np.int32)
    for model, name, text in (("nobody", "x", "nobody"), ("same_FP32", "x", "INT32"), ("same_INT32", "z", '"z"')):
        try:
            client.infer(model, [tensor(name, values, True)])
        except InferenceServerException as error:
            assert text in str(error), error
        else:
            raise AssertionError(f"{model} {name} was not refused")


for check in (ask_of_the_server, carry_all_datatypes, ask_for_outputs, compress, be_refused):
    check()
    print(check.__name__)
