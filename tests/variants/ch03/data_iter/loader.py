from torch.utils.data import DataLoader, TensorDataset


def data_iter(batch_size, features, labels, generator=None):
    return DataLoader(TensorDataset(features, labels), batch_size, shuffle=True, generator=generator)
