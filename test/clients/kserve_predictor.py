"""The kserve package's ModelServer with the model "price": V1, V2 and gRPC."""

import os

import numpy as np
from kserve import InferOutput, InferResponse, Model, ModelServer
from kserve.errors import InvalidInput
from kserve.utils.utils import generate_uuid

WEIGHTS = np.array([3, 10, -1], np.float32)


class Price(Model):
    def load(self):
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        if isinstance(payload, dict):
            return {"predictions": self.prices(np.array(payload["instances"], np.float32)).tolist()}
        prices = self.prices(payload.inputs[0].as_numpy())
        output = InferOutput(name="price", shape=list(prices.shape), datatype="FP32")
        output.set_data_from_numpy(prices, binary_data=payload.use_binary_outputs or payload.from_grpc)
        return InferResponse(response_id=payload.id or generate_uuid(), model_name=self.name, infer_outputs=[output])

    def prices(self, features):
        if features.ndim != 2 or features.shape[1] != 3:
            raise InvalidInput(f"expected features of three, got {features.shape}")
        return (features @ WEIGHTS)[:, None]

    def get_input_types(self):
        return [{"name": "features", "datatype": "FP32", "shape": [-1, 3]}]

    def get_output_types(self):
        return [{"name": "price", "datatype": "FP32", "shape": [-1, 1]}]


model = Price("price")
model.load()
ModelServer(http_port=int(os.environ["HTTP_PORT"]), grpc_port=int(os.environ["GRPC_PORT"])).start([model])
