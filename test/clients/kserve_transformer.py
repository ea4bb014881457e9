"""A transformer of KServe's own Python package in front of a daemon that serves the model "price"; prints its answers."""

import asyncio
import json
import os

import numpy as np
from kserve import InferInput, InferRequest, Model
from kserve import context as kserve_context
from kserve.predictor_config import PredictorConfig


class Doubling(Model):
    """Twice the area, one more for the price."""

    def preprocess(self, payload, headers=None):
        features = np.array(payload["instances"], np.float32) * np.array([2, 1, 1], np.float32)
        if self.predictor_config.protocol == "v1":
            return {"instances": features.tolist()}
        features_input = InferInput("features", list(features.shape), "FP32")
        features_input.set_data_from_numpy(features, binary_data=True)
        return InferRequest(model_name=self.name, infer_inputs=[features_input])

    def postprocess(self, result, headers=None, response_headers=None):
        if isinstance(result, dict):
            return {"predictions": [row[0] + 1 for row in result["predictions"]]}
        return {"predictions": (result.outputs[0].as_numpy() + 1).flatten().tolist()}


async def main():
    answers = {}
    for protocol, host in [
        ("v1", os.environ["REST_HOST"]),
        ("v2", os.environ["REST_HOST"]),
        ("grpc-v2", os.environ["GRPC_HOST"]),
    ]:
        kserve_context.set_predictor_config(PredictorConfig(host, protocol, predictor_request_timeout_seconds=60))
        model = Doubling("price")
        model.ready = True
        answer = await model({"instances": [[80, 3, 12], [60, 2, 40]]}, headers={"x-request-id": "mine"})
        answers[protocol] = answer[0] if isinstance(answer, tuple) else answer
    print(json.dumps(answers))


asyncio.run(main())
