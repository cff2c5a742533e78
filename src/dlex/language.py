"""The language that dlex speaks: gettext's catalogues, and English wherever they say nothing.

    src/dlex/locale/zh_CN/LC_MESSAGES/dlex.po       what the engine says
    exercises/locale/zh_CN/LC_MESSAGES/ch03.po      what a course says, one catalogue per chapter

`dlex translate` brings catalogues up to date. Every text is a whole sentence with named places:

    _("{name} has {points} points").format(name=exercise.id, points=points)
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from dlex.errors import UsageError
from dlex.files import write_atomically

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
ENGINE = Path(__file__).parent / "locale"
VARIABLE = "DLEX_LANG"
REMEMBERED = Path(".dlex") / "language"  # of a workspace
WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6"
)
_HAN = "\u4e00-\u9fff"
_SET_BY_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")

_current: str | None = None
_consulted: list[tuple[Path, str]] = []  # folders and domains


def use(name: str) -> None:
    """Speak this language from now on, here and in processes that are started from here.

    Args:
        name: en, zh, zh_CN, zh-Hans …

    Raises:
        UsageError: there is no such language.
    """
    global _current
    found = _find(name)
    if found is None:
        told = _("dlex does not speak {name}").format(name=repr(name))
        raise UsageError(told, _("It speaks: {languages}.").format(languages=", ".join(LANGUAGES)))
    _current = os.environ[VARIABLE] = os.environ["LANGUAGE"] = found  # click asks for $LANGUAGE


def current() -> str:
    """The language in use: what `use` was told, $DLEX_LANG, that of the workspace or of the system,
    English."""
    global _current
    if _current is None:
        wanted = (os.environ.get(VARIABLE, ""), _of_workspace(), _of_system())
        _current = next(filter(None, map(_find, wanted)), "en")
    return _current


def remember(workspace: Path) -> None:
    """Let a workspace speak the language in use, whatever the system's is."""
    write_atomically(workspace / REMEMBERED, current() + "\n")


def _of_workspace() -> str:
    """What the workspace remembers that the working directory lies in; "" without one."""
    here = Path.cwd()
    found = next((folder for folder in (here, *here.parents) if (folder / REMEMBERED.parent).is_dir()), here)
    try:
        return (found / REMEMBERED).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _of_system() -> str:
    return next((os.environ[name] for name in _SET_BY_SYSTEM if os.environ.get(name)), "")


def _find(name: str) -> str | None:
    """The language that a name of a language or locale means.

    >>> _find("zh-Hans"), _find("zh_TW.UTF-8"), _find("C.UTF-8"), _find("fr_FR")
    ('zh_CN', 'zh_CN', 'en', None)
    """
    first = re.split(r"[-_.@]", name.lower())[0]
    return {"zh": "zh_CN", "en": "en", "c": "en", "posix": "en"}.get(first)


@cache
def _catalogue(folder: Path, domain: str, language: str) -> gettext.NullTranslations:
    return gettext.translation(domain, folder, [language], fallback=True)


def say(message: str, folder: Path = ENGINE, domain: str = "dlex") -> str:
    """A message in the language in use."""
    return _catalogue(folder, domain, current()).gettext(message) if message else ""


def consult(folder: Path, domains: Iterable[str]) -> None:
    """Say what the engine's catalogue lacks as these do: texts in the graders of a course."""
    new = [(folder, domain) for domain in domains]
    _consulted.extend(each for each in new if each not in _consulted)


def _(message: str) -> str:
    """A message of the engine, or of a catalogue that is consulted, in the language in use."""
    return _told(message, current(), tuple(_consulted)) if message else ""


@lru_cache(10_000)  # a check says the same for every example
def _told(message: str, language: str, consulted: tuple[tuple[Path, str], ...]) -> str:
    told = (_catalogue(*where, language).gettext(message) for where in ((ENGINE, "dlex"), *consulted))
    return next((text for text in told if text != message), message)


def N_(message: str) -> str:
    """Mark a message of a table, which is said by `_` where it is used: no language is chosen yet."""
    return message


def ngettext(one: str, many: str, n: int) -> str:
    """The same for what depends on a number, which is then filled in by `.format(n=n)`."""
    return _catalogue(ENGINE, "dlex", current()).ngettext(one, many, n)


# Documents: Markdown and docstrings, paragraph by paragraph -----------------------------------------

_BETWEEN = re.compile(r"(\n[ \t]*\n)")
_NO_WORDS = re.compile(r"\$\$.*\$\$|Example:\n.*|>>> .*|```.*```|\x08.*", re.DOTALL)  # \b: as click has it
_EXAMPLE = re.compile(r"\AExample:(?=\n)")


def paragraphs(document: str) -> list[str]:
    """The paragraphs of a document that have words to translate, without their indentation.

    >>> paragraphs('# Softmax\\n\\n$$x^2$$\\n\\n    Args:\\n        X: scores.')
    ['# Softmax', 'Args:\\n    X: scores.']
    """
    parts = (_Paragraph.read(part).words for part in _BETWEEN.split(document)[::2])
    return [words for words in parts if words and not _NO_WORDS.fullmatch(words)]


def translate(document: str, say: Callable[[str], str]) -> str:
    """A document with each paragraph said by `say`.

    >>> translate('# Softmax\\n\\n    Args:\\n        X: scores.\\n    ', str.upper)
    '# SOFTMAX\\n\\n    ARGS:\\n        X: SCORES.\\n    '
    """
    parts = _BETWEEN.split(document)
    parts[::2] = [_Paragraph.read(part).said(say) for part in parts[::2]]
    return "".join(parts)


def unwrapped(text: str) -> str:
    """A text to be set anew, without line breaks between characters that no space belongs between.

    >>> unwrapped("每行一个\\n样本 of\\nwords")
    '每行一个样本 of\\nwords'
    """
    return re.sub(
        rf"(?<=[{WIDE}])\n[ \t]*(?=[{WIDE}])|(?<=[，。：；？！、）])\n[ \t]*(?=[A-Za-z`$])", "", text
    )


def spaced(text: str) -> str:
    """Chinese as it is set: a space between it and Latin letters or digits, none within itself.

    >>> spaced("result[1]不对，应为3；结果是 张量")
    'result[1] 不对，应为 3；结果是张量'
    """
    closed_up = re.sub(rf"(?<=[{_HAN}]) (?=[{_HAN}])", "", text)
    return re.sub(rf"(?<=[{_HAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9\])])(?=[{_HAN}])", " ", closed_up)


@dataclass(frozen=True)
class _Paragraph:
    """Words, and the white space that was taken from before its lines and from its end."""

    words: str
    first: str
    others: str
    end: str

    @classmethod
    def read(cls, text: str) -> _Paragraph:
        body = text.rstrip()
        first, *others = body.split("\n")
        beginnings = [_indentation(line) for line in others] + [_indentation(first)] * bool(
            _indentation(first)
        )
        indentation = min(beginnings, default="")  # a docstring's first line has none
        words = "\n".join([first.lstrip(), *(line.removeprefix(indentation) for line in others)])
        return cls(words, _indentation(first), indentation, text[len(body) :])

    def said(self, say: Callable[[str], str]) -> str:
        wordless = not self.words or _NO_WORDS.fullmatch(self.words)
        text = _EXAMPLE.sub(lambda _found: _("Example:"), self.words) if wordless else say(self.words)
        return self.first + text.replace("\n", "\n" + self.others) + self.end


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
