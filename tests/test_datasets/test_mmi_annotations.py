"""XML files of MMI: tolerant of forms, strict about faults and attacks."""
import pytest

from mmfermtl.datasets.mmi import annotations as mmi_annotations
from mmfermtl.datasets.mmi.annotations import (MAX_BYTES, read_emotion,
                                               read_view)

LAUGHS = ('<!DOCTYPE lolz [<!ENTITY a "ha">' +
          ''.join(f'<!ENTITY {b} "{f"&{a};" * 10}">'
                  for a, b in zip('abcdefghi', 'bcdefghij')) +
          ']><clip><Metatag Name="Emotion" Value="1"/>&j;</clip>')
OUTSIDE = ('<!DOCTYPE clip [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
           '<clip><Metatag Name="Emotion" Value="1"/>&x;</clip>')


@pytest.fixture
def write(tmp_path):

    def write_file(content, name='S035-004.xml'):
        path = tmp_path / name
        path.write_bytes(
            content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write_file


@pytest.mark.parametrize('content,code', [
    ('<clip><a/><Metatag Name="Emotion" Value="1"/></clip>', 1),
    ('<clip><b><metatag NAME=" emotion " VALUE=" 6 "/></b></clip>', 6),
    ('<m:clip xmlns:m="u:x"><m:MetaTag m:Name="EMOTION" m:Value="3"/>'
     '</m:clip>', 3),
    ('<clip xmlns="u:x"><Metatag Value="4.0" Name="Emotion"/></clip>', 4),
    ('<clip><Metatag Name="Emotion" Value="12"/></clip>', 12),
    ('<clip><Metatag Name="Emotion" Value="2"/><Metatag Name="Emotion" '
     'Value="2"/></clip>', 2),
    ('<clip><Metatag Name="Smile" Value="2"/></clip>', None),
    ('<?xml version="1.0" encoding="ISO-8859-1"?><clip><Metatag Name="By" '
     'Value="Zo\xe9"/><Metatag Name="Emotion" Value="5"/></clip>'.encode(
         'latin-1'), 5),
    ('<clip><Metatag Name="Emotion" Value="5"/></clip>'.encode('utf-16'), 5),
])
def test_emotion_is_found_in_any_form(write, content, code):
    assert read_emotion(write(content)) == code


@pytest.mark.parametrize('value', ['', 'anger', '0', '-1', '1.5', '1e3', '١'])
def test_value_that_is_no_code_is_refused(write, value):
    path = write(f'<clip><Metatag Name="Emotion" Value="{value}"/></clip>')
    with pytest.raises(ValueError, match='from 1; copy it again') as error:
        read_emotion(path)
    assert path in str(error.value)


def test_two_different_emotions_are_refused(write):
    path = write('<clip><Metatag Name="Emotion" Value="1"/>'
                 '<Metatag Name="Emotion" Value="2"/></clip>')
    with pytest.raises(ValueError, match=r"\['1', '2'\]"):
        read_emotion(path)


@pytest.mark.parametrize('content,message', [
    ('', 'found no content'),
    (' \n ', 'found no content'),
    ('<clip><Metatag Name="Emotion"', 'malformed XML'),
    ('<clip></session>', 'malformed XML'),
    ('no markup at all', 'malformed XML'),
    (b'\x00\x01\x02\x03', 'malformed XML'),
    (b'<clip a="\xff\xfe"/>', 'malformed XML'),
    ('<?xml version="1.0" encoding="klingon"?><clip/>', 'malformed XML'),
    ('<clip>&undefined;</clip>', 'malformed XML'),
    (LAUGHS, 'DOCTYPE'),
    (OUTSIDE, 'DOCTYPE'),
    ('<!DOCTYPE clip SYSTEM "http://localhost/x.dtd"><clip/>', 'DOCTYPE'),
    (b'<clip>' + b' ' * MAX_BYTES + b'</clip>', 'more than 1048576 bytes'),
])
def test_damaged_and_hostile_files_are_refused(write, content, message):
    path = write(content)
    with pytest.raises(ValueError, match=message) as error:
        read_emotion(path)
    assert path in str(error.value)
    assert 'copy' in str(error.value)


def test_entities_are_never_expanded(write, monkeypatch):
    """The bomb is stopped at its first line, not after it has grown."""
    seen = []
    monkeypatch.setattr(mmi_annotations, '_local', seen.append)
    with pytest.raises(ValueError, match='DOCTYPE'):
        read_emotion(write(LAUGHS))
    assert seen == []


@pytest.mark.parametrize('content,view', [
    ('<session><track type="Video" view="0"/></session>', 0),
    ('<session><track view="1" filename="a"/><track type="Audio"/></session>',
     1),
    ('<s:Session xmlns:s="u:x"><s:Track View=" 2 "/></s:Session>', 2),
])
def test_view_is_found(write, content, view):
    assert read_view(write(content, 'session.xml')) == view


@pytest.mark.parametrize('content', [
    '<session/>', '<session><track view="3"/></session>',
    '<session><track view=""/></session>',
    '<session><track view="0"/><track view="2"/></session>'
])
def test_unknown_view_is_refused(write, content):
    path = write(content, 'session.xml')
    with pytest.raises(ValueError, match='one of 0, 1 and 2; copy') as error:
        read_view(path)
    assert path in str(error.value)
