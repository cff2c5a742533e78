"""A loop also works with __getitem__ and IndexError."""

import torch


class data_iter:  # noqa: N801
    def __init__(self, batch_size, features, labels, generator=None):
        if batch_size < 1:
            raise ValueError("Batch size must be at least one")
        order = torch.randperm(len(features), generator=generator)
        self.features, self.labels = features[order], labels[order]
        self.batch_size = batch_size

    def __len__(self):
        return -(-len(self.features) // self.batch_size)

    def __getitem__(self, k):
        if not 0 <= k < len(self):
            raise IndexError(k)
        rows = slice(k * self.batch_size, (k + 1) * self.batch_size)
        return self.features[rows], self.labels[rows]
