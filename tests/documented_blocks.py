"""Read the commands and the Python of the README and of docs/."""
import os.path as osp
import re
import shlex
import textwrap
from glob import glob
from typing import List, NamedTuple

ROOT = osp.dirname(osp.dirname(osp.abspath(__file__)))
#: The pages by their path from the root, the cards of results left out.
PAGES: List[str] = ['README.md'] + sorted(
    osp.relpath(path, ROOT)
    for path in glob(osp.join(ROOT, 'docs', '**', '*.md'), recursive=True)
    if osp.join('results', 'cards') not in path)
_FENCE = re.compile(
    r'(?P<mark>^ *<!-- run -->\n)?^(?P<indent> *)```(?P<language>bash|python)'
    r'\n(?P<text>.*?)^(?P=indent)```$', re.M | re.S)
#: A variable that is set for one command.
_VARIABLE = re.compile(r'\w+=[^$]*')


class Block(NamedTuple):
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    #: Whether the comment ``<!-- run -->`` precedes it.
    run: bool

    @property
    def place(self) -> str:
        """str: Where it is, for messages."""
        return f'{self.page}:{self.line}'


def read_page(page: str) -> str:
    """Read a page, given by its path from the root."""
    with open(osp.join(ROOT, page), encoding='utf-8') as file:
        return file.read()


def read_blocks(page: str) -> List[Block]:
    """List the fenced blocks of a page that hold bash or Python."""
    text = read_page(page)
    return [
        Block(page,
              text.count('\n', 0, match.start('text')) + 1, match['language'],
              textwrap.dedent(match['text']), match['mark'] is not None)
        for match in _FENCE.finditer(text)
    ]


def split_commands(text: str) -> List[List[str]]:
    """Split a block of bash into its commands.

    Args:
        text (str): The block. Of a loop the body counts; a variable that
            holds the output of a command is left out.

    Returns:
        list[list[str]]: The words of each command.
    """
    commands = []
    for line in text.replace('\\\n', ' ').splitlines():
        if line.startswith('for '):
            line = line.split('; do ')[1].split('; done')[0]
        if re.match(r'\w+=\$\(', line):
            continue
        words = shlex.split(line, comments=True)
        while words and _VARIABLE.fullmatch(words[0]):
            words.pop(0)
        if words:
            commands.append(words)
    return commands
