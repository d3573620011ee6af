"""JSON files that say what format they are of."""
import json
from typing import Any, Dict


def read_document(path: str, wanted: str, mend: str) -> Dict[str, Any]:
    """Read a JSON file whose ``format`` must be a certain one.

    Args:
        path (str): The file.
        wanted (str): The format.
        mend (str): What to do with a file that is of no use.

    Returns:
        dict: What it holds.

    Raises:
        ValueError: If it cannot be read, or is of another format.
    """
    try:
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        raise ValueError(
            f'{path}: cannot be read as JSON ({error}); {mend}') from None
    found = content.get('format') if isinstance(content, dict) else None
    if found != wanted:
        raise ValueError(
            f'{path}: found format {found!r}, expected {wanted!r}; {mend}')
    return content
