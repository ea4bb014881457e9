"""KServe's own client against a daemon that serves the models echo and matmul; a failed check ends it."""

import asyncio
import base64
import json
import os
import struct

from kserve import InferenceRESTClient, RESTConfig


async def main():
    url = os.environ["INFERENCE_URL"]
    client = InferenceRESTClient(config=RESTConfig(protocol="v1", retries=1))
    assert await client.is_server_live(url) is True
    assert await client.is_model_ready(url, "echo") is True
    assert await client.is_model_ready(url, "idle") is False
    answer = await client.infer(url, data={"instances": [[1, 2, 3], [4, 5, 6]]}, model_name="matmul")
    predictions = answer["predictions"]
    answer = await client.infer(url, data={"instances": ["a", {"data": "b"}]}, model_name="echo")
    assert answer == {"predictions": ["a", "b"]}, answer
    answer = await client.explain(url, data={"instances": [1]}, model_name="echo")
    assert answer == {"explanations": [1]}, answer
    for inputs in [[[1, 2, 3], [4, 5, 6]], {"x": [[1, 2, 3], [4, 5, 6]]}]:
        answer = await client.infer(url, data={"inputs": inputs}, model_name="matmul")
        assert answer == {"predictions": predictions}, answer
    b64 = base64.b64encode(struct.pack("<3f", 1, 2, 3)).decode()
    answer = await client.infer(url, data={"instances": [{"b64": b64}, {"data": {"b64": b64}}]}, model_name="matmul")
    assert answer == {"predictions": [[predictions[0]], [predictions[0]]]}, answer
    try:
        await client.explain(url, data={"instances": [[1, 2, 3]]}, model_name="matmul")
    except Exception as error:
        assert error.response.status_code == 501, error
    else:
        raise AssertionError("expected 501")
    for name, data, status in [("nobody", {"instances": [1]}, 404), ("echo", {"nothing": 1}, 400)]:
        try:
            await client.infer(url, data=data, model_name=name)
        except Exception as error:
            assert error.response.status_code == status, error
        else:
            raise AssertionError(f"{name}: expected {status}")
    await client.close()
    print(json.dumps(predictions))


asyncio.run(main())
