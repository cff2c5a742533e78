import torch


def softmax(X):
    rows = []
    for i in range(X.shape[0]):
        largest = max(X[i].tolist())
        exps = [torch.exp(X[i, j] - largest) for j in range(X.shape[1])]
        total = exps[0]
        for e in exps[1:]:
            total = total + e
        rows.append(torch.stack([e / total for e in exps]))
    return torch.stack(rows)
