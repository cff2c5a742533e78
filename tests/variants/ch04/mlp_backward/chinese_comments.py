import torch


def mlp_backward(X, y, W1, b1, W2, b2):
    """手写反向传播。"""
    n = X.shape[0]
    # 前向传播
    Z = torch.mm(X, W1) + b1
    H = torch.clamp(Z, min=0)
    O = torch.mm(H, W2) + b2
    # 数值稳定的 log-softmax
    最大值 = O.max(dim=1, keepdim=True)[0]
    对数概率 = O - 最大值 - torch.log(torch.exp(O - 最大值).sum(dim=1, keepdim=True))
    损失 = -对数概率.gather(1, y.view(-1, 1)).mean() if y.is_contiguous() else -对数概率[range(n), y].mean()
    # 反向传播：从输出层回到第一层
    dO = torch.exp(对数概率)
    dO[range(n), y] = dO[range(n), y] - 1
    dO = dO / n
    dW2 = torch.mm(H.t(), dO)
    db2 = torch.sum(dO, dim=0)
    dZ = torch.mm(dO, W2.t())
    dZ[Z <= 0] = 0  # ReLU 的梯度
    return 损失, torch.mm(X.t(), dZ), torch.sum(dZ, dim=0), dW2, db2
