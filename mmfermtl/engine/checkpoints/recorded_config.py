"""Read the training datasets from the config text of old checkpoints.

Checkpoints record what they were trained on, see :mod:`training_facts`.
Older ones have only the text of their config, which MMEngine stores. It is
parsed and never run, because a checkpoint may come from a stranger.
"""
import ast
import hashlib
from typing import Any, Dict, List, Optional

from ...utils.wrapped_datasets import leaf_datasets


def checkpoint_meta(checkpoint: Dict[str, Any]) -> Dict[str, Any]:
    """Return what MMEngine stored beside the weights; empty if nothing."""
    meta = checkpoint.get('meta')
    return meta if isinstance(meta, dict) else {}


def recorded_hash(checkpoint: Dict[str, Any]) -> Optional[str]:
    """Compute the SHA-256 of the config text, if there is one."""
    text = checkpoint_meta(checkpoint).get('cfg')
    return hashlib.sha256(str(text).encode()).hexdigest() if text else None


def recorded_datasets(checkpoint: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Parse the configs of the datasets that a checkpoint was trained on.

    They are those of the innermost datasets; none if they are not recorded.
    """
    text = str(checkpoint_meta(checkpoint).get('cfg') or '')
    try:
        for node in ast.parse(text).body:
            if not isinstance(node, ast.Assign) or ast.unparse(
                    node.targets[0]) != 'train_dataloader':
                continue
            loader = ast.literal_eval(_DictCalls().visit(node.value))
            return list(leaf_datasets(loader.get('dataset')))
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError,
            MemoryError):
        pass  # MMEngine has not written this text
    return []


class _DictCalls(ast.NodeTransformer):
    """Turn ``dict(a=1)``, as MMEngine writes it, into a literal."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace a call of ``dict``; others are no literals and stay."""
        self.generic_visit(node)
        if ast.unparse(node.func) != 'dict':
            return node
        # Keys that are no identifiers are written as dict({...}).
        inner = node.args[0] if node.args else ast.Dict([], [])
        if not isinstance(inner, ast.Dict):
            return node
        return ast.Dict(
            [*inner.keys, *(ast.Constant(k.arg) for k in node.keywords)],
            [*inner.values, *(k.value for k in node.keywords)])
