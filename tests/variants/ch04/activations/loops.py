import torch


def each(function, x):
    return torch.stack([function(number) for number in x.reshape(-1)]).reshape(x.shape)


def relu_of(number):
    return number if number > 0 else 0 * number


def sigmoid_of(number):
    if number >= 0:
        return 1 / (1 + torch.exp(-number))
    return 1 - 1 / (1 + torch.exp(number))


def tanh_of(number):
    if number < 0:
        z = torch.exp(2 * number)
        return (z - 1) / (z + 1)
    z = torch.exp(-2 * number)
    return (1 - z) / (1 + z)


def relu(x):
    return each(relu_of, x)


def sigmoid(x):
    return each(sigmoid_of, x)


def tanh(x):
    return each(tanh_of, x)
