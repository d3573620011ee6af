"""Summarize a run when it ends."""
import os
import os.path as osp
import sys
from glob import escape, glob
from typing import Any, Dict, List, Optional

import mmengine
import torch
from mmengine.runner import Runner

from ..utils.model_parts import unwrap_model
from ..utils.text_table import format_table
from ..utils.wrapped_datasets import walk_datasets
from ..version import __version__
from .run_history import Row


def summarize_scores(rows: List[Row], epoch: int, accuracy_key: str,
                     f1_key: str) -> Dict[str, Any]:
    """Extract the reported numbers from the rows of a history.

    The last epoch's are None if it was not validated, whatever earlier epochs
    had. The keys are those of accuracy and macro F1 among the metrics.
    """
    last = rows[-1]['val'] if rows and rows[-1]['epoch'] == epoch else None
    last = last or {}
    scored = [(row['val'][accuracy_key], row['epoch']) for row in rows
              if (row.get('val') or {}).get(accuracy_key) is not None]
    # Of equal accuracies, the earliest epoch is named.
    best = max(scored, key=lambda s: (s[0], -s[1]), default=(None, None))
    return dict(
        accuracy_last=last.get(accuracy_key),
        accuracy_best_on_test=best[0],
        epoch_best_on_test=best[1],
        macro_f1_last=last.get(f1_key),
        metrics_last=last)


def describe_run(runner: Runner, synthesis_dir: str) -> Dict[str, Any]:
    """Collect the facts of a run that are not scores.

    ``num_parameters`` are those of the network, both branches and the
    generator; a discriminator, which only training needs, is counted
    separately.
    """
    model = unwrap_model(runner.model)
    train_set = runner.train_dataloader.dataset
    test_set = runner.val_dataloader.dataset if runner.val_loop else None
    device = str(next(model.parameters()).device)
    if device.startswith('cuda'):
        device += f' ({torch.cuda.get_device_name(device)})'
    trained = {
        name: count_parameters(child)
        for name, child in model.named_children()
    }
    return dict(
        peak_memory_mb=peak_memory_mb(),
        seed=runner.seed,
        fold=find_option(train_set, 'fold'),
        num_train=len(train_set),
        num_test=None if test_set is None else len(test_set),
        # 'val' or 'inner_val' where the test images are others.
        validation_split=find_option(test_set, 'split'),
        absent_classes=absent_classes(test_set),
        leak=runner.message_hub.runtime_info.get('leak') or None,
        num_parameters=(trained['network']
                        if 'network' in trained else count_parameters(model)),
        num_parameters_discriminator=trained.get('discriminator'),
        checkpoint=_last_checkpoint(runner),
        synthesis_grid=newest_png(runner.work_dir, synthesis_dir),
        device=device,
        versions=dict(
            torch=torch.__version__,
            mmengine=mmengine.__version__,
            mmfermtl=__version__))


def count_parameters(module: torch.nn.Module) -> int:
    """Count the trainable values of a module."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def absent_classes(dataset: Any) -> Optional[List[str]]:
    """List the classes without images; None for datasets without labels."""
    if not hasattr(dataset, 'get_gt_labels'):
        return None
    shown = set(dataset.get_gt_labels().tolist())
    return [name for k, name in enumerate(dataset.CLASSES) if k not in shown]


def find_option(dataset: Any, name: str) -> Any:
    """Find an option of a dataset or of the first one in it that has it."""
    if dataset is None:
        return None
    values = (getattr(one, name, None) for one in walk_datasets(dataset))
    return next((value for value in values if value is not None), None)


def peak_memory_mb() -> float:
    """Read the most memory held so far, of the GPU if there is one.

    Returns:
        float: MiB of tensors on this process's GPU, or the process's
        resident size; NaN on Windows, which does not report it.
    """
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    if sys.platform == 'win32':
        return float('nan')
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts KiB, macOS bytes.
    return peak / (2**20 if sys.platform == 'darwin' else 2**10)


def newest_png(work_dir: str, folder: str) -> Optional[str]:
    """Find the newest PNG file in a folder, relative to the work directory."""
    found = glob(osp.join(escape(work_dir), folder, '*.png'))
    if not found:
        return None
    newest = max(found, key=lambda path: (os.stat(path).st_mtime_ns, path))
    return osp.relpath(newest, work_dir)


def format_summary(summary: Dict[str, Any]) -> str:
    """Format the content of ``summary.json`` as the table that ends a run."""
    best, epoch = (
        summary[k] for k in ('accuracy_best_on_test', 'epoch_best_on_test'))
    scores = [(name, value) for name, value in summary['metrics_last'].items()
              if isinstance(value, (int, float))]
    split = summary.get('validation_split')
    held_out = split in ('val', 'inner_val')
    facts = [
        (f'num_{split}' if held_out and name == 'num_test' else name,
         summary[name])
        for name in ('epochs', 'seconds', 'peak_memory_mb', 'seed', 'fold',
                     'num_train', 'num_test', 'num_parameters', 'device')
    ]
    facts = [(k, f'{v:.1f}' if isinstance(v, float) else v) for k, v in facts]
    if not scores:
        scores = [('accuracy_last', None)]
    title = f'last epoch ({summary["epochs"]})'
    lines = [format_table(('result', title), scores), '']
    lines += [format_table(('run', ''), facts), '']
    if summary.get('leak'):
        lines.append(f'LEAK: {summary["leak"]}. The scores do not hold for '
                     'subjects that the model has not seen.')
    lines.append('The reported accuracy is the last epoch\'s.')
    if held_out:
        lines.append(f'It is that on the split {split!r}; tools/test.py '
                     'scores the test images.')
    elif best is not None:
        lines.append(
            f'accuracy_best_on_test: {best:.4f} at epoch {epoch}. It is '
            'selected on the test fold itself, hence optimistic: not a '
            'result to report.')
    return '\n'.join(lines)


def _last_checkpoint(runner: Runner) -> Optional[str]:
    """Relative path of the newest checkpoint, if it is still there."""
    path = runner.message_hub.runtime_info.get('last_ckpt')
    if path is None or not osp.exists(path):
        return None
    return osp.relpath(path, runner.work_dir)
