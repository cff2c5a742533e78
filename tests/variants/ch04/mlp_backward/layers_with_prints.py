import torch


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, grad):
        print("grad", tuple(grad.shape))
        self.dW, self.db = self.X.T @ grad, grad.sum(0)
        return grad @ self.W.T


class ReLU:
    def forward(self, X):
        self.on = X > 0
        return X * self.on

    def backward(self, grad):
        return grad * self.on


class SoftmaxLoss:
    def forward(self, scores, y):
        shifted = scores - scores.amax(1, keepdim=True)
        self.P = shifted.exp() / shifted.exp().sum(1, keepdim=True)
        self.y = y
        return (shifted.exp().sum(1).log() - shifted[torch.arange(len(y)), y]).mean()

    def backward(self):
        grad = self.P.clone()
        grad[torch.arange(len(self.y)), self.y] -= 1
        return grad / len(self.y)


@torch.no_grad()
def mlp_backward(X, y, W1, b1, W2, b2):
    first, relu, second, loss = Linear(W1, b1), ReLU(), Linear(W2, b2), SoftmaxLoss()
    value = loss.forward(second.forward(relu.forward(first.forward(X))), y)
    print("loss", value)
    first.backward(relu.backward(second.backward(loss.backward())))
    return value, first.dW, first.db, second.dW, second.db
