"""Names for the files of an output folder, which no learner chooses."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

STEM_BYTES = 120  # with what is added, far from the 255 that file systems allow
_UNSAFE = re.compile(r"[^\w@+. -]")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)  # Windows opens these


def file_names(names: Iterable[str]) -> list[str]:
    """A safe stem of a file name for each name, all different, in a folder that ignores case too.

    A name that is safe and unlike all others is its own stem. Any other gets a `~` and a hash of the
    name, so that the stem depends on the names alone, not on their order, unless two are equal.

    >>> file_names(["ann", "bob lee", "../ann"])
    ['ann', 'bob lee', '_._ann~2a8c40f7']
    """
    names = list(names)
    stems = [_stem(name) for name in names]
    alike = Counter(map(str.casefold, stems))
    taken: Counter[str] = Counter()
    return [
        _unlike(taken, stem if stem == name and alike[stem.casefold()] == 1 else f"{stem}~{_hash(name)}")
        for name, stem in zip(names, stems, strict=True)
    ]


def _stem(name: str) -> str:
    """What of a name may stand in a file name; `~` never does, it marks the hash."""
    stem = _UNSAFE.sub("_", unicodedata.normalize("NFC", name))
    stem = stem.encode()[:STEM_BYTES].decode(errors="ignore").rstrip(". ")
    stem = re.sub(r"^[. -]", "_", stem) or "unnamed"
    return f"_{stem}" if _DEVICES.match(stem) else stem


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]


def _unlike(taken: Counter[str], stem: str) -> str:
    """The stem, numbered if it was given before."""
    key = stem.casefold()
    taken[key] += 1
    return stem if taken[key] == 1 else f"{stem}~{taken[key]}"
