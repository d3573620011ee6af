"""The config that a checkpoint was trained with, as far as it matters.

MMEngine stores its text in each checkpoint. It is read here without being
run, for a checkpoint may come from a stranger.
"""
import ast
import hashlib
from typing import Any, Dict, Iterator, List, Optional

#: Keys of a dataset config that say nothing of whose faces it holds.
HARMLESS = ('_scope_', 'bit_depth', 'data_root', 'data_prefix', 'indices',
            'lazy_init', 'max_refetch', 'metainfo', 'pairs', 'pipeline',
            'serialize_data', 'strict', 'test_mode', 'verify')
#: What a dataset takes where its config does not say.
DEFAULTS = dict(
    split='train',
    fold=None,
    num_folds=10,
    fold_rule='interval',
    fold_over='selected',
    classes=7)


def checkpoint_meta(checkpoint: Dict[str, Any]) -> Dict[str, Any]:
    """What MMEngine stored beside the weights; empty if nothing."""
    meta = checkpoint.get('meta')
    return meta if isinstance(meta, dict) else {}


def recorded_config(checkpoint: Dict[str, Any]) -> Dict[str, Any]:
    """Variables of the config in a checkpoint.

    Args:
        checkpoint (dict): A loaded checkpoint.

    Returns:
        dict: Those that consist of literals, lists, tuples and dicts; empty
        if nothing is recorded.
    """
    text = str(checkpoint_meta(checkpoint).get('cfg') or '')
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: Dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(
                node.targets) == 1 and (isinstance(node.targets[0], ast.Name)):
            try:
                found[node.targets[0].id] = _literal(node.value)
            except (ValueError, RecursionError):
                continue
    return found


def recorded_hash(checkpoint: Dict[str, Any]) -> Optional[str]:
    """SHA-256 of the text of the config in a checkpoint, if there is one."""
    text = checkpoint_meta(checkpoint).get('cfg')
    return hashlib.sha256(str(text).encode()).hexdigest() if text else None


def _literal(node: ast.AST) -> Any:
    """Value of an expression that calls nothing but ``dict``."""
    if isinstance(node, ast.Call):
        # MMEngine writes keys that are no identifiers as dict({...}).
        inner = node.args or [ast.Dict(keys=[], values=[])]
        if not isinstance(node.func, ast.Name) or node.func.id != 'dict' or (
                len(inner) > 1 or not isinstance(inner[0], ast.Dict)
                or any(k.arg is None for k in node.keywords)):
            raise ValueError('not a literal')
        named = {str(k.arg): _literal(k.value) for k in node.keywords}
        return {**_literal(inner[0]), **named}
    if isinstance(node, ast.Dict):
        if any(key is None for key in node.keys):
            raise ValueError('not a literal')
        return {
            _literal(key): _literal(value)
            for key, value in zip(node.keys, node.values)  # type: ignore
        }
    if isinstance(node, (ast.List, ast.Tuple)):
        items = [_literal(item) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items)
    return ast.literal_eval(node)


def leaf_datasets(node: Any) -> Iterator[Dict[str, Any]]:
    """Configs of the datasets inside wrappers.

    Args:
        node (Any): Config of a dataset; wrappers hold theirs as ``dataset``
            or ``datasets``.

    Yields:
        dict: Those that wrap nothing.
    """
    if not isinstance(node, dict):
        return
    inner = list(node.get('datasets') or [])
    if isinstance(node.get('dataset'), dict):
        inner.append(node['dataset'])
    if not inner:
        yield node
    for one in inner:
        yield from leaf_datasets(one)


def dataset_facts(dataset: Dict[str, Any]) -> Dict[str, Any]:
    """What decides whose faces a dataset holds.

    Args:
        dataset (dict): Its config.

    Returns:
        dict: Options but for :data:`HARMLESS` ones, defaults filled in;
        sequences as lists.
    """
    facts = dict(DEFAULTS, **dataset)
    facts['type'] = str(facts.get('type')).rsplit('.', 1)[-1]
    return {
        k: _plain(v)
        for k, v in sorted(facts.items()) if k not in HARMLESS
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def trained_datasets(checkpoint: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Facts of the datasets that a checkpoint was trained on.

    Args:
        checkpoint (dict): A loaded checkpoint.

    Returns:
        list[dict]: See :func:`dataset_facts`; empty if none is recorded.
    """
    loader = recorded_config(checkpoint).get('train_dataloader')
    if not isinstance(loader, dict):
        return []
    return [
        dataset_facts(leaf) for leaf in leaf_datasets(loader.get('dataset'))
    ]
