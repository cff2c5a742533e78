"""Three versions of a file made into one, line by line, in bytes: no file is too strange to be compared."""

from __future__ import annotations

import ast
import difflib
import warnings

PLACEHOLDER = b"raise NotImplementedError"


def merged(given: bytes, yours: bytes, theirs: bytes) -> bytes | None:
    """What both sides made of `given`; None if they changed the same place.

    None as well if the lines fit together but the whole is no longer Python, where both sides are.

    >>> merged(b"a\\nb\\nc\\n", b"a\\nb\\nC\\n", b"A\\nb\\nc\\n")
    b'A\\nb\\nC\\n'
    """
    whole = _merged(_lines(given), _lines(yours), _lines(theirs))
    if whole is None or parses(whole) or not (parses(yours) and parses(theirs)):
        return whole
    return None


def _merged(given: list[bytes], yours: list[bytes], theirs: list[bytes]) -> bytes | None:
    """Between lines that all three share, whichever side differs from `given`; None if both do."""
    whole: list[bytes] = []
    before = -1, -1, -1
    for here in [*_shared(given, yours, theirs), (len(given), len(yours), len(theirs))]:
        old, mine, new = (
            lines[start + 1 : end]
            for lines, start, end in zip((given, yours, theirs), before, here, strict=True)
        )
        if mine != old and new != old and mine != new:
            return None
        whole += new if mine == old else mine
        whole += given[here[0] : here[0] + 1]
        before = here
    return b"".join(whole)


def _shared(given: list[bytes], yours: list[bytes], theirs: list[bytes]) -> list[tuple[int, int, int]]:
    """The places of the lines of `given` that are in both others, in order."""
    mine, new = _places(given, yours), _places(given, theirs)
    return [(place, mine[place], new[place]) for place in mine if place in new]


def _places(lines: list[bytes], others: list[bytes]) -> dict[int, int]:
    """Where lines stand among others, by their own place."""
    blocks = difflib.SequenceMatcher(None, lines, others, autojunk=False).get_matching_blocks()
    return {block.a + k: block.b + k for block in blocks for k in range(block.size)}


def stems_from(stub: bytes, file: bytes) -> bool:
    """Whether a file is this stub with an answer in it: nothing of the stub is gone but placeholders.

    >>> stems_from(b"def f():\\n    raise NotImplementedError\\n", b"def f():\\n    return 1\\n")
    True
    >>> stems_from(b"# old\\ndef f():\\n    raise NotImplementedError\\n", b"def f():\\n    return 1\\n")
    False
    """
    before, after = _lines(stub), _lines(with_newlines(file))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    gone = (before[start:end] for kind, start, end, _, _ in matcher.get_opcodes() if kind != "equal")
    return all(_may_go(line) for lines in gone for line in lines)


def _may_go(line: bytes) -> bool:
    return not line.strip() or line.strip().startswith(PLACEHOLDER)


def has_windows_ends(content: bytes) -> bool:
    r"""Whether every line ends with \r\n."""
    return b"\r\n" in content and content.count(b"\n") == content.count(b"\r\n")


def with_newlines(content: bytes) -> bytes:
    r"""The content with \n, if an editor wrote \r\n everywhere."""
    return content.replace(b"\r\n", b"\n") if has_windows_ends(content) else content


def like(content: bytes, other: bytes) -> bytes:
    """The content with the line ends of `other`."""
    return content.replace(b"\n", b"\r\n") if has_windows_ends(other) else content


def _lines(content: bytes) -> list[bytes]:
    r"""Lines with their ends; only \n ends one.

    >>> _lines(b"a\rb\nc")
    [b'a\rb\n', b'c']
    """
    *whole, rest = content.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def parses(content: bytes) -> bool:
    """Whether it is Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of backslashes, for example
        try:
            ast.parse(content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
