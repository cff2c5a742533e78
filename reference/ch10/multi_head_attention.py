"""Multi-head attention: oracle and known mistakes."""

import math

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    h, m = len(W_o), K.shape[1]
    if h % num_heads:
        raise ValueError(f"num_heads does not divide h: {num_heads}, {h}")
    key_mask = query_mask = None
    if valid_lens is not None:
        unseen = torch.arange(m) >= valid_lens[..., None]  # (b, m) or (b, n, m)
        if valid_lens.dim() == 1:
            key_mask = unseen
        else:
            query_mask = unseen.repeat_interleave(num_heads, dim=0)  # (b * num_heads, n, m)
    result, _ = F.multi_head_attention_forward(
        (Q @ W_q).transpose(0, 1),  # torch wants queries as wide as the result, and steps first
        K.transpose(0, 1),
        V.transpose(0, 1),
        embed_dim_to_check=h,
        num_heads=num_heads,
        in_proj_weight=None,
        in_proj_bias=None,
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=W_o.T,
        out_proj_bias=None,
        key_padding_mask=key_mask,
        attn_mask=query_mask,
        use_separate_proj_weight=True,
        q_proj_weight=torch.eye(h, dtype=Q.dtype),
        k_proj_weight=W_k.T,
        v_proj_weight=W_v.T,
    )
    return result.transpose(0, 1)


def _split(X, num_heads):
    return X.reshape(*X.shape[:2], num_heads, -1).transpose(1, 2)  # (b, heads, steps, size)


def _merge(heads):
    return heads.transpose(1, 2).flatten(2)  # (b, steps, h)


def _root_of_size(queries, num_heads):
    return math.sqrt(queries.shape[-1])


def _softmax(scores):
    return torch.softmax(scores, dim=3)


def _unseen(scores, valid_lens):
    lens = valid_lens.reshape(len(scores), 1, -1, 1)
    return torch.arange(scores.shape[3]) >= lens  # (b, 1, 1 or n, m)


def _masked(scores, valid_lens):
    return scores.masked_fill(_unseen(scores, valid_lens), -1e6)


def _attend(
    Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None, *,
    split=_split, merge=_merge, divisor=_root_of_size, mask=_masked, softmax=_softmax, out=torch.matmul,
):  # fmt: skip
    """The answer with a part of it replaced."""
    if len(W_o) % num_heads:
        raise ValueError(f"num_heads does not divide h: {num_heads}, {len(W_o)}")
    queries, keys, values = split(Q @ W_q, num_heads), split(K @ W_k, num_heads), split(V @ W_v, num_heads)
    scores = queries @ keys.transpose(2, 3) / divisor(queries, num_heads)
    if valid_lens is not None:
        scores = mask(scores, valid_lens)
    return out(merge(softmax(scores) @ values), W_o)


@mistake(
    "cuts the heads out with one reshape, which mixes steps with columns: each head gets columns of every step. Which axes have to change places?",
    hint="Fill a tensor with the numbers of its columns, 0 to h - 1, and split it. Which numbers are in head 0, and which should be?",
    merge=(_merge, lambda heads: heads.reshape(len(heads), heads.shape[2], -1)),
)
def split_without_transpose(*arguments, merge):
    def split(X, num_heads):
        return X.reshape(len(X), num_heads, X.shape[1], -1)

    return _attend(*arguments, split=split, merge=merge)


@mistake(
    "puts the heads together with one reshape: the axis of the heads has to move back beside the columns first",
    hint="Split a tensor and put it together at once. Is it what it was?",
)
def merge_without_transpose(*arguments):
    return _attend(*arguments, merge=lambda heads: heads.reshape(len(heads), heads.shape[2], -1))


@mistake(
    "batch and heads have changed places where the heads are put together: which of the two varies fastest?",
    hint="Let the two examples of a batch be very different. Whose values do you find in the result for the first one?",
)
def batch_and_heads_interleaved(*arguments):
    def merge(heads):
        b, num_heads, n, size = heads.shape
        return heads.reshape(num_heads, b, n, size).permute(1, 2, 0, 3).reshape(b, n, -1)

    return _attend(*arguments, merge=merge)


