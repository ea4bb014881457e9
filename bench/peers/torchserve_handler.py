import os

from onnx_model import OnnxModel


class OnnxHandler:
    def initialize(self, context):
        name = context.manifest["model"]["modelName"]
        self.model = OnnxModel(os.path.join(context.system_properties["model_dir"], f"{name}.onnx"))

    def handle(self, data, context):
        return self.model.predict([request["body"] for request in data]).tolist()
