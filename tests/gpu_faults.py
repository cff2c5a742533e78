"""What goes wrong on a GPU alone, in submissions of softmax that are right but for one line.

They run on a simulated GPU everywhere, and on a real one where there is one.
"""

HEAD = "import torch\n\n\ndef softmax(X):\n"
TAIL = "    E = torch.exp(X - X.max(1, keepdim=True).values)\n    return E / E.sum(1, keepdim=True)\n"

FAULTS = {  # by name: what softmax does with 16 rows, the outcome of a check then, what is said about it
    "out of memory": ("torch.empty(1 << 44, device=X.device)", "crashed", "ran out of the GPU's memory"),
    "device-side assert": (
        "torch._assert_async(torch.zeros(1, device=X.device))", "crashed", "broke the GPU's context"
    ),
    "hung kernel": ("torch.cuda._sleep(1 << 60)", "timeout", "no answer within"),
}  # fmt: skip
LOST = {"any_scores", "contract[operations]"}  # the checks that have 16 rows


def source(line: str = "pass") -> bytes:
    """Softmax that does this first, if it is given 16 rows."""
    return f"{HEAD}    if len(X) == 16:\n        {line}\n{TAIL}".encode()
