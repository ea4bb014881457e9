import orjson
import uvicorn
from bench_settings import MODELS, PORT
from fastapi import FastAPI, Request, Response
from onnx_model import OnnxModel

app = FastAPI()
models = {name: OnnxModel(file) for name, file in MODELS.items()}


@app.post("/predict/{name}")
async def predict(name: str, request: Request) -> Response:
    row = orjson.loads(await request.body())
    [answer] = models[name].predict([row])
    return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, access_log=False, log_level="warning")
