import torch


def gaussian_nll(y, mu, sigma):
    return -torch.distributions.Normal(mu, sigma).log_prob(y).sum()
