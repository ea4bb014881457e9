"""The model "price" of MLServer."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse


class Price(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        features = NumpyCodec.decode_input(payload.inputs[0])
        if features.ndim != 2 or features.shape[1] != 3:
            raise InferenceError(f"expected features of three, got {features.shape}")
        prices = features.astype(np.float32) @ np.array([[3], [10], [-1]], np.float32)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("price", prices)])
