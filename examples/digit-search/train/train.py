"""Makes the artefacts of the digit-search example: an embedding model, a faiss index, labels and held-out images.

Everything is seeded and runs on one thread, so that a second run on the same machine writes the same bytes.
"""

import json
import platform
import shutil
import warnings
from importlib.metadata import version
from pathlib import Path

import faiss
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from scipy.ndimage import affine_transform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

EXAMPLE = Path(__file__).resolve().parent.parent
SEED = 0
HELD_OUT = 360
HIDDEN_LAYERS = (256, 32)  # the last one is the embedding
DISTORTED_COPIES = 10  # per train image; only for training, never in the index
EPOCHS = 40
MAX_LEVEL = 16  # grey levels of load_digits run from 0 to 16
NEIGHBOURS = 3
SMALLEST_NORM = 1e-12
OPSET = 17
IR_VERSION = 8
PACKAGES = ("faiss-cpu", "numpy", "onnx", "onnxruntime", "pillow", "scikit-learn", "scipy")


def main():
    """Trains, exports, indexes, writes the held-out images, and measures the accuracy from the written files."""
    train_images, held_out_images, train_labels, held_out_labels = split_digits()
    network = train_network(to_input(train_images), train_labels)
    write_model(network, EXAMPLE / "model.onnx")
    check_model(network, to_input(held_out_images))

    write_index(embed(to_input(train_images)))
    write_json(EXAMPLE / "faiss_label.json", train_labels.tolist())
    write_held_out(held_out_images, held_out_labels)

    report = {
        "heldOut": len(held_out_images),
        "trainImages": len(train_images),
        "accuracy": measure_accuracy(),
        "embeddingDim": HIDDEN_LAYERS[-1],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    }
    write_json(EXAMPLE / "train" / "report.json", report, indent=2)
    print(json.dumps(report, indent=2))


def split_digits():
    """Returns the train and held-out images (uint8 [n, 8, 8], 0..255) and their labels, stratified by digit."""
    digits = load_digits()
    images = np.round(digits.images * 255 / MAX_LEVEL).astype(np.uint8)
    return train_test_split(images, digits.target, test_size=HELD_OUT, stratify=digits.target, random_state=SEED)


def to_input(images):
    """Turns 8-bit grey images [n, 8, 8] into the model's input: float32 [n, 1, 8, 8] in 0..1."""
    return images[:, np.newaxis].astype(np.float32) / np.float32(255)


def train_network(inputs, labels):
    """Trains a classifier, on the images and distorted copies of them, whose last hidden layer becomes the embedding."""
    rng = np.random.default_rng(SEED)
    copies = [distort(image, rng) for _ in range(DISTORTED_COPIES) for image in inputs[:, 0]]
    samples = np.concatenate([inputs[:, 0], copies]).reshape(-1, inputs[0].size)
    network = MLPClassifier(HIDDEN_LAYERS, activation="relu", alpha=0.01, max_iter=EPOCHS, random_state=SEED)
    with warnings.catch_warnings():
        # The number of epochs is chosen, not a limit that was hit by accident.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(samples, np.tile(labels, DISTORTED_COPIES + 1))


def distort(image, rng):
    """Turns, scales, slants and shifts an image [8, 8] a little, as another hand might have written it."""
    angle = rng.uniform(-0.15, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = np.diag(rng.uniform(0.85, 1.15, 2))
    slant = np.array([[1, rng.uniform(-0.3, 0.3)], [0, 1]])
    matrix = turn @ scale @ slant
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, matrix, centre - matrix @ centre + rng.uniform(-0.5, 0.5, 2), order=1)


def hidden_layers(network):
    """Returns the (weights, bias) pairs of the network in float32, without its classifying output layer."""
    pairs = list(zip(network.coefs_, network.intercepts_))[:-1]
    return [(weights.astype(np.float32), bias.astype(np.float32)) for weights, bias in pairs]


def write_model(network, path):
    """Writes the network as ONNX: `image` float32 [batch, 1, 8, 8] to `embedding` float32 [batch, D] of length 1."""
    nodes = [helper.make_node("Flatten", ["image"], ["hidden_0"], axis=1)]
    constants = [numpy_helper.from_array(np.array([SMALLEST_NORM], np.float32), "smallest_norm")]
    layers = hidden_layers(network)
    for i, (weights, bias) in enumerate(layers):
        constants += [numpy_helper.from_array(weights, f"weights_{i}"), numpy_helper.from_array(bias, f"bias_{i}")]
        nodes += [
            helper.make_node("Gemm", [f"hidden_{i}", f"weights_{i}", f"bias_{i}"], [f"linear_{i}"]),
            helper.make_node("Relu", [f"linear_{i}"], [f"hidden_{i + 1}"]),
        ]
    nodes += normalise_nodes(f"hidden_{len(layers)}", "embedding")

    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", HIDDEN_LAYERS[-1]])
    graph = helper.make_graph(nodes, "digit_embedding", [image], [embedding], constants)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="digit-search")
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def normalise_nodes(source, target):
    """Returns the nodes that scale each row to length 1; a row of zeros stays zero instead of becoming NaN."""
    return [
        helper.make_node("ReduceL2", [source], ["norm"], axes=[1], keepdims=1),
        helper.make_node("Max", ["norm", "smallest_norm"], ["safe_norm"]),
        helper.make_node("Div", [source, "safe_norm"], [target]),
    ]


def embed(inputs):
    """Runs the written model with onnxruntime: float32 [n, 1, 8, 8] to float32 [n, D]."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(EXAMPLE / "model.onnx", options, providers=["CPUExecutionProvider"])
    return session.run(["embedding"], {"image": inputs})[0]


def check_model(network, inputs):
    """Throws when the written model and the same arithmetic in numpy disagree."""
    expected = inputs.reshape(len(inputs), -1)
    for weights, bias in hidden_layers(network):
        expected = np.maximum(expected @ weights + bias, 0)
    expected /= np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), SMALLEST_NORM)
    np.testing.assert_allclose(embed(inputs), expected, rtol=0, atol=1e-6)


def write_index(embeddings):
    """Writes the embeddings, one index row per train image, as an exact L2 index."""
    index = faiss.IndexFlatL2(embeddings.shape[1])
    index.add(embeddings)
    faiss.write_index(index, str(EXAMPLE / "faiss_index.bin"))


def write_held_out(images, labels):
    """Writes each image as an 8-bit grey PNG, and the labels in the order of the files."""
    folder = EXAMPLE / "held-out"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:04}.png")
    write_json(folder / "labels.json", labels.tolist())


def write_json(path, value, indent=None):
    """Writes a value as JSON with a newline at its end."""
    path.write_text(json.dumps(value, indent=indent) + "\n", encoding="utf-8")


def measure_accuracy():
    """Returns the share of held-out PNG files whose nearest index row has their label, using only the written files."""
    images = np.stack([np.asarray(Image.open(file)) for file in sorted((EXAMPLE / "held-out").glob("*.png"))])
    expected = json.loads((EXAMPLE / "held-out" / "labels.json").read_text())
    labels = np.array(json.loads((EXAMPLE / "faiss_label.json").read_text()))

    index = faiss.read_index(str(EXAMPLE / "faiss_index.bin"))
    _, rows = index.search(embed(to_input(images)), NEIGHBOURS)
    nearest = rows[:, 0]
    return float(np.mean(labels[nearest] == expected))


if __name__ == "__main__":
    # Sums over several threads would round differently from run to run.
    with threadpool_limits(limits=1):
        main()
