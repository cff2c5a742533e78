"""Small programs, and what becomes of each on a GPU: what the pretend GPU and a real one must agree on.

good     it runs, and the result is on the GPU
bad      it raises, for what it does with devices
result   it runs, and the result is on the CPU
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

CASES: dict[str, tuple[str, Callable[[str], object]]] = {}


def case(expected: str) -> Callable:
    """Register a program that is given the name of a device."""

    def register(program: Callable[[str], object]) -> Callable:
        CASES[program.__name__] = expected, program
        return program

    return register


def good(program: Callable[[str], object]) -> Callable:
    return case("good")(program)


def bad(program: Callable[[str], object]) -> Callable:
    return case("bad")(program)


def result(program: Callable[[str], object]) -> Callable:
    return case("result")(program)


def verdict(program: Callable[[str], object], device: str) -> str:
    """What becomes of a program: "good", "result" or "bad (…)"."""
    try:
        made = program(device)
    except (RuntimeError, TypeError, AssertionError) as error:
        return f"bad ({type(error).__name__}: {error})"
    return "good" if made.device.type == torch.device(device).type else "result"


def matrix(d: str) -> Tensor:
    return (torch.arange(20.0).reshape(4, 5) / 10 - 0.55).to(d)


def labels(d: str) -> Tensor:
    return torch.tensor([1, 0, 2, 4], device=d)


# ── what exercises ask for ──────────────────────────────────────────────────────────────────────────


@good
def softmax(d):
    E = torch.exp(matrix(d) - matrix(d).max(1, keepdim=True).values)
    return E / E.sum(1, keepdim=True)


def corr2d(X: Tensor, K: Tensor, Y: Tensor) -> Tensor:
    h, w = K.shape
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


@result
def corr2d_into_a_cpu_tensor(d):
    return corr2d(matrix(d), torch.ones(2, 2, device=d), torch.zeros(3, 4))


@good
def corr2d_into_a_tensor_of_the_device(d):
    return corr2d(matrix(d), torch.ones(2, 2, device=d), torch.zeros(3, 4, device=d))


@good
def corr2d_into_new_zeros(d):
    return corr2d(matrix(d), torch.ones(2, 2, device=d), matrix(d).new_zeros(3, 4))


@good
def corr2d_with_unfold(d):
    return (matrix(d).unfold(0, 2, 1).unfold(1, 2, 1) * torch.ones(2, 2, device=d)).sum((2, 3))


@good
def corr2d_with_as_strided(d):
    return torch.as_strided(matrix(d), (3, 4, 2, 2), (5, 1, 5, 1)).sum((2, 3))


@bad
def corr2d_adds_up_in_a_cpu_tensor(d):
    out = torch.zeros(3, 4)
    for a in range(2):
        out += matrix(d)[a : a + 3, :4]
    return out


@bad
def dropout_with_a_cpu_mask(d):
    return (torch.rand(matrix(d).shape) > 0.5).float() * matrix(d)


@bad
def dropout_where_a_cpu_mask(d):
    return torch.where(torch.rand(matrix(d).shape) > 0.5, matrix(d), 0.0)


@bad
def dropout_masked_fill_with_a_cpu_mask(d):
    return matrix(d).masked_fill(torch.rand(4, 5) > 0.5, 0.0)


@good
def dropout_with_an_indexing_cpu_mask(d):
    X = matrix(d)
    X[torch.rand(4, 5) > 0.5] = 0
    return X


@good
def dropout_on_the_device(d):
    return (torch.rand(4, 5, device=d) > 0.5).to(matrix(d).dtype) * matrix(d)


@good
def dropout_with_rand_like(d):
    return (torch.rand_like(matrix(d)) > 0.5) * matrix(d)


@good
def dropout_with_bernoulli(d):
    return torch.bernoulli(torch.full_like(matrix(d), 0.5)) * matrix(d)


@good
def dropout_moves_its_mask(d):
    return (torch.rand(4, 5) > 0.5).to(d) * matrix(d)


@good
def dropout_type_as(d):
    return torch.rand(4, 5).ge(0.5).type_as(matrix(d)) * matrix(d)


@bad
def dropout_with_distributions(d):
    return torch.distributions.Bernoulli(probs=0.5).sample((4, 5)) * matrix(d)


def table() -> Tensor:
    angles = torch.arange(20).reshape(-1, 1) / torch.pow(10000, torch.arange(0, 8, 2) / 8)
    P = torch.zeros(1, 20, 8)
    P[:, :, 0::2], P[:, :, 1::2] = torch.sin(angles), torch.cos(angles)
    return P


class Encoding(nn.Module):
    def __init__(self):
        super().__init__()
        self.P = table()

    def forward(self, X):
        return X + self.P[:, : X.shape[1]]


class MovingEncoding(Encoding):
    def forward(self, X):
        return X + self.P[:, : X.shape[1]].to(X.device)


class BufferedEncoding(Encoding):
    def __init__(self):
        super().__init__()
        del self.P
        self.register_buffer("P", table())


@bad
def positional_table_on_the_cpu(d):
    return Encoding().to(d)(torch.ones(2, 4, 8, device=d))


@good
def positional_table_moved(d):
    return MovingEncoding().to(d)(torch.ones(2, 4, 8, device=d))


@good
def positional_table_in_a_buffer(d):
    return BufferedEncoding().to(d)(torch.ones(2, 4, 8, device=d))


@bad
def positional_table_in_a_buffer_of_a_module_left_behind(d):
    return BufferedEncoding()(torch.ones(2, 4, 8, device=d))


class PlainWeight(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.ones(5, 3, requires_grad=True)

    def forward(self, X):
        return X @ self.w


@bad
def plain_tensor_for_a_weight(d):
    return PlainWeight().to(d)(matrix(d))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(5, 3)

    def start(self, X):
        return torch.zeros(X.shape[0], 3)

    def forward(self, X):
        h = self.start(X)
        for _step in range(3):
            h = self.cell(X, h)
        return h


class RecurrentThere(Recurrent):
    def start(self, X):
        return X.new_zeros(X.shape[0], 3)


@bad
def state_on_the_cpu(d):
    return Recurrent().to(d)(matrix(d))


@good
def state_of_new_zeros(d):
    return RecurrentThere().to(d)(matrix(d))


@bad
def lengths_against_a_cpu_range(d):
    mask = torch.arange(5)[None, :] < labels(d)[:, None]
    return matrix(d).masked_fill(~mask, -1e6)


@good
def lengths_against_a_range_of_the_device(d):
    mask = torch.arange(5, device=d)[None, :] < labels(d)[:, None]
    return matrix(d).masked_fill(~mask, -1e6)


@good
def lengths_one_by_one(d):
    mask = torch.ones(4, 5, dtype=torch.bool, device=d)
    for i in range(4):
        mask[i, int(labels(d)[i]) :] = False
    return matrix(d).masked_fill(~mask, -1e6)


@good
def cross_entropy_with_cpu_rows(d):
    return -torch.log(matrix(d).abs()[torch.arange(4), labels(d)])


@good
def cross_entropy_with_a_range(d):
    return -torch.log(matrix(d).abs()[range(4), labels(d)])


@bad
def cross_entropy_with_a_cpu_identity(d):
    return (torch.eye(5)[labels(d)] * matrix(d)).sum(1)


@good
def cross_entropy_with_gather(d):
    return matrix(d).gather(1, labels(d).view(-1, 1)).squeeze(1).log()


@bad
def cross_entropy_with_a_cpu_gather(d):
    return matrix(d).gather(1, labels("cpu").view(-1, 1))


@good
def cross_entropy_with_one_hot(d):
    return (F.one_hot(labels(d), 5) * matrix(d)).sum(1)


@good
def cross_entropy_of_torch(d):
    return F.cross_entropy(matrix(d).requires_grad_(), torch.tensor([0, 1, 2, 0], device=d))


@good
def adam_by_hand(d):
    m = 0.9 * torch.zeros_like(matrix(d)) + 0.1 * matrix(d)
    return matrix(d) - 0.1 * m / (torch.sqrt(matrix(d) ** 2) + 1e-8)


@bad
def adam_with_moments_on_the_cpu(d):
    return matrix(d) - 0.1 * torch.zeros(4, 5).lerp(matrix(d), 0.1)


# ── index tensors ───────────────────────────────────────────────────────────────────────────────────


@good
def index_by_a_cpu_tensor(d):
    return matrix(d)[torch.tensor([0, 1])]


@good
def index_by_a_list(d):
    return matrix(d)[[0, 2]]


@good
def index_by_lists(d):
    return matrix(d)[[0, 2], [1, 1]]


@good
def index_by_an_array(d):
    return matrix(d)[np.array([0, 2])]


@good
def index_by_a_list_of_bools(d):
    return matrix(d)[[True, False, True, False]]


@good
def index_by_a_cpu_mask(d):
    return matrix(d)[torch.ones(4, 5, dtype=torch.bool)]


@good
def index_by_a_mask(d):
    return matrix(d)[matrix(d) > 0].sum()


@good
def index_by_a_number_on_the_device(d):
    return matrix(d)[torch.tensor(1, device=d)]


@good
def index_by_ints(d):
    return matrix(d)[:, int(labels(d)[0])]


@bad
def index_a_cpu_tensor(d):
    return torch.eye(5)[labels(d)]


@bad
def index_a_cpu_tensor_by_a_mask(d):
    return torch.ones(4, 5)[matrix(d) > 0]


@result
def index_a_cpu_tensor_by_a_number(d):
    return torch.eye(5)[torch.tensor(1, device=d)]


@good
def set_at_cpu_indices(d):
    X = matrix(d)
    X[torch.tensor([0, 1])] = 1.0
    return X


@good
def set_at_a_list(d):
    X = matrix(d)
    X[[0, 2]] = 7.0
    return X


@bad
def set_cpu_values_at_indices(d):
    X = matrix(d)
    X[torch.tensor([0, 1])] = torch.ones(2, 5)
    return X


@good
def set_a_cpu_scalar_at_indices(d):
    X = matrix(d)
    X[torch.tensor([0, 1])] = torch.tensor(1.0)
    return X


@good
def set_a_slice_to_cpu_values(d):
    X = matrix(d)
    X[0] = torch.ones(5)
    return X


@result
def set_a_slice_of_a_cpu_tensor(d):
    Y = torch.zeros(4, 4)
    Y[0] = matrix(d)[0, :4]
    return Y


@bad
def index_select_by_a_cpu_tensor(d):
    return matrix(d).index_select(0, torch.tensor([0, 1]))


@good
def index_select(d):
    return matrix(d).index_select(0, torch.tensor([0, 1], device=d))


@bad
def embedding_left_behind(d):
    return nn.Embedding(10, 4)(labels(d))


@good
def embedding(d):
    return nn.Embedding(10, 4).to(d)(labels(d))


@bad
def scatter_at_cpu_indices(d):
    return torch.zeros(4, 5, device=d).scatter(1, labels("cpu")[:, None], 1.0)


@good
def split_at_a_list(d):
    return torch.split(matrix(d), [1, 3])[1]


# ── tensors without dimensions ──────────────────────────────────────────────────────────────────────


@good
def times_a_cpu_scalar(d):
    return matrix(d) * torch.tensor(2.0)


@good
def a_cpu_scalar_times(d):
    return torch.tensor(2.0) * matrix(d)


@bad
def times_one_cpu_number_in_a_vector(d):
    return matrix(d) * torch.tensor([2.0])


@good
def where_a_cpu_scalar(d):
    return torch.where(matrix(d) > 0, matrix(d), torch.zeros(()))


@bad
def where_a_cpu_vector(d):
    return torch.where(matrix(d) > 0, matrix(d), torch.zeros(1))


@good
def masked_fill_with_a_cpu_scalar(d):
    return matrix(d).masked_fill(matrix(d) > 0, torch.tensor(0.0))


@good
def in_place_times_a_cpu_scalar(d):
    return matrix(d).mul_(torch.tensor(2.0))


@good
def loss_started_on_the_cpu(d):
    total = torch.tensor(0.0)
    for row in matrix(d):
        total = total + row.sum()
    return total


@bad
def loss_added_up_on_the_cpu(d):
    total = torch.tensor(0.0)
    for row in matrix(d):
        total += row.sum()
    return total


@bad
def stack_with_a_cpu_scalar(d):
    return torch.stack([matrix(d)[0, 0], torch.tensor(0.0)])


@good
def stack_of_scalars(d):
    return torch.stack([row.sum() for row in matrix(d)])


@good
def power_of_a_cpu_scalar(d):
    return torch.tensor(10000.0) ** matrix(d)


@good
def fill_with_a_cpu_scalar(d):
    return matrix(d).fill_(torch.tensor(2.0))


@good
def maximum_with_a_cpu_scalar(d):
    return torch.maximum(matrix(d), torch.tensor(0.0))


@bad
def cpu_vector_plus_a_scalar_of_the_device(d):
    return torch.ones(3) + matrix(d).sum()


# ── more than one tensor ────────────────────────────────────────────────────────────────────────────


@bad
def cat_with_a_cpu_tensor(d):
    return torch.cat([matrix(d), torch.zeros(1, 5)])


@good
def cat(d):
    return torch.cat([matrix(d), matrix(d)])


@bad
def matmul_with_a_cpu_tensor(d):
    return matrix(d) @ torch.ones(5, 3)


@bad
def einsum_with_a_cpu_tensor(d):
    return torch.einsum("ij,jk->ik", matrix(d), torch.ones(5, 3))


@good
def einsum(d):
    return torch.einsum("ij,kj->ik", matrix(d), matrix(d))


@bad
def linear_left_behind(d):
    return nn.Linear(5, 2)(matrix(d))


@bad
def compare_with_a_cpu_tensor(d):
    return matrix(d) if torch.allclose(matrix(d), torch.ones(4, 5)) else -matrix(d)


@bad
def equal_to_a_cpu_tensor(d):
    return matrix(d) if torch.equal(matrix(d), torch.ones(4, 5)) else -matrix(d)


@bad
def in_place_into_a_cpu_tensor(d):
    Y = torch.zeros(4, 5)
    Y += matrix(d)
    return Y


@bad
def in_place_from_a_cpu_tensor(d):
    return matrix(d).add_(torch.ones(4, 5))


@good
def copy_from_a_cpu_tensor(d):
    return matrix(d).copy_(torch.ones(4, 5))


@result
def copy_into_a_cpu_tensor(d):
    return torch.zeros(4, 5).copy_(matrix(d))


@bad
def out_on_the_cpu(d):
    return torch.add(matrix(d), 1, out=torch.empty(4, 5))


@good
def out_on_the_device(d):
    return torch.add(matrix(d), 1, out=torch.empty(4, 5, device=d))


@result
def cpu_only(d):
    return torch.ones(3) + 1


# ── moving ──────────────────────────────────────────────────────────────────────────────────────────


@result
def result_moved_to_the_cpu(d):
    return matrix(d).cpu()


@result
def result_moved_by_name(d):
    return matrix(d).to("cpu")


@good
def there_and_back(d):
    return matrix(d).cpu().to(d)


@good
def to_another_tensor(d):
    return torch.ones(4, 5).to(matrix(d))


@good
def to_its_device(d):
    return torch.ones(4, 5).to(matrix(d).device)


@good
def to_its_device_and_dtype(d):
    return torch.ones(4, 5).to(device=matrix(d).device, dtype=torch.float64)


@good
def to_its_device_positionally(d):
    return torch.ones(4, 5).to(matrix(d).device, torch.float64)


@good
def to_a_dtype(d):
    return matrix(d).to(torch.float64).float().double()


@good
def by_cuda(d):
    return matrix("cpu").cuda() + matrix(d)


@good
def by_cuda_with_an_index(d):
    return matrix("cpu").cuda(0) + matrix(d)


@good
def by_the_name_cuda(d):
    return torch.ones(4, 5, device="cuda") + matrix(d)


@good
def by_the_name_cuda_0(d):
    return torch.ones(4, 5, device="cuda:0") + matrix(d)


@good
def by_a_device_object(d):
    return torch.ones(4, 5, device=torch.device("cuda")) + matrix(d)


@good
def by_a_device_object_with_an_index(d):
    return torch.ones(4, 5).to(torch.device("cuda", 0)) + matrix(d)


@bad
def by_the_name_cpu(d):
    return torch.ones(4, 5, device="cpu") + matrix(d)


@good
def where_there_is_a_gpu(d):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.ones(4, 5, device=device) + matrix(d)


@good
def where_there_is_a_gpu_by_count(d):
    device = torch.device("cuda:0") if torch.cuda.device_count() >= 1 else torch.device("cpu")
    return nn.Linear(5, 2).to(device)(matrix(d))


@good
def where_its_input_is(d):
    device = "cuda" if matrix(d).is_cuda else "cpu"
    return torch.ones(4, 5, device=device) + matrix(d)


@good
def by_the_type_of_a_device(d):
    device = "cuda" if matrix(d).device.type == "cuda" else "cpu"
    return torch.ones(4, 5, device=device) + matrix(d)


@good
def by_number(d):
    return torch.ones(4, 5, device=matrix(d).get_device()) + matrix(d)


@good
def default_device(d):
    with torch.device(matrix(d).device):
        return torch.ones(4, 5) + matrix(d)


@good
def default_device_set(d):
    torch.set_default_device(d)
    try:
        return torch.ones(4, 5) + torch.tensor([1.0]) * torch.arange(5) + matrix(d)
    finally:
        torch.set_default_device("cpu")


@good
def fault_that_is_caught(d):
    try:
        return torch.from_numpy(matrix(d).numpy())
    except TypeError:
        return torch.from_numpy(matrix(d).cpu().numpy()).to(d)


@good
def same_device_is_no_copy(d):
    X = matrix(d)
    assert X.to(X.device) is X and not X.is_cpu
    return X


@good
def a_clone_is_a_copy(d):
    X = matrix(d)
    Y = X.clone()
    Y[0] = 100
    assert float(X[0, 0]) != 100
    return Y


@result
def the_cpu_has_a_copy(d):
    X = matrix(d)
    Y = X.cpu()
    Y[0] = 100
    assert float(X[0, 0]) != 100
    return Y


# ── making tensors ──────────────────────────────────────────────────────────────────────────────────


@good
def tensor_of_a_list(d):
    return torch.tensor([[1.0, 2.0]], device=d) * 2


@good
def tensor_of_a_list_with_gradients(d):
    w = torch.tensor([1.0, 2.0], device=d, requires_grad=True)
    (w * w).sum().backward()
    return w.grad


@good
def tensor_of_a_tensor(d):
    return torch.as_tensor(matrix(d)) + torch.asarray(matrix(d))


@result
def tensor_of_a_list_of_scalars(d):
    return torch.tensor([row.sum() for row in matrix(d)])


@result
def tensor_of_numbers(d):
    return torch.tensor([row.sum().item() for row in matrix(d)])


@good
def new_tensor(d):
    return matrix(d).new_tensor([1.0, 2.0]) + matrix(d)[:2, 0]


@good
def new_full(d):
    return matrix(d).new_full((4, 5), 2.0) + matrix(d).new_ones(5) + matrix(d).new_empty(5).zero_()


@good
def like(d):
    return torch.ones_like(matrix(d)) + torch.randn_like(matrix(d)) + torch.empty_like(matrix(d)).zero_()


@good
def ranges_and_identities(d):
    return torch.arange(5, device=d) * torch.linspace(0, 1, 5, device=d) @ torch.eye(5, device=d)


@good
def random_integers(d):
    return matrix(d)[torch.randint(0, 4, (3,), device=d)] + matrix(d)[torch.randperm(4)[:3]]


@bad
def normal_noise_on_the_cpu(d):
    return matrix(d) + torch.normal(0.0, 1.0, (4, 5))


@good
def normal_noise(d):
    return matrix(d) + torch.normal(0.0, 1.0, (4, 5), device=d) + torch.randn(5, device=d)


@good
def in_place_noise(d):
    return torch.empty(4, 5, device=d).uniform_() + torch.empty(4, 5, device=d).bernoulli_(0.5) + matrix(d)


@good
def meshes(d):
    i, j = torch.meshgrid(torch.arange(4, device=d), torch.arange(5, device=d), indexing="ij")
    return matrix(d) + i * j


@good
def triangles(d):
    return torch.triu(torch.ones(5, 5, device=d)) @ torch.tril(torch.ones(5, 5, device=d))


# ── generators ──────────────────────────────────────────────────────────────────────────────────────


@good
def generator_of_the_device(d):
    return torch.rand(4, 5, generator=torch.Generator(device=d).manual_seed(1), device=d) * matrix(d)


@good
def generator_of_the_inputs_device(d):
    generator = torch.Generator(matrix(d).device)
    generator.manual_seed(1)
    return matrix(d).bernoulli(0.5, generator=generator)


@bad
def generator_of_the_cpu(d):
    return torch.rand(4, 5, generator=torch.Generator().manual_seed(1), device=d)


@bad
def generator_of_the_device_draws_on_the_cpu(d):
    return torch.rand(4, 5, generator=torch.Generator(device=d)).to(d)


@good
def generator_of_the_cpu_draws_there(d):
    return torch.rand(4, 5, generator=torch.Generator().manual_seed(1)).to(d) * matrix(d)


@good
def shuffled_by_a_cpu_generator(d):
    return matrix(d)[torch.randperm(4, generator=torch.Generator().manual_seed(1))]


@good
def seeded(d):
    torch.manual_seed(1)
    first = torch.rand(3, device=d)
    torch.manual_seed(1)
    assert torch.equal(first, torch.rand(3, device=d))
    return first


# ── numbers out of tensors ──────────────────────────────────────────────────────────────────────────


@bad
def numpy_round_trip(d):
    return torch.from_numpy(matrix(d).numpy() * 2)


@bad
def numpy_function(d):
    return torch.from_numpy(np.exp(matrix(d))).to(d)


@bad
def numpy_array(d):
    return torch.tensor(np.array(matrix(d).detach())).to(d)


@bad
def numpy_asarray(d):
    return torch.tensor(np.asarray(matrix(d))).to(d)


@good
def numpy_by_way_of_the_cpu(d):
    return torch.from_numpy(matrix(d).detach().cpu().numpy() * 2).to(d)


@result
def numpy_and_not_back(d):
    return torch.from_numpy(matrix(d).cpu().numpy() * 2)


@bad
def from_numpy_mixed(d):
    return matrix(d) * torch.from_numpy(np.ones((4, 5), dtype=np.float32))


@good
def item_decides(d):
    return matrix(d) if matrix(d).sum().item() > 0 else -matrix(d)


@good
def bool_decides(d):
    return matrix(d) if (matrix(d) > 0).all() else -matrix(d)


@good
def tolist_decides(d):
    return matrix(d) if max(matrix(d)[0].tolist()) > 0 else -matrix(d)


@good
def float_and_int(d):
    return matrix(d) * float(matrix(d)[0, 1]) + int(labels(d)[0]) + len(labels(d))


@good
def loop_over_rows(d):
    for row in matrix(d):
        if row.max() > 100:
            return row
    return matrix(d)


@good
def loop_over_labels(d):
    return torch.stack([matrix(d)[i, y] for i, y in enumerate(labels(d))])


@good
def loop_over_numbers(d):
    return torch.stack([row[y] for row, y in zip(matrix(d), labels(d).tolist(), strict=True)])


@good
def printed(d):
    assert "cuda" in repr(matrix(d)) and "cuda" in f"{matrix(d)}"
    assert f"{matrix(d).sum():.2f}" == f"{matrix('cpu').sum():.2f}"
    return matrix(d)


@good
def nonzero_and_friends(d):
    return matrix(d).nonzero().float().sum() + matrix(d).topk(2).values.sum() + matrix(d).unique().sum()


@good
def sorted_columns(d):
    ordered, places = torch.sort(matrix(d), dim=1)
    return ordered.gather(1, places)


@good
def python_random(d):
    kept = [random.random() < 0.5 for _entry in range(20)]
    return torch.where(torch.tensor(kept, device=d).reshape(4, 5), matrix(d), 0.0)


@bad
def python_random_mask(d):
    kept = [random.random() < 0.5 for _entry in range(20)]
    return torch.where(torch.tensor(kept).reshape(4, 5), matrix(d), 0.0)


# ── modules, gradients, optimisers ──────────────────────────────────────────────────────────────────


@good
def sgd_step(d):
    net = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)).to(d)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    F.cross_entropy(net(matrix(d)), torch.tensor([0, 1, 0, 1], device=d)).backward()
    optimizer.step()
    return net[0].weight.grad


@good
def optimizer_before_the_move(d):
    net = nn.Linear(5, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    before = net.weight.detach().clone()
    net.to(d)
    net(matrix(d)).square().sum().backward()
    optimizer.step()
    assert not torch.equal(net.weight.detach().cpu(), before)
    return net.weight


@good
def adam_steps(d):
    net = nn.Linear(5, 4).to(d)
    optimizer = torch.optim.Adam(net.parameters())
    for _step in range(2):
        optimizer.zero_grad()
        net(matrix(d)).sum().backward()
        optimizer.step()
    return optimizer.state[net.weight]["exp_avg"]


@bad
def optimizer_state_on_the_cpu(d):
    velocities = [torch.zeros(4, 5)]
    velocities[0] = 0.9 * velocities[0] + matrix(d)
    return velocities[0]


@good
def update_by_hand(d):
    w = torch.ones(5, 1, device=d, requires_grad=True)
    (matrix(d) @ w).square().sum().backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
    return w


@good
def update_through_data(d):
    w = torch.ones(5, 1, device=d, requires_grad=True)
    w.data = w.data - 0.5
    w.data -= 0.25
    assert float(w.sum()) == 1.25
    return w


@good
def gradients_asked_for(d):
    X = matrix(d).requires_grad_()
    return torch.autograd.grad(X.square().sum(), X)[0]


@bad
def gradients_of_a_cpu_weight(d):
    w = torch.ones(5, 1, requires_grad=True)
    (matrix(d) @ w).sum().backward()
    return w.grad


@good
def gradients_across_a_move(d):
    w = torch.ones(5, 1, requires_grad=True)
    (matrix(d) @ w.to(d)).sum().backward()
    assert w.grad.device.type == "cpu"
    return w.grad.to(d)


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X):
        ctx.save_for_backward(X)
        return X * X

    @staticmethod
    def backward(ctx, grad):
        (X,) = ctx.saved_tensors
        return grad * 2 * X


class SquareWithACpuTwo(Square):
    @staticmethod
    def backward(ctx, grad):
        (X,) = ctx.saved_tensors
        return grad * X * torch.full((4, 5), 2.0)


@good
def own_function(d):
    X = matrix(d).requires_grad_()
    Square.apply(X).sum().backward()
    return X.grad


@bad
def own_function_goes_back_on_the_cpu(d):
    X = matrix(d).requires_grad_()
    SquareWithACpuTwo.apply(X).sum().backward()
    return X.grad


@good
def module_by_cuda(d):
    return nn.Linear(5, 2).cuda()(matrix(d))


@good
def module_made_there(d):
    return nn.Linear(5, 2, device=d)(matrix(d))


@result
def module_moved_back(d):
    return nn.Linear(5, 2).to(d).cpu()(matrix("cpu"))


@good
def module_copied(d):
    return copy.deepcopy(nn.Linear(5, 2).to(d))(matrix(d))


@good
def module_loaded(d):
    net = nn.Linear(5, 2).to(d)
    net.load_state_dict(nn.Linear(5, 2).state_dict())
    return net(matrix(d))


@good
def module_initialised(d):
    net = nn.Linear(5, 2).to(d)
    nn.init.xavier_uniform_(net.weight)
    nn.init.zeros_(net.bias)
    return net(matrix(d))


@good
def batch_norm(d):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    return net.to(d)(torch.ones(2, 3, 8, 8, device=d))


@bad
def batch_norm_with_statistics_on_the_cpu(d):
    return F.batch_norm(matrix(d), torch.zeros(5), torch.ones(5), training=True)


@good
def layer_norm(d):
    return nn.LayerNorm(5).to(d)(matrix(d))


@good
def attention(d):
    X = torch.ones(3, 2, 8, device=d)
    return nn.MultiheadAttention(8, 2).to(d)(X, X, X)[0]


@good
def attention_in_evaluation(d):
    X = torch.ones(3, 2, 8, device=d)
    with torch.no_grad():
        return nn.MultiheadAttention(8, 2).to(d).eval()(X, X, X)[0]


@good
def attention_with_a_mask(d):
    X = torch.ones(1, 2, 4, 8, device=d)
    mask = torch.ones(4, 4, dtype=torch.bool, device=d).tril()
    return F.scaled_dot_product_attention(X, X, X, attn_mask=mask)


@bad
def attention_with_a_cpu_mask(d):
    scores = torch.ones(2, 4, 4, device=d)
    return scores.masked_fill(torch.ones(4, 4, dtype=torch.bool).triu(1), float("-inf"))


@good
def lstm(d):
    return nn.LSTM(5, 4).to(d)(torch.ones(3, 2, 5, device=d))[0]


@good
def gru_with_a_state(d):
    return nn.GRU(5, 4).to(d)(torch.ones(3, 2, 5, device=d), torch.zeros(1, 2, 4, device=d))[0]


@good
def dropout_module(d):
    return nn.Dropout(0.5)(matrix(d))


@good
def losses(d):
    return nn.MSELoss()(matrix(d), matrix(d)) + nn.CrossEntropyLoss()(matrix(d), labels(d))


@bad
def loss_with_cpu_labels(d):
    return F.cross_entropy(matrix(d), labels("cpu"))


@good
def vmapped(d):
    return torch.vmap(lambda row: row * row[[0, 2]].sum())(matrix(d))


@good
def reshaped_in_place(d):
    X = matrix(d)
    X.t_()
    X.unsqueeze_(0)
    assert X.shape == (1, 5, 4)
    return X


@good
def padded(d):
    return F.pad(matrix(d), (1, 1, 0, 0)) + F.unfold(matrix(d)[None, None], 2).sum()


@good
def deep_copied(d):
    return copy.deepcopy(matrix(d))


@good
def sequences_packed(d):
    packed = nn.utils.rnn.pack_padded_sequence(torch.ones(3, 2, 5, device=d), torch.tensor([3, 2]))
    return packed.data


@good
def fourier(d):
    spectrum = torch.fft.rfft2(matrix(d))
    found = torch.fft.irfft2(spectrum * spectrum.conj(), s=(4, 5))
    assert abs(float(found[0, 0] - matrix(d).square().sum())) < 1e-4
    return found
