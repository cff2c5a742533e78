import torch


def mlp(X, W1, b1, W2, b2):
    X = X.reshape(len(X), -1)
    H = X @ W1 + b1
    return H @ W2 + b2
