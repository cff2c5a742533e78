import torch
from torch import nn


class Softmax(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, X):
        X_exp = torch.exp(X - X.amax(self.dim, keepdim=True))
        return X_exp / X_exp.sum(self.dim, keepdim=True)


softmax = Softmax(dim=1)
