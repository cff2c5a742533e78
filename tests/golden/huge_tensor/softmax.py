import torch


def softmax(X):
    big = torch.zeros(20, 1 << 28)  # 20 GB
    return X + big[0, 0]