@mistake(
    "head k gets every num_heads-th column: its columns lie side by side",
    hint="For h = 4 and two heads, which columns belong to head 0, and which does your code give to it?",
    merge=(_merge, lambda heads: heads.permute(0, 2, 3, 1).flatten(2)),
)
def columns_dealt_out(*arguments, merge):
    def split(X, num_heads):
        return X.reshape(*X.shape[:2], -1, num_heads).permute(0, 3, 1, 2)

    return _attend(*arguments, split=split, merge=merge)


@mistake(
    "attends with one head as wide as h: num_heads is not used",
    hint="In which line do you read num_heads, and what would be different if it were 1?",
)
def one_wide_head(*arguments):
    return _attend(*arguments, split=lambda X, num_heads: X[:, None], merge=lambda heads: heads[:, 0])


@mistake(
    "divides the scores by the root of h: each head compares h / num_heads columns",
    hint="How many products are added up for one score of one head?",
)
def root_of_h(*arguments):
    return _attend(*arguments, divisor=lambda queries, num_heads: math.sqrt(queries.shape[-1] * num_heads))


@mistake(
    "does not scale the scores: they grow with the number of columns of a head",
    hint="Print the spread of your scores for heads of 4 and of 400 random columns. What would keep it the same?",
)
def no_scaling(*arguments):
    return _attend(*arguments, divisor=lambda queries, num_heads: 1.0)


@mistake(
    "divides the scores by the number of columns of a head: its root is missing",
    hint="Compute your divisor for a head of 4 columns, then the statement's.",
)
def no_root(*arguments):
    return _attend(*arguments, divisor=lambda queries, num_heads: queries.shape[-1])


@mistake(
    "multiplies the scores by the root: they are divided by it",
    hint="Are your scores larger or smaller than the plain products? Which of the two does the statement want?",
)
def multiplies_by_root(*arguments):
    return _attend(*arguments, divisor=lambda queries, num_heads: 1 / math.sqrt(queries.shape[-1]))


@mistake(
    "takes the root of the wrong size: what counts is how many columns a head compares",
    hint="Print the number under your root beside h and num_heads. Which size does a head have?",
    of_size=("keys", "columns of Q", "num_heads"),
)
def root_of_wrong_size(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None, *, of_size):
    sizes = {"keys": K.shape[1], "columns of Q": Q.shape[2], "num_heads": num_heads}
    arguments = Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens
    return _attend(*arguments, divisor=lambda queries, num_heads: math.sqrt(sizes[of_size]))


