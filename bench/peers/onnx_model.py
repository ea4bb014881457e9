"""The model, as every server that is written in Python runs it."""

import numpy as np
import onnxruntime


class OnnxModel:
    def __init__(self, file):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def predict(self, rows):
        return self._session.run(None, {"x": np.asarray(rows, dtype=np.float32)})[0]
