import torch


def data_iter(batch_size, features, labels, generator=None):
    print("data_iter called with", batch_size, features.shape, labels.shape)
    if int(batch_size) < 1:
        raise ValueError("argument batch_size must be at least 1, got " + str(batch_size))
    perm = torch.randperm(features.shape[0], generator=generator)

    def batches():
        for number, rows in enumerate(perm.split(batch_size)):
            X, y = features[rows, ...], labels[rows, ...]
            print("batch", number, X.shape)
            yield (X, y)

    return batches()
