import torch
from d2l import torch as d2l


def softmax(X):
    return d2l.softmax(X)
