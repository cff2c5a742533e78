import torch


class Slope:
    def __init__(self, function, rule):
        self.function, self.rule = function, rule

    def __call__(self, x):
        return self.rule(self.function(x.double())).to(x)


relu_grad = Slope(torch.relu, lambda y: (y > 0).double())
sigmoid_grad = Slope(torch.sigmoid, lambda y: y * (1 - y))
tanh_grad = Slope(torch.tanh, lambda y: 1 - y * y)
