import os

import orjson
from bench_settings import BATCH, MODELS, WAIT_MS
from mosec import Runtime, Server, Worker
from onnx_model import OnnxModel


class Predictor(Worker):
    def __init__(self):
        super().__init__()
        self.model = OnnxModel(MODELS[os.environ["BENCH_MODEL"]])

    def deserialize(self, data):
        return orjson.loads(data)

    def serialize(self, data):
        return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)

    def forward(self, data):
        if BATCH == 1:
            return self.model.predict([data])[0]
        return list(self.model.predict(data))


if __name__ == "__main__":
    server = Server()
    server.register_runtime(
        {
            f"/predict/{name}": [
                Runtime(Predictor, max_batch_size=BATCH, max_wait_time=WAIT_MS, env=[{"BENCH_MODEL": name}])
            ]
            for name in MODELS
        }
    )
    server.run()
