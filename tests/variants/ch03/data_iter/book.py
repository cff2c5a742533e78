"""As in the book, with a generator."""

import random

import torch


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("batch_size must be positive")
    num_examples = len(features)
    indices = list(range(num_examples))
    if generator is None:
        random.shuffle(indices)
    else:
        indices = torch.randperm(num_examples, generator=generator).tolist()
    for i in range(0, num_examples, batch_size):
        batch_indices = torch.tensor(indices[i : min(i + batch_size, num_examples)])
        yield features[batch_indices], labels[batch_indices]
