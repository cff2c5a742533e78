import torch
from torch import nn


class SoftmaxCrossEntropy(nn.Module):
    def forward(self, logits, y):
        print("logits:", tuple(logits.shape), "labels:", y)
        self.shifted = logits - torch.max(logits, dim=-1, keepdim=True)[0]
        self.exp = self.shifted.exp()
        self.sums = self.exp.sum(dim=-1, keepdim=True)
        self.rows = torch.arange(len(y))
        self.y = y
        each = torch.log(self.sums).squeeze(-1) - self.shifted[self.rows, y]
        return each.mean()

    def derivatives(self):
        g = self.exp / self.sums
        g[self.rows, self.y] = g[self.rows, self.y] - 1
        print("each row adds up to", g.sum(dim=1))
        return g.div(len(g))


loss = SoftmaxCrossEntropy()


def grad(logits, y):
    with torch.no_grad():
        layer = SoftmaxCrossEntropy()
        layer(logits, y)
        return layer.derivatives()
