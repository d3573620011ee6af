"""Check that the metafiles list what exists, each model once.

Run by pre-commit, hence quick: what is in the configs and cards is compared
by ``tests/test_package/test_model_index.py``.
"""
import sys
from pathlib import Path
from typing import Iterator

import yaml

ROOT = Path(__file__).resolve().parents[1]
INDEX = 'model-index.yml'


def read_yaml(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding='utf-8'))


def find_faults() -> Iterator[str]:
    listed = read_yaml(ROOT / INDEX)['Import']
    existing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / 'configs').rglob('metafile.yml')
    }
    for name in sorted(existing ^ set(listed)):
        yield f'{name}: ' + ('not imported by ' + INDEX if name in existing
                             else 'imported, but does not exist')
    metafiles = {
        name: read_yaml(ROOT / name)
        for name in listed if name in existing
    }
    collections = {
        item['Name']
        for metafile in metafiles.values()
        for item in metafile.get('Collections', [])
    }
    seen = set()
    for name, metafile in metafiles.items():
        for model in metafile.get('Models', []):
            where = f'{name}: {model["Name"]}: '
            if model['Name'] in seen:
                yield where + 'the name is used twice'
            seen.add(model['Name'])
            if model['In Collection'] not in collections:
                yield where + f'no collection {model["In Collection"]}'
            if not (ROOT / model['Config']).is_file():
                yield where + f'{model["Config"]} does not exist'


if __name__ == '__main__':
    sys.exit('\n'.join(find_faults()) or 0)
