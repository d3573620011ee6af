"""Read the annotation files of MMI, which may be damaged or hostile.

Only names and attributes of elements carry meaning in these files, so a
document becomes a flat list and nesting, namespaces and case do not matter.
"""
import re
from typing import Dict, List, Optional, Tuple
from xml.parsers import expat

#: Real files have a few kB.
MAX_BYTES = 2**20

#: Name and attributes of an element; names in lower case, no namespaces.
Element = Tuple[str, Dict[str, str]]


def read_elements(path: str) -> List[Element]:
    """List the elements of an XML file in document order.

    A document type declaration is refused, and with it every entity: the
    files of the distribution need none, and with entities a small file can
    fill the memory or read other files.

    Raises:
        ValueError: If the file is unreadable, empty, larger than
            :data:`MAX_BYTES`, malformed or has a document type declaration.
    """
    try:
        with open(path, 'rb') as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f'{path}: cannot be read ({error.strerror}); fix '
                         'its permissions or copy it again') from None
    if not content.strip():
        raise ValueError(f'{path}: found no content, expected XML; copy it '
                         'again from the distribution')
    if len(content) > MAX_BYTES:
        raise ValueError(
            f'{path}: found more than {MAX_BYTES} bytes, expected '
            'a few kB of XML; copy it again from the '
            'distribution')
    elements: List[Element] = []

    def start(tag: str, attributes: Dict[str, str]) -> None:
        elements.append((_local(tag), {
            _local(name): value
            for name, value in attributes.items()
        }))

    def doctype(*args) -> None:
        raise ValueError(f'{path}: found a document type declaration '
                         '(DOCTYPE), which may define harmful entities and is '
                         'refused; remove the declaration, or copy the file '
                         'again from the distribution')

    # Without a tree: a deeply nested document costs no recursion.
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(f'{path}: malformed XML ({error}); copy it again '
                         'from the distribution') from None
    return elements


def _local(name: str) -> str:
    """Remove the namespace of a name."""
    return name.rpartition(':')[2].lower()


def read_emotion(path: str) -> Optional[int]:
    """Read the emotion code of a clip.

    Args:
        path (str): A file such as ``S035-004.xml``, which holds
            ``<Metatag Name="Emotion" Value="1"/>``.

    Returns:
        int, optional: At least 1; None if there is no such tag, as in clips
        of action units alone.

    Raises:
        ValueError: If the file is damaged, the value is no such number, or
            there are two different ones.
    """
    values = {
        attributes.get('value', '').strip()
        for tag, attributes in read_elements(path) if tag == 'metatag'
        and attributes.get('name', '').strip().lower() == 'emotion'
    }
    if not values:
        return None
    text = sorted(values)[0]
    if len(values) > 1 or not re.fullmatch('0*[1-9][0-9]{0,2}([.]0*)?', text):
        raise ValueError(f'{path}: found the emotion {sorted(values)}, '
                         'expected one whole number from 1; copy it again '
                         'from the distribution')
    return int(float(text))


def read_view(path: str) -> int:
    """Read the view of the camera.

    Args:
        path (str): A ``session.xml``, which holds ``<track view="0" .../>``.

    Returns:
        int: 0 frontal, 1 profile, 2 both side by side.

    Raises:
        ValueError: If the file is damaged or has none of these.
    """
    views = {
        attributes['view'].strip()
        for tag, attributes in read_elements(path)
        if tag == 'track' and 'view' in attributes
    }
    if len(views) != 1 or not views <= {'0', '1', '2'}:
        raise ValueError(f'{path}: found the views {sorted(views)}, expected '
                         'a track with one of 0, 1 and 2; copy it again from '
                         'the distribution')
    return int(views.pop())
