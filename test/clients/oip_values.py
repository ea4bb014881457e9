"""Two elements of each datatype of the Open Inference Protocol, and whether answers are the same."""

import numpy as np

VALUES = {
    "BOOL": np.array([True, False]),
    "UINT8": np.array([0, 255], np.uint8),
    "UINT16": np.array([1, 65535], np.uint16),
    "UINT32": np.array([1, 2**32 - 1], np.uint32),
    "UINT64": np.array([1, 2**64 - 1], np.uint64),
    "INT8": np.array([-128, 127], np.int8),
    "INT16": np.array([-1, 32767], np.int16),
    "INT32": np.array([-1, 2**31 - 1], np.int32),
    "INT64": np.array([2**53 + 1, -(2**63)], np.int64),
    "FP16": np.array([0.5, -np.inf], np.float16),
    "FP32": np.array([0.1, -0.0], np.float32),
    "FP64": np.array([np.pi, np.inf], np.float64),
    "BYTES": np.array([b"caf\xc3\xa9", b""], np.object_),
}


def same(got, expected):
    assert got.dtype == expected.dtype, (got.dtype, expected.dtype)
    if expected.dtype == np.object_:
        texts = [each if isinstance(each, bytes) else each.encode() for each in got.tolist()]
        assert texts == expected.tolist(), (got, expected)
    else:
        assert got.tobytes() == expected.tobytes(), (got, expected)
