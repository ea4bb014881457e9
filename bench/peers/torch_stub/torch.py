"""As much of PyTorch as TorchServe imports to answer with lists: the model does not need it, and PyPI's has 3 GB."""


class Tensor:
    pass
