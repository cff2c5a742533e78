"""Bring catalogues up to date, and say what is wrong with them."""

from __future__ import annotations

import io
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from dlex.course import Course
from dlex.files import write_atomically
from dlex.language import ENGINE, LANGUAGES
from dlex.translation.messages import Message, of_chapter, of_click, of_course, of_engine

WIDTH = 110
_CODE = re.compile(r"`[^`\n]+`|\$[^$]+\$")


@dataclass(frozen=True)
class File:
    """A catalogue in one language: the `.po` that translators write, the `.mo` that is read."""

    po: Path
    language: str
    messages: tuple[Message, ...]

    @property
    def mo(self) -> Path:
        return self.po.with_suffix(".mo")


def files_of_course(course: Course) -> Iterator[File]:
    """The catalogues of a course: one for all chapters, then one for each."""
    chapters = {chapter.id: of_chapter(course, chapter.id) for chapter in course.file.chapter}
    yield from _files(course.catalogues, {"course": of_course(course), **chapters})


def files_of_engine() -> Iterator[File]:
    """The catalogues of dlex itself, and of click."""
    yield from _files(ENGINE, {"dlex": of_engine(), "messages": of_click()})


def for_edition(course: Course, edition: Course) -> Iterator[tuple[Path, bytes]]:
    """The compiled catalogues of a course with what its edition says, and nothing else: paths in the
    edition and contents."""
    for ours, theirs in zip(files_of_course(course), files_of_course(edition), strict=True):
        if ours.po.exists():
            yield theirs.mo, _updated(replace(ours, messages=theirs.messages))[1]


def _files(folder: Path, messages: dict[str, Iterable[Message]]) -> Iterator[File]:
    found = {domain: tuple(texts) for domain, texts in messages.items()}
    for language in LANGUAGES:
        for domain, texts in found.items():
            if language != "en":
                yield File(folder / language / "LC_MESSAGES" / f"{domain}.po", language, texts)


def update(file: File) -> bool:
    """Write the catalogue anew if it is out of date; whether it was. Translations that no text asks for
    any more stay at its end, for the translator to use or to delete."""
    po, mo = _updated(file)
    changed = False
    for path, data in ((file.po, po), (file.mo, mo)):
        if not path.exists() or path.read_bytes() != data:
            write_atomically(path, data)
            changed = True
    return changed


def problems(file: File) -> Iterator[str]:
    """What keeps a catalogue from being complete, a line for each."""
    po, mo = _updated(file)
    if [path.read_bytes() if path.exists() else b"" for path in (file.po, file.mo)] != [po, mo]:
        yield f"{file.po} is out of date: run dlex translate"
    catalogue = _read(file)
    filled_in = {message.id for message in file.messages if message.filled_in}
    for message in catalogue:
        if message.id:
            yield from (f"{file.po}: {what}: {_short(message.id)}" for what in _wrong(message, filled_in))
    for id in catalogue.obsolete:
        yield f"{file.po}: nothing says this any more, delete its translation: {_short(id)}"


def _wrong(message, filled_in: set) -> Iterator[str]:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    texts = [message.string] if isinstance(message.string, str) else list(message.string)
    if not all(texts) or message.fuzzy:
        yield "not translated"
    for text in filter(None, texts):
        if message.id in filled_in and _places(text) != _places(ids[-1]):
            yield "the places in {braces} differ from those of the text"
        if message.id not in filled_in and _code(text) != _code(ids[0]):
            yield "code in `…` or a formula in $…$ differs from that of the text"


def _places(text: str) -> set[str | None]:
    return {name for _text, name, _format, _conversion in string.Formatter().parse(text)} - {None}


def _code(text: str) -> Counter[str]:
    return Counter(" ".join(found.split()) for found in _CODE.findall(text))


def _short(id: str | tuple[str, str]) -> str:
    text = " ".join((id if isinstance(id, str) else id[0]).split())
    return text if len(text) < 70 else text[:67] + "..."


def _updated(file: File) -> tuple[bytes, bytes]:
    """The two files of a catalogue as they should be."""
    catalogue = _read(file)
    template = Catalog(creation_date=catalogue.creation_date)  # else every update would change it
    for message in file.messages:
        template.add(message.id, locations=[(message.place, 0)])
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalogue, width=WIDTH, include_lineno=False)
    write_mo(mo, catalogue)
    return po.getvalue(), mo.getvalue()


def _read(file: File) -> Catalog:
    if not file.po.exists():
        about = dict.fromkeys(("msgid_bugs_address", "last_translator", "language_team"), "dlex")
        comment = f"# Translations into {LANGUAGES[file.language]}."
        return Catalog(file.language, None, comment, "dlex", "1", fuzzy=False, **about)
    with file.po.open("rb") as stream:
        return read_po(stream, locale=file.language)
