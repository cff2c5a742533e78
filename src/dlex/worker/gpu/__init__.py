"""GPUs for calls that ask for one. A pretend GPU: numbers on the CPU behind a device with CUDA's rules.

    rules     which tensors may meet on CUDA
    session   one call: what went wrong in it, and who made the tensor that was on the wrong device
    tensor    the tensors of the device, and how operations on them run
    functions torch's functions as they are there: `device="cuda"`, `.cuda()`, index lists
    cuda      what `torch.cuda` and `torch.Generator` answer there
    pretend   all of it switched on for one call
    real      the same calls on a real GPU
    driver    that GPU, as torch reaches it
    spares    workers that wait for a submission, their context made
    timing    how long a call takes there

A tensor of the device is a wrapper around a CPU tensor that shows torch's C++ code the device
"meta", which knows shapes and runs nothing, and Python code the device "cuda:0". Only what CUDA
refuses is refused, with CUDA's words; what the pretend device itself cannot do never counts.
"""