@mistake(
    "scales the weights after the softmax, so that they no longer add up to 1: scale the scores",
    hint="Print the sum of the weights of one query.",
)
def scales_after_softmax(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    root = math.sqrt(len(W_o) // num_heads)
    arguments = Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens
    return _attend(*arguments, divisor=lambda queries, num_heads: 1.0, softmax=lambda s: _softmax(s) / root)


@mistake(
    "the softmax runs over the queries: for each query, the weights of the keys add up to 1",
    hint="Name the axes of your scores, one by one. Along which of them do the weights of a single query lie?",
)
def softmax_over_queries(*arguments):
    return _attend(*arguments, softmax=lambda scores: torch.softmax(scores, dim=2))


@mistake(
    "the softmax runs over the heads: for each query, the weights of the keys add up to 1",
    hint="Name the axes of your scores, one by one. Along which of them do the weights of a single query lie?",
)
def softmax_over_heads(*arguments):
    return _attend(*arguments, softmax=lambda scores: torch.softmax(scores, dim=1))


@mistake(
    "takes no softmax: the scores of a query become weights that add up to 1",
    hint="Print the weights of one query: are any negative, and what do they add up to?",
)
def no_softmax(*arguments):
    return _attend(*arguments, softmax=lambda scores: scores)


@mistake(
    "exp() overflows for large scores: inf / inf is nan. Which constant can be subtracted from all scores of a query?",
    hint="What is exp(1000)? What did you do about it when you wrote softmax itself?",
    loses=("large_scores", "unseen_keys_among_large_scores"),
)
def no_max_shift(*arguments):
    def softmax(scores):
        weights = torch.exp(scores)
        return weights / weights.sum(dim=3, keepdim=True)

    return _attend(*arguments, softmax=softmax)


@mistake(
    "leaves out W_o: the heads are not mixed",
    hint="Which of the four weight matrices does your code never read?",
)
def no_output_weights(*arguments):
    return _attend(*arguments, out=lambda heads, W_o: heads)


@mistake(
    "multiplies by the transpose of W_o: the weights stand on the right as they are",
    hint="On which side of the heads does W_o stand in the statement, and what do its rows belong to?",
)
def output_weights_transposed(*arguments):
    return _attend(*arguments, out=F.linear)


@mistake(
    "multiplies by transposed weights: Q, K and V have one column for each row of their weights",
    hint="Write the shapes of Q and W_q side by side. Which axes meet in the product?",
)
def weights_transposed(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    return _attend(Q, K, V, W_q.T, W_k.T, W_v.T, W_o.T, num_heads, valid_lens)


MASKED = (
    "one_length_per_example",
    "one_length_per_query",
    "unseen_keys",
    "examples_in_any_order",
    "unseen_keys_among_large_scores",
)


@mistake(
    "valid_lens is not used: all keys count",
    hint="In which line do you read valid_lens? With a length of 1, change the second key: does the result change?",
    loses=MASKED,
)
def mask_ignored(*arguments):
    return _attend(*arguments, mask=lambda scores, valid_lens: scores)


@mistake(
    "one key too many: with length l, the keys 0 to l - 1 are seen",
    hint="Print the weights of a query with a length of 1. How many keys have a weight?",
    loses=MASKED,
)
def mask_off_by_one(*arguments):
    return _attend(*arguments, mask=lambda scores, valid_lens: _masked(scores, valid_lens + 1))


@mistake(
    "one key too few: with length l, the keys 0 to l - 1 are seen",
    hint="Print the weights of a query with a length of 1. How many keys have a weight?",
    loses=MASKED,
    low=(-1e6, -math.inf),
)
def mask_one_key_short(*arguments, low):
    def mask(scores, valid_lens):
        return scores.masked_fill(_unseen(scores, valid_lens - 1), low)

    return _attend(*arguments, mask=mask)


@mistake(
    "the mask is inside out: the first keys are seen, the rest is not",
    hint="For a length of 1 and 3 keys, print your mask. Where is it True, and what happens to these?",
    loses=MASKED,
    low=(-1e6, -math.inf),
)
def mask_inverted(*arguments, low):
    def mask(scores, valid_lens):
        return scores.masked_fill(~_unseen(scores, valid_lens), low)

    return _attend(*arguments, mask=mask)


@mistake(
    "the scores of keys that are not seen become about 0, but exp(0) is 1: they still get weight",
    hint="What does exp make of the score that you fill in? What should it make of it?",
    loses=MASKED,
    score=(0.0, 1e-6, 1e-9, -1.0),
)
def mask_with_zero(*arguments, score):
    def mask(scores, valid_lens):
        return scores.masked_fill(_unseen(scores, valid_lens), score)

    return _attend(*arguments, mask=mask)


@mistake(
    "the scores of keys that are not seen become low, but not low enough: these keys still get a little weight, and the more the lower the other scores are",
    hint="All scores of a query may lie far below the number in your mask. Which key gets the most weight then?",
    number=(-10.0, -20.0, -50.0, -100.0, -1000.0),
    masked=(torch.add, lambda scores, number: number),
)
def mask_too_weak(*arguments, number, masked):
    def mask(scores, valid_lens):
        return torch.where(_unseen(scores, valid_lens), masked(scores, number), scores)

    return _attend(*arguments, mask=mask)


def _times_infinity(scores, unseen):
    return scores + unseen.to(scores.dtype) * -math.inf


def _all_at_infinity(scores, unseen):
    return scores.masked_fill(torch.ones_like(unseen), -math.inf)


@mistake(
    "the mask makes every weight nan: 0 times inf is nan, and so is a softmax of nothing but -inf",
    hint="Print the scores of a query with length 1 before and after your mask. Which of them may the mask change?",
    loses=MASKED,
    masked=(_times_infinity, _all_at_infinity),
)
def mask_makes_nan(*arguments, masked):
    return _attend(*arguments, mask=lambda scores, lens: masked(scores, _unseen(scores, lens)))


@mistake(
    "takes keys out after the softmax: the weights of the others no longer add up to 1",
    hint="Print the sum of the weights of one query after your mask.",
    loses=MASKED,
)
def mask_after_softmax(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    def softmax(scores):
        weights = _softmax(scores)
        return weights if valid_lens is None else weights.masked_fill(_unseen(scores, valid_lens), 0.0)

    arguments = Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens
    return _attend(*arguments, mask=lambda scores, valid_lens: scores, softmax=softmax)


@mistake(
    "the lengths are repeated in the wrong order: the heads of one example follow each other",
    hint="With 2 examples and 2 heads, write down which example each of the 4 rows of your scores belongs to, and each of your 4 lengths.",
    loses=MASKED,
)
def lengths_in_wrong_order(*arguments):
    def mask(scores, valid_lens):
        b, num_heads, n, m = scores.shape
        repeated = valid_lens.repeat(
            num_heads, *[1] * (valid_lens.dim() - 1)
        )  # (heads * b,) or (heads * b, n)
        flat = scores.reshape(b * num_heads, 1, n, m)
        return _masked(flat, repeated).reshape(scores.shape)

    return _attend(*arguments, mask=mask)


@mistake(
    "fits one length for each example only: valid_lens may also hold one for each query",
    hint="Which two shapes may valid_lens have? Print yours at the place where it meets the scores.",
    loses=("one_length_per_query", "unseen_keys"),
    lined_up=(lambda lens: lens[:, None, None, None], lambda lens: lens.view(len(lens), 1, 1, 1)),
)
def lengths_of_examples_only(*arguments, lined_up):
    def mask(scores, valid_lens):
        return scores.masked_fill(torch.arange(scores.shape[3]) >= lined_up(valid_lens), -1e6)

    return _attend(*arguments, mask=mask)


def _unchecked(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens, split):
    queries, keys, values = (split(X, num_heads) for X in (Q @ W_q, K @ W_k, V @ W_v))
    scores = [q @ k.transpose(1, 2) / math.sqrt(q.shape[2]) for q, k in zip(queries, keys, strict=True)]
    if valid_lens is not None:
        scores = [_masked(score[:, None], valid_lens)[:, 0] for score in scores]
    heads = [torch.softmax(score, dim=2) @ v for score, v in zip(scores, values, strict=True)]
    return torch.cat(heads, dim=2) @ W_o


def _reshaped(X, num_heads):
    return X.reshape(*X.shape[:2], num_heads, X.shape[2] // num_heads).unbind(2)


def _reshaped_to_fit(X, num_heads):
    return X.reshape(*X.shape[:2], num_heads, -1).unbind(2)


def _blocks(X, num_heads):
    size = X.shape[2] // num_heads
    return [X[:, :, k * size : (k + 1) * size] for k in range(num_heads)]


@mistake(
    "does not refuse a num_heads that does not divide h: a ValueError should say so",
    hint="What is h divided by num_heads for h = 6 and num_heads = 4? Where in your code would anybody notice?",
    loses=("heads_do_not_divide",),
    split=(
        _reshaped,
        _reshaped_to_fit,
        _blocks,
        lambda X, num_heads: X.tensor_split(num_heads, dim=2),
    ),
)
def heads_not_checked(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None, *, split):
    return _unchecked(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens, split)


@mistake(
    "refuses with assert, which raises AssertionError: a ValueError that names num_heads is asked for",
    hint="Which exception does `assert` raise, and which one does the statement name?",
    loses=("heads_do_not_divide",),
)
def asserts(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    assert len(W_o) % num_heads == 0
    return multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens)


@mistake(
    "cuts the result off from its arguments: no gradient flows back",
    hint="Print requires_grad after each of your lines: where does True become False?",
    loses=("contract[gradients]", "unseen_keys"),
)
def cut_off(*arguments):
    return _attend(*arguments).detach()
