import torch


def loss(logits, y):
    wide = logits.to(torch.float64)
    m = wide.amax(dim=1)
    lse = m + torch.log(torch.exp(wide - m.unsqueeze(1)).sum(dim=1))
    picked = wide.gather(1, y.unsqueeze(1)).squeeze(1)
    return (lse - picked).mean().to(logits.dtype)


def grad(logits, y):
    wide = logits.detach().to(torch.float64)
    e = torch.exp(wide - wide.amax(dim=1, keepdim=True))
    p = e / e.sum(dim=1, keepdim=True)
    p.scatter_add_(1, y.unsqueeze(1), -torch.ones(len(y), 1, dtype=torch.float64, device=p.device))
    return (p / len(y)).to(logits.dtype)
