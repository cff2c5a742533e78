import torch

REDUCE = {"max": lambda windows: windows.max(dim=-1).values, "avg": lambda windows: windows.mean(dim=-1)}


def pool2d(X: torch.Tensor, pool_size: tuple[int, int], mode: str = "max") -> torch.Tensor:
    try:
        reduce = REDUCE[mode]
    except KeyError:
        raise ValueError(f"mode {mode!r} is none of {list(REDUCE)}") from None
    for n, p in zip(X.shape, pool_size, strict=True):
        if p > n:
            raise ValueError("pool_size does not fit")
    return reduce(X.unfold(0, pool_size[0], 1).unfold(1, pool_size[1], 1).flatten(-2))
