import os
import os.path as osp
import time
from typing import Any, Dict, Optional

import torch
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from ...registry import HOOKS
from ...utils.json_documents import plain, write_json
from ...visualization.learning_curves import draw_learning_curves
from ..run_history import HISTORY_SHAPE, RunHistory, resumed_rows
from ..run_summary import describe_run, format_summary, summarize_scores


@HOOKS.register_module()
class RunSummaryHook(Hook):
    """Write the history of a run, and a summary at its end.

    In the work directory it writes:

    - ``history.json``, after every epoch: mean training losses (those of
      rank 0), learning rates, validation metrics and cumulative seconds. A
      resumed run continues it, without the rows after its checkpoint.
    - ``summary.json``, after training: the scores of the last epoch, which
      are the reported ones, the best accuracy on the test split, time and
      memory.
    - ``learning_curves.png``, after training.

    MMEngine saves an epoch's checkpoint before it validates the epoch. If
    the run was interrupted in between, a resumed run validates first, also
    when no epoch is left to train.

    Args:
        accuracy_key (str): Metric key of the accuracy in percent.
            Defaults to 'accuracy/top1'.
        f1_key (str): Metric key of the macro F1 score in percent.
            Defaults to 'macro/f1'.
        synthesis_prefix (str): What the metric keys of synthesis scores
            start with. Defaults to 'synthesis/'.
        synthesis_dir (str): Folder in the work directory that image grids
            are saved to. Defaults to 'synthesis'.
    """

    # After CheckpointHook, which must be ready for a repeated validation, and
    # has saved its last file when the summary is written.
    priority = 'LOWEST'

    def __init__(self,
                 accuracy_key: str = 'accuracy/top1',
                 f1_key: str = 'macro/f1',
                 synthesis_prefix: str = 'synthesis/',
                 synthesis_dir: str = 'synthesis') -> None:
        self.accuracy_key = accuracy_key
        self.f1_key = f1_key
        self.synthesis_prefix = synthesis_prefix
        self.synthesis_dir = synthesis_dir
        self.history: Optional[RunHistory] = None
        self._sums: Dict[str, Any] = {}
        self._count = 0
        self._lr: Dict[str, float] = {}

    def before_train(self, runner: Runner) -> None:
        """Start the history, or continue that of the resumed run.

        A loop without epochs has no rows, and gets no summary.
        """
        self.history = None
        if not isinstance(runner.train_loop, EpochBasedTrainLoop):
            runner.logger.warning(
                'No history and no summary will be written: they have one '
                'row per epoch, but train_cfg has the loop '
                f'{type(runner.train_loop).__name__}')
            return
        path = osp.join(runner.work_dir, 'history.json')
        # All ranks must agree on whether to validate; rank 0 has the file.
        rows = [
            resumed_rows(runner, path, HISTORY_SHAPE, 'epoch', 'history')
            if is_main_process() else None
        ]
        broadcast_object_list(rows)
        self.history = RunHistory(path, rows[0])
        self._seconds_before = self.history.seconds
        self._start = time.monotonic()
        if is_main_process():
            self.history.save()
            # That of an earlier run could be mistaken for this one's.
            summary = osp.join(runner.work_dir, 'summary.json')
            if osp.exists(summary):
                os.remove(summary)
        if self._lacks_validation(runner):
            runner.logger.info(f'Epoch {runner.epoch} was interrupted before '
                               'its validation, which is done now.')
            runner.val_loop.run()

    def before_train_epoch(self, runner: Runner) -> None:
        """Reset the sums and remember the learning rates."""
        self._sums, self._count = {}, 0
        # At the end of the epoch the schedulers have already stepped.
        self._lr = {k: v[0] for k, v in runner.optim_wrapper.get_lr().items()}

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Any = None,
                         outputs: Optional[dict] = None) -> None:
        """Sum the losses on their device, without synchronising it."""
        if self.history is None:
            return
        for name, value in (outputs or {}).items():
            if isinstance(value, torch.Tensor):
                value = value.detach().float().mean()
            self._sums[name] = self._sums.get(name, 0.) + value
        self._count += 1

    def after_train_epoch(self, runner: Runner) -> None:
        """Add the row of the epoch."""
        if self.history is None:
            return
        row = self.history.row(runner.epoch + 1)
        row['lr'] = self._lr
        row['train'] = {
            name: plain(float(total) / self._count)
            for name, total in self._sums.items()
        }
        self._save(row)

    def after_val_epoch(self,
                        runner: Runner,
                        metrics: Optional[Dict[str, float]] = None) -> None:
        """Add the metrics to the row of the epoch, while training."""
        if self.history is not None:
            row = self.history.row(runner.epoch)
            row['val'] = plain(metrics or {})
            self._save(row)

    def after_train(self, runner: Runner) -> None:
        """Write the summary and the curves, and print the table."""
        history, self.history = self.history, None
        if history is None or not is_main_process():
            return
        rows = history.rows
        curves = None
        if rows:
            curves = 'learning_curves.png'
            draw_learning_curves(rows, osp.join(runner.work_dir,
                                                curves), self.accuracy_key,
                                 self.f1_key, self.synthesis_prefix)
        summary = dict(
            **summarize_scores(rows, runner.epoch, self.accuracy_key,
                               self.f1_key),
            epochs=runner.epoch,
            seconds=history.seconds,
            learning_curves=curves,
            **describe_run(runner, self.synthesis_dir))
        write_json(osp.join(runner.work_dir, 'summary.json'), summary)
        runner.logger.info('Training is done.\n\n' + format_summary(summary))

    def _lacks_validation(self, runner: Runner) -> bool:
        """Return whether the resumed epoch still has to be validated."""
        epoch, loop = runner.epoch, runner.train_loop
        if epoch == 0 or runner.val_loop is None or epoch < loop.val_begin:
            return False
        rows = self.history.rows
        if rows and rows[-1]['epoch'] == epoch and rows[-1].get('val'):
            return False
        return epoch % loop.val_interval == 0 or epoch == loop.max_epochs

    def _save(self, row: Dict[str, Any]) -> None:
        """Update the time of a row and write the file."""
        row['seconds'] = (
            self._seconds_before + time.monotonic() - self._start)
        if is_main_process():
            self.history.save()
