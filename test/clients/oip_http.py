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


def refused(call, *words):
    try:
        call()
    except InferenceServerException as error:
        assert all(word in str(error) for word in words), error
    else:
        raise AssertionError(f"{words} was not refused")


def be_refused():
    values = np.zeros(2, np.int32)
    for model, name, text in (("nobody", "x", "nobody"), ("same_FP32", "x", "INT32"), ("same_INT32", "z", '"z"')):
        refused(lambda: client.infer(model, [tensor(name, values, True)]), text)


def load_and_unload():
    states = lambda: {each["name"]: each["state"] for each in client.get_model_repository_index()}
    assert "model_repository" in client.get_server_metadata()["extensions"]
    assert states()["idle"] == "UNAVAILABLE" and not client.is_model_ready("idle")
    client.load_model("idle")
    client.load_model("idle")
    assert states()["idle"] == "READY" and client.is_model_ready("idle")
    client.unload_model("idle", unload_dependents=True)
    assert states()["idle"] == "UNAVAILABLE" and not client.is_model_ready("idle")
    refused(lambda: client.load_model("idle", config="{}"), "501", "a model is served as its archive has it")
    refused(lambda: client.load_model("nobody"), "404", "nobody")
    refused(lambda: client.unload_model("nobody"), "404", "nobody")


def count():
    name, inputs = "same_INT8", [tensor("x", VALUES["INT8"], True)]
    before = client.get_inference_statistics(name)["model_stats"][0]
    for _ in range(5):
        client.infer(name, inputs)
    after = client.get_inference_statistics(name, "1.0")["model_stats"][0]
    assert after["inference_count"] == before["inference_count"] + 5, after
    stats = after["inference_stats"]
    assert stats["success"]["count"] == after["inference_count"] and stats["fail"]["count"] == 0, after
    assert stats["success"]["ns"] > stats["compute_infer"]["ns"] > 0, after
    assert len(client.get_inference_statistics()["model_stats"]) > 13


def classify():
    scores = np.array([0.25, 0.5, 0.125], np.float32)
    output = http.InferRequestedOutput("y", class_count=2)
    answer = client.infer("same_FP32", [tensor("x", scores, True)], outputs=[output])
    assert answer.as_numpy("y").tolist() == [b"0.500000:1", b"0.250000:0"], answer.as_numpy("y")


def say_more():
    inputs = [tensor("x", VALUES["INT8"], True)]
    answer = client.infer(
        "same_INT8",
        inputs,
        sequence_id=3,
        sequence_start=True,
        priority=1,
        timeout=60_000_000,
        parameters={"own": "value"},
    )
    same(answer.as_numpy("y"), VALUES["INT8"])
    refused(lambda: client.infer("same_INT8", inputs, parameters={"triton_x": 1}), "reserved")


def switch_the_log():
    settings = client.get_log_settings()
    assert settings["log_info"] is True, settings
    assert client.update_log_settings({"log_info": False})["log_info"] is False
    assert client.update_log_settings(settings) == settings
    refused(lambda: client.update_log_settings({"log_file": "/tmp/other"}), "501")


def be_refused_shared_memory():
    refused(lambda: client.register_system_shared_memory("r", "/r", 64), "501", "Shared memory")
    refused(lambda: client.get_cuda_shared_memory_status(), "501", "Shared memory")
    refused(lambda: client.get_trace_settings(), "404")


for check in (
    ask_of_the_server,
    carry_all_datatypes,
    ask_for_outputs,
    compress,
    be_refused,
    load_and_unload,
    count,
    classify,
    say_more,
    switch_the_log,
    be_refused_shared_memory,
):
    check()
    print(check.__name__)
