"""KServe's clients against graphs: one that was registered, and InferenceGraphs that were applied; a failed check ends it."""

import asyncio
import os

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

URL = os.environ["INFERENCE_URL"]
ROWS = [[1, 2, 3], [4, 5, 6]]
SUM, WEIGHTED = [[6], [15]], [[321], [654]]
MEAN = [[163.5], [334.5]]
DOUBLE = [[642], [1308]]


def request(model, binary):
    given = InferInput("x", [2, 3], "FP32")
    given.set_data_from_numpy(np.array(ROWS, np.float32), binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[given])


def outputs(answer):
    return {each.name: each.as_numpy().tolist() for each in answer.outputs}


async def as_v1(client):
    async def ask(model):
        answer = await client.infer(URL, data={"instances": ROWS}, model_name=model)
        # As an InferenceGraph is asked: at an address of its own, which says all.
        address = f"{URL}/v1/models/{model}:predict"
        assert await client.infer(address, data={"instances": ROWS}, is_graph_endpoint=True) == answer, model
        return answer["predictions"]

    assert await client.is_model_ready(URL, "mean") is True
    assert await client.is_model_ready(URL, "lost") is False
    assert await ask("mean") == MEAN
    assert await ask("sequence") == DOUBLE
    assert await ask("switch") == WEIGHTED
    assert await ask("ensemble") == [{"plain": a, "0": b} for a, b in zip(SUM, WEIGHTED)]
    answer = await client.infer(URL, data={"instances": ROWS}, model_name="splitter")
    assert answer["predictions"] in (SUM, WEIGHTED), answer
    try:
        await client.infer(URL, data={"instances": ROWS[:1]}, model_name="switch")
    except Exception as error:
        assert error.response.status_code == 404 and "root" in error.response.json()["error"], error
    else:
        raise AssertionError("no condition is met")


async def as_v2(ask):
    for binary in (False, True):
        for model, expected in (("mean", MEAN), ("sequence", DOUBLE)):
            assert outputs(await ask(request(model, binary))) == {"y": expected}, model
        answer = outputs(await ask(request("ensemble", binary)))
        assert answer == {"plain.y": SUM, "0.y": WEIGHTED}, answer
        answer = outputs(await ask(request("splitter", binary)))
        assert answer["y"] in (SUM, WEIGHTED), answer


async def main():
    v1, v2 = (InferenceRESTClient(RESTConfig(protocol=protocol, retries=1)) for protocol in ("v1", "v2"))
    grpc = InferenceGRPCClient(os.environ["GRPC_INFERENCE"])
    await as_v1(v1)
    await as_v2(lambda asked: v2.infer(URL, asked, model_name=asked.model_name))
    await as_v2(grpc.infer)
    for model, is_ready in (("mean", True), ("sequence", True), ("lost", False)):
        assert await v2.is_model_ready(URL, model) is is_ready, model
        assert await grpc.is_model_ready(model) is is_ready, model
    for client in (v1, v2, grpc):
        await client.close()
    print("answered")


asyncio.run(main())
