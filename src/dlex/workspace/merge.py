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
    from merge3 import Merge3

    groups = list(Merge3(_lines(given), _lines(yours), _lines(theirs)).merge_groups())
    if any(group[0] == "conflict" for group in groups):
        return None
    whole = b"".join(line for _side, lines in groups for line in lines)
    return whole if parses(whole) or not (parses(yours) and parses(theirs)) else None


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
