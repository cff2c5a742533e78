import torch


def data_iter(batch_size, features, labels, generator=None):
    if not batch_size >= 1:
        raise ValueError(f"got batch_size={batch_size}")
    idx = torch.randperm(features.size(0), generator=generator)
    return zip(torch.split(features[idx], batch_size), torch.split(labels[idx], batch_size))
