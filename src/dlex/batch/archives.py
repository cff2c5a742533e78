"""The files of a zip or tar archive, read in memory: nothing is ever extracted to a disk.

Only members that may answer an exercise are read. Links, devices and paths that lead out of the
archive are never followed; archives in archives are not opened.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from dlex.batch.entries import MAX_DEPTH, Entry, Unreadable, leftover, one_line
from dlex.language import _
from dlex.submission import Source, limit_of, not_ordinary, too_large

SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar")
MAX_MEMBERS = 10_000
MAX_UNPACKED = 256 << 20
MAX_READ = 32 << 20  # of members that may be answers
MAX_RATIO, RATIO_FROM = 200, 16 << 20  # below 16 MiB any ratio is harmless
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack without a bound on memory


@dataclass(frozen=True)
class _Member:
    """A member that is no folder: its path as it was stored, what is wrong with it under a path, how to
    read it."""

    path: str
    size: int
    problem: Callable[[str], str]
    read: Callable[[int], bytes]


def is_archive(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def unpack(name: str, content: bytes, wanted: Callable[[str], bool]) -> list[Entry]:
    """The files of the archive `name`; those that are `wanted`, by path, are read.

    Raises Unreadable if it is damaged, no archive, or unpacks to more than a submission may hold.
    """
    try:
        return _unpack(name, _members(name, content), wanted)
    except Unreadable:
        raise
    except EOFError:
        raise Unreadable(
            _("{name} is cut short: upload it again, and open it yourself to see that it is whole").format(
                name=name
            )
        ) from None
    except Exception:  # hostile bytes: the parsers raise anything, from zlib.error to RecursionError
        told = _(
            "{name} is no zip or tar archive, or a damaged one: pack it again, and open it yourself to see"
        )
        raise Unreadable(told.format(name=name)) from None


def _unpack(name: str, members: Iterator[_Member], wanted: Callable[[str], bool]) -> list[Entry]:
    entries, left = [], MAX_READ
    for count, member in enumerate(members):
        if count >= MAX_MEMBERS:
            raise _too_many(name)
        path, problem = _path(member)
        if any(leftover(part) for part in path.split("/")):
            continue
        if not wanted(path):
            entries.append(Entry(path))
            continue
        source = _source(path, problem, member)
        left -= len(source.content or b"")
        if left < 0:
            told = _(
                "the files in {name} unpack to more than {most:,} bytes: "
                "hand in an archive with the answers alone"
            )
            raise Unreadable(told.format(name=name, most=MAX_READ))
        entries.append(Entry(path, lambda source=source: source))
    return sorted(entries, key=lambda entry: entry.path)


def _source(path: str, problem: str, member: _Member) -> Source:
    problem = problem or too_large(path, member.size)
    if problem:
        return Source(path, None, problem)
    content = member.read(limit_of(path) + 1)
    problem = too_large(path, len(content))
    return Source(path, None if problem else content, problem)


def _path(member: _Member) -> tuple[str, str]:
    """The path that a member is known by, and why it cannot be read: "" if it can."""
    stored = member.path.replace("\\", "/")
    parts = [one_line(part) for part in stored.split("/") if part not in ("", ".")]
    path = "/".join(parts)
    if stored.startswith("/") or re.match(r"[A-Za-z]:", stored) or ".." in parts:
        path = one_line(stored)
        outside = _(
            "{path} has a path that leads out of the archive: pack the folder itself, and nothing else"
        )
        return "/".join(part for part in parts if part != ".."), outside.format(path=path)
    if len(parts) > MAX_DEPTH:
        deep = _("{path} lies deeper than {most} folders: hand in an archive with the answers alone")
        return path, deep.format(path=one_line(path), most=MAX_DEPTH)
    return path, member.problem(path)


def _members(name: str, content: bytes) -> Iterator[_Member]:
    """The members of an archive that are no folders; its kind is told by its first bytes."""
    if content.startswith(b"PK"):
        return _zip(name, content)
    return _tar(name, content)


def _zip(name: str, content: bytes) -> Iterator[_Member]:
    if _directory_size(content) > MAX_MEMBERS * 512:  # before an object is made for each member
        raise _too_many(name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > _most(len(content)):
            raise _too_much(name, unpacked)
        for info in archive.infolist():
            if not info.filename.replace("\\", "/").endswith("/"):
                yield _Member(
                    _zip_name(info), info.file_size, partial(_zip_problem, info), _reader(archive, info)
                )


def _directory_size(content: bytes) -> int:
    """The size of the list of members, from the record at the end of a zip file, in bytes."""
    end = content.rfind(b"PK\5\6")
    return struct.unpack_from("<I", content, end + 12)[0] if end >= 0 else 0


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name of a member; many tools write UTF-8 and do not say so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _zip_problem(info: zipfile.ZipInfo, path: str) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
    if kind not in (0, stat.S_IFREG):
        return not_ordinary(path, kind)
    if info.flag_bits & 0x1:
        return _("{path} is encrypted: hand in an archive without a password").format(path=path)
    if info.compress_type not in METHODS:
        told = _("{path} is packed by an unusual method: make an ordinary zip archive")
        return told.format(path=path)
    return ""


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        with archive.open(info) as stream:
            return stream.read(limit)

    return read


def _tar(name: str, content: bytes) -> Iterator[_Member]:
    packed = content.startswith(b"\x1f\x8b")
    raw = gzip.GzipFile(fileobj=io.BytesIO(content)) if packed else io.BytesIO(content)
    stream = _Limited(name, raw, _most(len(content)))
    # As a stream: read once, in order, so that no offset in the archive can lead back
    with tarfile.open(fileobj=stream, mode="r|", errors="replace") as archive:
        for info in archive:
            if not info.isdir():
                extract = archive.extractfile(info) if info.isfile() else io.BytesIO()
                yield _Member(info.name, info.size, partial(_tar_problem, info), extract.read)
        while stream.read(1 << 16):  # a truncated or corrupt end is found nowhere else
            pass


def _tar_problem(info: tarfile.TarInfo, path: str) -> str:
    modes = {tarfile.SYMTYPE: stat.S_IFLNK, tarfile.LNKTYPE: stat.S_IFLNK, tarfile.FIFOTYPE: stat.S_IFIFO}
    return "" if info.isfile() else not_ordinary(path, modes.get(info.type, 0))


class _Limited:
    """A stream that raises Unreadable where it holds more than `limit` bytes."""

    def __init__(self, name: str, raw: io.BufferedIOBase, limit: int):
        self._name, self._raw, self._left = name, raw, limit

    def read(self, size: int) -> bytes:
        data = self._raw.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_much(self._name, None)
        return data


def _most(packed: int) -> int:
    """The most bytes that an archive of `packed` bytes may unpack to."""
    return min(MAX_UNPACKED, max(RATIO_FROM, MAX_RATIO * packed))


def _too_much(name: str, unpacked: int | None) -> Unreadable:
    told = _("{name} unpacks to far more than it may hold: hand in an archive with the answers alone")
    if unpacked:
        told = _("{name} unpacks to {size:,} bytes: hand in an archive with the answers alone")
    return Unreadable(told.format(name=name, size=unpacked))


def _too_many(name: str) -> Unreadable:
    told = _("{name} holds more than {most:,} files: hand in an archive with the answers alone")
    return Unreadable(told.format(name=name, most=MAX_MEMBERS))
