import litserve
from bench_settings import BATCH, MODELS, PORT, WAIT_MS
from onnx_model import OnnxModel


class Api(litserve.LitAPI):
    def __init__(self, file, **options):
        super().__init__(**options)
        self.file = file

    def setup(self, device):
        self.model = OnnxModel(self.file)

    def decode_request(self, request):
        return request

    def predict(self, x):
        return self.model.predict([x] if BATCH == 1 else x)

    def batch(self, inputs):
        return inputs

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return (output[0] if BATCH == 1 else output).tolist()


if __name__ == "__main__":
    apis = [
        Api(file, max_batch_size=BATCH, batch_timeout=WAIT_MS / 1000, api_path=f"/predict/{name}")
        for name, file in MODELS.items()
    ]
    server = litserve.LitServer(apis, accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=PORT, num_api_servers=1, generate_client_file=False, log_level="warning", access_log=False)
