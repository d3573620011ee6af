"""Names out of files, in reports."""
import pytest

from mmfermtl.utils.safe_text import (escape_markdown, markdown_code,
                                      markdown_table, printable)
from mmfermtl.utils.text_table import format_table


@pytest.mark.parametrize('text, shown', [
    ('S005/001_x', 'S005/001_x'),
    ('<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'),
    ('&lt;', '&amp;lt;'),
    ('a | b', r'a \| b'),
    ('![x](http://x)', r'!\[x\](http://x)'),
    ('`a` *b*', r'\`a\` \*b\*'),
    ('a\n\n# b', 'a # b'),
    ('a\x1b[31m', r'a\x1b\[31m'.replace(r'\x1b', r'\\x1b')),
    ('a\u202eb', r'a\\u202eb'),
    ('=HYPERLINK("x")', '\'=HYPERLINK("x")'),
    ('\t=1+1', "'=1+1"),
    ('+SUM(A1)', "'+SUM(A1)"),
    ('-cmd', "'-cmd"),
    ('@a', "'@a"),
    ('-', '-'),
    ('-0.61', '-0.61'),
    ('-1.90 .. +0.57', '-1.90 .. +0.57'),
    (-3, '-3'),
    ('Größe 表', 'Größe 表'),
])
def test_markdown(text, shown):
    assert escape_markdown(text) == shown


def test_tables():
    table = markdown_table(('a', 'b|'), [('x\n| y |', 1)])
    assert table == '| a | b\\| |\n| --- | --- |\n| x \\| y \\| | 1 |'
    text = format_table(('a', 'b'), [('x\n\x1b[2J', 0.5)])
    assert text.splitlines()[2] == r'x\n\x1b[2J 0.5000'
    assert printable('\u202e') == r'\u202e'


def test_code():
    assert markdown_code('a') == '```\na\n```'
    assert markdown_code('```\n<b>') == '````\n```\n<b>\n````'
