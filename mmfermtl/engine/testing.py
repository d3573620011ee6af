"""Test a checkpoint as ``tools/test.py`` does."""
import copy
import json
import os.path as osp
from typing import Any, Dict, Optional

import torch
from mmengine.config import Config
from mmengine.dist import is_distributed, is_main_process
from mmengine.evaluator import DumpResults
from mmengine.hooks import PrepareTTAHook
from mmengine.logging import print_log

from ..utils.errors import UserError
from ..utils.json_documents import plain, write_json
from ..utils.output_files import check_output_file
from ..utils.safe_loading import load_checkpoint_safely
from ..utils.text_table import format_table
from .checkpoints.checkpoint_files import check_checkpoint_fits
from .config.config_errors import explain_config_errors
from .config.held_out_guard import require_training_facts
from .config.run_values import check_run_values
from .launch import leave_group, prepare_dataloaders, prepare_launcher
from .training import build_runner
from .work_dir import name_file_errors

METRICS_FILE = 'test_metrics.json'
#: Merges the predictions for several views of an image.
DEFAULT_MODEL = dict(type='mmfermtl.AverageScoreTTA')


def run_test(cfg: Config,
             checkpoint: str,
             out: Optional[str] = None,
             launcher: str = 'none',
             tta: bool = False,
             allow_leak: bool = False) -> Dict[str, Any]:
    """Test a checkpoint, and write ``<work_dir>/test_metrics.json``.

    Args:
        cfg (Config): A loaded config with its ``work_dir`` set. Changed in
            place.
        checkpoint (str): Checkpoint file.
        out (str, optional): Pickle file for the predictions.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'. Defaults to
            'none'.
        tta (bool): Whether to test with test-time augmentation, see
            :func:`enable_tta`. Defaults to False.
        allow_leak (bool): Whether to warn instead of refusing if the
            checkpoint was trained on subjects of the test. Defaults to False.

    Returns:
        dict: The metrics.

    Raises:
        UserError: If the config, the checkpoint or an option is wrong.
    """
    missing = [
        k for k in ('test_dataloader', 'test_cfg', 'test_evaluator')
        if cfg.get(k) is None
    ]
    if missing:
        raise UserError(f'{cfg.filename} cannot be tested: it lacks '
                        f'{", ".join(missing)}')
    if out is not None:
        if not out.endswith(('.pkl', '.pickle')):
            raise UserError(f'--out {out}: expected a name that ends in .pkl')
        check_output_file('--out', out)
    merger = enable_tta(cfg) if tta else None
    check_run_values(cfg)
    prepare_dataloaders(cfg)
    require_training_facts(cfg, allow_leak)
    loaded = load_checkpoint_safely(checkpoint)
    cfg.load_from = checkpoint
    cfg.resume = False
    try:
        with name_file_errors(cfg.work_dir):
            return _test(cfg, checkpoint, loaded, out, launcher, merger)
    except Exception:
        if launcher != 'none' and is_distributed():
            torch.distributed.destroy_process_group()
        raise


def enable_tta(cfg: Config) -> Dict[str, Any]:
    """Add test-time augmentation to the test of a config, in place.

    The keys are those of OpenMMLab: ``tta_pipeline`` with a
    ``mmcv.transforms.TestTimeAug`` that gives several views of an image, and
    ``tta_model`` that merges their predictions. By default the views are the
    image and its mirror image (of a paired target image, too), and
    :class:`~mmfermtl.models.AverageScoreTTA` takes the mean of their
    probabilities.

    Returns:
        dict: Config of the merging model, without the model inside.

    Raises:
        UserError: If the test dataset has no pipeline of its own.
    """
    dataset = cfg.test_dataloader.dataset
    if not dataset.get('pipeline'):
        raise UserError(
            f'--tta: test_dataloader.dataset of {cfg.filename} is a '
            f'{dataset.get("type")} without a pipeline; expected a dataset '
            'with one, whose last transform packs the sample')
    *before, pack = copy.deepcopy(list(dataset.pipeline))
    views = [
        dict(
            type='mmfermtl.ApplyToPair',
            transforms=[dict(type='mmpretrain.RandomFlip', prob=prob)])
        for prob in (0., 1.)
    ]
    both = dict(type='mmengine.TestTimeAug', transforms=[views, [pack]])
    dataset.pipeline = cfg.get('tta_pipeline') or [*before, both]
    return copy.deepcopy(dict(cfg.get('tta_model') or DEFAULT_MODEL))


def _test(cfg: Config, checkpoint: str, loaded: Dict[str,
                                                     Any], out: Optional[str],
          launcher: str, merger: Optional[dict]) -> Dict[str, Any]:
    """Test a loaded checkpoint."""
    prepare_launcher(cfg, launcher, training=False)
    with explain_config_errors(cfg):
        runner = build_runner(cfg)
    check_checkpoint_fits(runner.model, loaded, checkpoint, cfg.filename)
    if out is not None:
        runner.test_evaluator.metrics.append(DumpResults(out))
    if merger is not None:
        # The hook wraps the model after its weights are loaded.
        runner.register_hook(PrepareTTAHook(merger))
    with explain_config_errors(cfg):
        metrics = plain(runner.test())
    if merger is not None:
        runner.model = runner.model.module
    if is_main_process():
        _report(cfg, checkpoint, loaded, metrics, merger is not None)
    if launcher != 'none':
        leave_group(runner)
    return metrics


def _report(cfg: Config, path: str, checkpoint: Dict[str, Any],
            metrics: Dict[str, Any], tta: bool) -> None:
    """Write the metrics to a file and print them as a table."""
    epoch = checkpoint.get('meta', {}).get('epoch')
    facts = dict(checkpoint=path, epoch=epoch, config=cfg.filename, tta=tta)
    if 'fold' in cfg:
        facts['fold'] = cfg.fold
    target = osp.join(cfg.work_dir, METRICS_FILE)
    write_json(target, dict(metrics=metrics, **facts))
    rows = [(name, json.dumps(value) if isinstance(value,
                                                   (list, dict)) else value)
            for name, value in metrics.items()]
    print_log('\n' + format_table(('metric', 'value'), rows), 'current')
    print_log(f'Metrics written to {target}', 'current')
