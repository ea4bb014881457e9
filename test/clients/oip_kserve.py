"""Asks a daemon with the REST client of KServe, by the protocol's second version."""

import asyncio
import os

import numpy as np
from kserve import InferInput, InferRequest, InferenceRESTClient, RESTConfig

URL = os.environ["INFERENCE_URL"]


def request(binary):
    inputs = []
    for name, values in (("a", [[1, 2]]), ("b", [[3, 5]])):
        given = InferInput(name, [1, 2], "FP32")
        given.set_data_from_numpy(np.array(values, np.float32), binary_data=binary)
        inputs.append(given)
    return InferRequest(model_name="sum", infer_inputs=inputs)


async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_ready(URL)
    assert await client.is_server_live(URL)
    assert await client.is_model_ready(URL, "sum")
    for binary in (False, True):
        answer = await client.infer(URL, request(binary), model_name="sum")
        outputs = {each.name: each.as_numpy().tolist() for each in answer.outputs}
        assert outputs == {"sum": [[4.0, 7.0]], "difference": [[-2.0, -3.0]]}, outputs
    print("answered")


asyncio.run(main())
