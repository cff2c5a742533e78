import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    """通过时间反向传播。"""
    T, n, _ = X.shape
    # 前向：保存所有隐状态
    H, 输出 = [H0], []
    for t in range(T):
        H.append(torch.tanh(torch.mm(X[t], W_xh) + torch.mm(H[-1], W_hh) + b_h))
        输出.append(torch.mm(H[-1], W_hq) + b_q)
    误差 = torch.stack(输出) - Y
    损失 = 0.5 * (误差**2).sum() / (T * n)
    # 反向：从最后一步走到第一步
    梯度 = {k: 0 for k in ["W_xh", "W_hh", "b_h", "W_hq", "b_q"]}
    dH_next = torch.zeros_like(H0)
    for t in range(T - 1, -1, -1):
        dO = 误差[t] / (T * n)
        dH = torch.mm(dO, W_hq.T) + dH_next  # 两条路径的梯度相加
        dZ = dH * (1 - H[t + 1] ** 2)  # tanh 的导数
        梯度["W_hq"] = 梯度["W_hq"] + torch.mm(H[t + 1].T, dO)
        梯度["b_q"] = 梯度["b_q"] + dO.sum(dim=0)
        梯度["W_xh"] = 梯度["W_xh"] + torch.mm(X[t].T, dZ)
        梯度["W_hh"] = 梯度["W_hh"] + torch.mm(H[t].T, dZ)
        梯度["b_h"] = 梯度["b_h"] + dZ.sum(dim=0)
        dH_next = torch.mm(dZ, W_hh.T)
    return 损失, 梯度
