from collections import OrderedDict

import torch


class Cell:
    def __init__(self, W_xh, W_hh, b_h):
        self.W_xh, self.W_hh, self.b_h = W_xh, W_hh, b_h
        self.dW_xh, self.dW_hh, self.db_h = map(torch.zeros_like, (W_xh, W_hh, b_h))
        self.tape = []

    def forward(self, x, h):
        out = torch.tanh(x @ self.W_xh + h @ self.W_hh + self.b_h)
        self.tape.append((x, h, out))
        return out

    def backward(self, grad):
        x, h, out = self.tape.pop()
        grad = grad * (1 - out * out)
        self.dW_xh += x.T @ grad
        self.dW_hh += h.T @ grad
        self.db_h += grad.sum(0)
        return grad @ self.W_hh.T


class Output:
    def __init__(self, W, b):
        self.W, self.b, self.dW, self.db = W, b, torch.zeros_like(W), torch.zeros_like(b)
        self.tape = []

    def forward(self, h):
        self.tape.append(h)
        return h @ self.W + self.b

    def backward(self, grad):
        self.dW += self.tape.pop().T @ grad
        self.db += grad.sum(0)
        return grad @ self.W.T


@torch.no_grad()
def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    cell, output = Cell(W_xh, W_hh, b_h), Output(W_hq, b_q)
    h, deltas = H0, []
    for x, y in zip(X, Y):
        h = cell.forward(x, h)
        deltas.append(output.forward(h) - y)
    steps, batch = len(X), X.size(1)
    loss = torch.stack([(d * d).sum() for d in deltas]).sum() / (2 * steps * batch)
    print("loss:", loss.item())
    carried = 0
    for delta in deltas[::-1]:
        carried = cell.backward(output.backward(delta / (steps * batch)) + carried)
        print("norm carried back:", carried.norm())
    return loss, OrderedDict(W_hq=output.dW, b_q=output.db, W_xh=cell.dW_xh, W_hh=cell.dW_hh, b_h=cell.db_h)
