import torch


def softmax(X):
    e = torch.exp(X)
	return e / e.sum(dim=1, keepdim=True)
