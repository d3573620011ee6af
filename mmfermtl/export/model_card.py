"""Describe an exported model for people."""
from typing import Any, Dict, List

from ..inference.model_folder import FILES
from ..utils.safe_text import escape_markdown

_PARTS = dict(
    recogniser='faces to logits',
    encoder='faces to features, once for all targets',
    decoder='features and a target to a face',
    recogniser_int8='the recogniser with weights and activations in int8')


def format_card(about: Dict[str, Any]) -> str:
    """Format the model card, Markdown, of a ``model.json``."""
    height, width = about['image_size']
    edits = 'decoder' in about['files']
    can = [
        *['reads the expression of a face'] * ('recogniser' in about['files']),
        *['changes it'] * edits
    ]
    sections = [
        f'# {escape_markdown(about["name"])}',
        f'A network that {" and ".join(can)}, written by `mmfermtl export` '
        'for ONNX Runtime. It runs without PyTorch:',
        '```python\nfrom mmfermtl.inference import load_backend\n\n'
        "model = load_backend('FOLDER', backend='onnx')\n"
        'logits = model.predict(faces)    # (N, '
        f'{height}, {width}) uint8, grey, aligned\n```',
        'Classes in label order: '
        f'{", ".join(map(escape_markdown, about["classes"]))}.',
        '## Files',
        _table(about),
        '## Trained on',
        *_training(about['training_facts'], about['source']),
        '## Measured',
        *_measures(about),
        '## Use',
        'It reads the expression that a face shows, not what someone feels, '
        'and knows only the expressions above. It does not know who a person '
        'is, and was made for research. In the European Union, inferring '
        'emotions of people at work or in education is prohibited (AI Act, '
        'Art. 5(1)(f)). Say of edited faces that they are edited.',
        '## Licence',
        escape_markdown(about['licence']),
    ]
    return '\n\n'.join(sections) + '\n'


def _table(about: Dict[str, Any]) -> str:
    """List the files."""
    rows = [(FILES[part], _PARTS[part], f'{entry["bytes"] / 1e6:.2f} MB',
             f'`{entry["sha256"]}`') for part, entry in about['files'].items()]
    lines = [('File', 'What', 'Size', 'SHA-256'), ('---', ) * 4, *rows]
    return '\n'.join(f'| {" | ".join(cells)} |' for cells in lines)


def _training(facts: Dict[str, Any], source: Dict[str, Any]) -> List[str]:
    """Describe the training."""
    lines = []
    for data in facts.get('datasets') or []:
        fold = '' if data.get('fold') is None else f', fold {data["fold"]}'
        listed = data.get('list_sha256')
        listed = '' if listed is None else (
            f', {escape_markdown(data.get("images"))} images, list '
            f'{escape_markdown(listed)}')
        lines.append(f'* {escape_markdown(data.get("type"))}, '
                     f'{escape_markdown(data.get("split"))}{fold}{listed}')
    images = facts.get('images')
    return [
        '\n'.join(lines) or 'Not recorded.',
        f'{images or "An unknown number of"} images. Config '
        f'{escape_markdown(source["config"])}, checkpoint with the SHA-256 '
        f'{escape_markdown(source["checkpoint_sha256"])}. model.json has the '
        'whole record.'
    ]


def _measures(about: Dict[str, Any]) -> List[str]:
    """Describe what the export compared."""
    found = ', '.join(f'{name} {gap:.1e}'
                      for name, gap in about['parity'].items())
    lines = [
        'Largest difference from PyTorch on random faces, one and five at a '
        f'time: {found}.'
    ]
    int8 = about['int8']
    if int8:
        lines.append(
            f'Accuracy on {int8["faces"]} faces of '
            f'{escape_markdown(int8["data"])}: '
            f'{int8["accuracy_float32"]:.2f} % in float32, '
            f'{int8["accuracy_int8"]:.2f} % in int8, the same class for '
            f'{int8["same_class"]:.2f} %.')
    lines.append('Probabilities are ' + (
        'calibrated, see `calibration` in model.json; this does not survive '
        'a change of data.' if about['calibration'] else
        'not calibrated: a score is no chance of being right.'))
    return lines
