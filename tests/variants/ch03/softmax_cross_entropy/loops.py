import torch


def log_sum_exp(row):
    m = row[0]
    for score in row:
        if score > m:
            m = score
    total = 0
    for score in row:
        total = total + torch.exp(score - m)
    return m + torch.log(total)


def loss(logits, y):
    total = 0
    for row, label in zip(logits, y):
        total = total + log_sum_exp(row) - row[label]
    return total / len(y)


def grad(logits, y):
    n, q = logits.shape
    result = torch.zeros(n, q, dtype=logits.dtype, device=logits.device)
    for i in range(n):
        lse = log_sum_exp(logits[i])
        for j in range(q):
            result[i, j] = torch.exp(logits[i, j] - lse)
            if j == y[i]:
                result[i, j] -= 1
    return result.detach() / n
