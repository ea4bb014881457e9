"""Trains what the example asks of wines, on the data that scikit-learn ships, and writes it as ONNX.

    python train/train.py
"""

from pathlib import Path

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_wine
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent.parent / "models"
OPSETS = {"": 17, "ai.onnx.ml": 3}

wines, cultivars = load_wine(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(wines, cultivars, test_size=0.3, random_state=0, stratify=cultivars)

scaler = StandardScaler().fit(train_x)
scaled = scaler.transform(train_x)
classifiers = {
    "linear": LogisticRegression().fit(scaled, train_y),
    "forest": RandomForestClassifier(20, max_depth=4, random_state=0).fit(scaled, train_y),
    "network": MLPClassifier((12,), max_iter=2000, random_state=0).fit(scaled, train_y),
}
rarity = IsolationForest(n_estimators=10, max_samples=48, random_state=0).fit(scaled)


def write(name, model, **options):
    onnx = to_onnx(
        model,
        initial_types=[("X", FloatTensorType([None, wines.shape[1]]))],
        target_opset=OPSETS,
        options={id(model): options} if options else None,
    )
    (FOLDER / f"{name}.onnx").write_bytes(onnx.SerializeToString())


FOLDER.mkdir(exist_ok=True)
write("scaler", scaler)
write("rarity", rarity)
for name, classifier in classifiers.items():
    write(name, classifier, zipmap=False)
    print(f"{name}: {classifier.score(scaler.transform(test_x), test_y):.3f} of {len(test_y)} wines")
mean = sum(classifier.predict_proba(scaler.transform(test_x)) for classifier in classifiers.values())
print(f"mean: {(mean.argmax(axis=1) == test_y).mean():.3f}")
