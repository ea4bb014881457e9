"""A component of Seldon in Python: a price of each row of features."""

import numpy as np


class SeldonPrice:
    def __init__(self, offset=0):
        self.offset = offset

    def predict(self, X, names, meta=None):
        features = np.array(X, dtype=float)
        if features.ndim != 2 or features.shape[1] != 3:
            raise ValueError(f"expected features of three, got {features.shape}")
        return features @ np.array([[3.0], [10.0], [-1.0]]) + self.offset

    def send_feedback(self, features, names, reward, truth, routing=None):
        return np.array([[reward]])

    def class_names(self):
        return ["price"]

    def tags(self):
        return {"from": "python"}
