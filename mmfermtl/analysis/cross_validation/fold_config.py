"""Make the config of one run out of that of a study."""
import copy
import itertools
from typing import Any, Dict, List

from mmengine.config import Config

from ...engine.config.config_datasets import build_datasets
from ...engine.config.held_out_guard import leak_allowed
from ...engine.config.run_config import set_everywhere, set_seed
from ...engine.held_out_overlap import ComparedSet, find_overlap
from ...utils.errors import UserError
from ...utils.wrapped_datasets import leaf_datasets
from .run_key import RunKey

EPOCH_LOOPS = ('EpochBasedTrainLoop', 'mmengine.EpochBasedTrainLoop')


def configure_run(cfg: Config, key: RunKey) -> None:
    """Turn the config of a study into that of a run, in place.

    Every epoch is validated on the test set of the fold and on the inner
    validation fold of a nested run, without any influence on the training.
    Only the newest checkpoints are kept.

    The placeholders ``{fold}``, ``{seed}`` and ``{run}``, the name of the
    run's folder, are replaced in all strings, so that a config can name what
    was trained or generated for a fold.
    """
    _check_loop(cfg)
    values = {'{fold}': key.fold, '{seed}': key.seed, '{run}': key.name}
    for name, value in cfg.to_dict().items():
        cfg[name] = _fill(value, values)
    set_everywhere(cfg, 'fold', key.fold)
    set_seed(cfg, key.seed)
    _hold_out(cfg, key.nested)
    _set_hooks(cfg)


def _check_loop(cfg: Config) -> None:
    """Require a loop that counts epochs."""
    loop = cfg.get('train_cfg') or {}
    kind = loop.get('type')
    epochs = loop.get('by_epoch') if kind is None else kind in EPOCH_LOOPS
    if not epochs or 'max_epochs' not in loop:
        raise UserError(
            f'{cfg.filename}: cross-validation compares epochs, but train_cfg '
            f'is {dict(loop)}; expected type=\'EpochBasedTrainLoop\' with '
            'max_epochs')


def _fill(node: Any, values: Dict[str, Any]) -> Any:
    """Replace placeholders in all strings of nested lists and dicts."""
    if isinstance(node, dict):
        return {key: _fill(child, values) for key, child in node.items()}
    if isinstance(node, (list, tuple)):
        return type(node)(_fill(child, values) for child in node)
    if isinstance(node, str):
        for name, value in values.items():
            node = node.replace(name, str(value))
    return node


def _hold_out(cfg: Config, nested: bool) -> None:
    """Validate on the test set, and on an inner fold beside it."""
    if cfg.get('test_dataloader') is None:
        cfg.test_dataloader = cfg.get('val_dataloader')
        cfg.test_evaluator = cfg.get('val_evaluator')
    if cfg.test_dataloader is None or not cfg.get('test_evaluator'):
        raise UserError(f'{cfg.filename} has neither test_dataloader nor '
                        'val_dataloader with an evaluator, so that nothing '
                        'is held out')
    loader = copy.deepcopy(cfg.test_dataloader)
    for leaf in leaf_datasets(loader.dataset):
        if leaf.get('split') != 'test' or leaf.get('fold') is None:
            raise UserError(
                f'{cfg.filename}: {leaf.get("type")} in test_dataloader has '
                f"split={leaf.get('split')!r} and fold={leaf.get('fold')!r}; "
                "expected split='test' and a fold")
    if nested:
        inner = copy.deepcopy(loader.dataset)
        for leaf in leaf_datasets(inner):
            leaf['split'] = 'inner_val'
        loader.dataset = dict(
            type='mmengine.ConcatDataset',
            datasets=[*_parts(inner), *_parts(loader.dataset)])
        for leaf in leaf_datasets(cfg.train_dataloader.dataset):
            if leaf.get('split', 'train') == 'train':
                leaf['split'] = 'inner_train'
    cfg.val_dataloader = loader
    cfg.val_evaluator = copy.deepcopy(cfg.test_evaluator)
    cfg.val_cfg = cfg.get('val_cfg') or dict()


def _parts(node: Dict[str, Any]) -> List[Dict[str, Any]]:
    """List what is concatenated; MMEngine does not nest ConcatDataset."""
    return node['datasets'] if 'datasets' in node else [node]


def _set_hooks(cfg: Config) -> None:
    """Keep few checkpoints, and all predictions."""
    hooks = cfg.setdefault('default_hooks', dict())
    saver = hooks.get('checkpoint') or dict()
    # No best one, which would be chosen on the test set. Two are kept during
    # the run: MMEngine removes the old one before it writes the new one.
    interval = saver.get('interval', 1) if saver.get('by_epoch', True) else 1
    hooks['checkpoint'] = dict(
        type='mmengine.CheckpointHook', interval=interval, max_keep_ckpts=2)
    present = {str(hook.get('type')) for hook in hooks.values() if hook}
    present |= {str(hook['type']) for hook in cfg.get('custom_hooks') or []}
    for name, kind in (('summary', 'mmfermtl.RunSummaryHook'),
                       ('predictions', 'mmfermtl.PredictionDumpHook')):
        if kind not in present:
            hooks[name] = dict(type=kind)


def number_of_folds(cfg: Config) -> int:
    """Count the folds that the subjects of the test set are divided into."""
    datasets = build_datasets(cfg, 'test', pipeline=False)
    numbers = {len(one.fold_sizes) or one.num_folds for one in datasets}
    if len(numbers) > 1:
        raise UserError(f'{cfg.filename}: the test datasets have '
                        f'{sorted(numbers)} folds; expected the same number')
    return numbers.pop()


def check_subjects(cfg: Config) -> None:
    """Check that training, validation and test share no subject or image."""
    if leak_allowed(cfg):
        return
    sides: Dict[str, list] = dict(training=build_datasets(cfg, 'train', False))
    for dataset in build_datasets(cfg, 'val', pipeline=False):
        sides.setdefault(dataset.split, []).append(dataset)
    sets = [ComparedSet(name, datasets) for name, datasets in sides.items()]
    for first, second in itertools.combinations(sets, 2):
        overlap = find_overlap(first, second)
        if any(overlap):
            raise UserError(
                f'{cfg.filename}: {first.describe()} and {second.describe()} '
                f'{overlap}; see tools/check_leaks.py for details, or give '
                '--allow-leak')
