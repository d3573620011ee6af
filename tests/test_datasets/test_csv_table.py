"""CSV files as table programs write them."""
import csv

import pytest

from mmfermtl.datasets.own_data.csv_table import read_csv

ROWS = [['a/1.png', 'anger', 'Zoé'], ['a/2.png', 'joy', 'Ann']]
HEAD = ['path', 'expression', 'subject']


def text(separator=',', head=HEAD, nl='\n'):
    return nl.join(separator.join(row) for row in [head, *ROWS]) + nl


def read(tmp_path, content, problems=None):
    path = tmp_path / 'faces.csv'
    path.write_bytes(content)
    return read_csv(
        str(path), HEAD[:2], HEAD[2:], [] if problems is None else problems)


@pytest.mark.parametrize('content', [
    text().encode(),
    text().encode('utf-8-sig'),
    text().encode('utf-16'),
    b'\xfe\xff' + text('\t').encode('utf-16-be'),
    text('\t').encode('utf-16'),
    text().encode('utf-32'),
    text(';', nl='\r\n').encode(),
    text(', ').encode(),
    text(nl='\r').encode(),
    text(nl='\n\n').encode(),
    text(head=['Path', ' EXPRESSION', 'Subject ']).encode(),
    text().replace('Ann', '"Ann"').encode(),
    text('\t', ['"path"', '"expression"', '"subject"']).encode(),
])
def test_every_kind_is_read(tmp_path, content):
    problems = []
    found = read(tmp_path, content, problems)
    assert [[row[name] for name in HEAD] for row in found] == ROWS
    assert not problems


def test_other_columns_and_long_fields(tmp_path):
    """A field of pixels or landmarks may be of any length."""
    limit = csv.field_size_limit()
    content = f'path,expression,marks\na.png,joy,{"1 " * 200000}\n'
    assert read(tmp_path, content.encode())[0]['expression'] == 'joy'
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize('content, message', [
    (text().encode('cp1252'), r'faces.csv:2: found the byte 0xe9, which is '
     'not UTF-8, perhaps cp1252.*save it as "CSV UTF-8"'),
    (text().encode('utf-16-le'), 'faces.csv:2: found the byte|NUL byte'),
    (text().encode() + b'\0\n', 'faces.csv:4: found a NUL byte'),
    (b'\xff\xfe' + text().encode(), 'faces.csv'),
    (text(head=['path', 'expression', 'Path ']).encode(),
     "the column 'path' appears 2 times"),
    (b'', 'expected path, expression'),
    (text(head=['file', 'label', 'who']).encode(), r"\['file', 'label', 'who"),
    (text().replace('anger', '"anger').encode(), 'a quote is not closed'),
    (text().replace('joy', '"jo"y').encode(), 'a quote is not closed'),
    (b'path,expression\n"a.png,joy\nb.png",joy\n', 'goes over several lines'),
])
def test_others_are_refused_by_name(tmp_path, content, message):
    with pytest.raises(ValueError, match=message) as info:
        read(tmp_path, content)
    assert 'faces.csv' in str(info.value)


def test_rows_of_another_length_are_problems(tmp_path):
    problems = []
    content = text() + 'a.png,joy\n' + 'b.png,joy,Cy,4\n'
    assert len(read(tmp_path, content.encode(), problems)) == 2
    assert ['faces.csv:4' in problems[0], 'faces.csv:5' in problems[1]
            ] == [True, True] and len(problems) == 2
