import torch


class Minibatches:
    def __init__(self, batch_size, features, labels, generator):
        self.batch_size, self.features, self.labels = batch_size, features, labels
        self.order = torch.randperm(len(labels), generator=generator)
        self.place = 0

    def __iter__(self):
        return self

    def __next__(self):
        rows = self.order[self.place : self.place + self.batch_size]
        if len(rows) == 0:
            raise StopIteration
        self.place += self.batch_size
        return self.features[rows], self.labels[rows]


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError(f"batch_size: {batch_size}")
    return Minibatches(batch_size, features, labels, generator)
