import bentoml
import numpy as np
from bench_settings import BATCH, MODELS, WAIT_MS
from onnx_model import OnnxModel


def load(self):
    self.models = {name: OnnxModel(file) for name, file in MODELS.items()}


def api_of(name):
    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.models[name].predict(x)

    predict.__name__ = name
    options = {"batchable": True, "max_batch_size": BATCH, "max_latency_ms": 10_000} if BATCH > 1 else {}
    return bentoml.api(route=f"/predict/{name}", **options)(predict)


OnnxModels = bentoml.service(
    workers=1,
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)(type("OnnxModels", (), {"__init__": load, **{name: api_of(name) for name in MODELS}}))
