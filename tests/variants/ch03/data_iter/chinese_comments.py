# 小批量读取数据
import torch


def data_iter(batch_size, features, labels, generator=None):
    # 批量大小必须至少为 1
    if batch_size < 1:
        raise ValueError(f"批量大小不对: {batch_size}")
    样本数 = len(features)
    # 打乱下标
    下标 = torch.randperm(样本数, generator=generator)
    for i in range(0, 样本数, batch_size):
        小批量 = 下标[i : i + batch_size]
        yield features[小批量], labels[小批量]
