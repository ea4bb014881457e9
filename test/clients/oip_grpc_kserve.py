"""Asks a daemon with the gRPC client of KServe, with raw and with typed contents."""

import asyncio
import os

import grpc
from kserve import InferInput, InferRequest, InferenceGRPCClient
from oip_values import VALUES, same


def request(datatype, raw):
    values = VALUES[datatype]
    given = InferInput("x", list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=raw)
    return InferRequest(model_name=f"same_{datatype}", request_id="7", infer_inputs=[given])


async def main():
    client = InferenceGRPCClient(os.environ["GRPC_INFERENCE"])
    assert await client.is_server_live() and await client.is_server_ready()
    assert await client.is_model_ready("same_FP32")
    for datatype, values in VALUES.items():
        for raw in (True, False):
            if datatype == "FP16" and not raw:
                continue
            answer = await client.infer(request(datatype, raw))
            assert answer.id == "7" and answer.model_version == "1.0", answer
            same(answer.outputs[0].as_numpy(), values)
    try:
        await client.is_model_ready("nobody")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
    else:
        raise AssertionError("nobody is ready")
    await client.close()
    print("answered")


asyncio.run(main())
