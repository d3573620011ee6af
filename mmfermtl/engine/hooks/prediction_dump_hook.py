import os
import os.path as osp
import re
from glob import escape, glob
from typing import Any, Dict, Optional

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...utils.json_documents import write_json
from ..prediction_collector import PredictionCollector, describe_predictions
from ..run_history import count_trained


@HOOKS.register_module()
class PredictionDumpHook(Hook):
    """Write the predictions for every validation sample.

    After each validation this is ``<work_dir>/predictions/epoch_<k>.json``,
    or ``iter_<k>.json`` in a loop of iterations, after a test ``test.json``:
    a dict with ``epoch``, in a loop of iterations ``iter``, ``classes`` and
    ``samples``, see :func:`~mmfermtl.engine.prediction_collector.
    describe_predictions`. A resumed run removes those after its checkpoint, a
    new one all.

    For several sets at once, such as an inner validation fold and the test
    fold, validate on a ``ConcatDataset``; each sample has its ``split``.

    Args:
        folder (str): Folder in the work directory. Defaults to
            ``'predictions'``.

    Raises:
        KeyError: If the model gives no class scores.
        ValueError: If the loader shuffles.
    """

    # Before RunSummaryHook, which repeats an interrupted validation unless
    # its history has a row for it: the predictions must be there by then.
    priority = 'LOW'

    def __init__(self, folder: str = 'predictions') -> None:
        self.folder = folder
        self.collector = PredictionCollector()

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Remove the files of what is still to be trained."""
        folder = osp.join(runner.work_dir, self.folder)
        for path in glob(osp.join(escape(folder), '*.json')):
            found = re.fullmatch(r'(epoch|iter)_(\d+)\.json',
                                 osp.basename(path))
            if found and int(found[2]) > getattr(runner, found[1]):
                os.remove(path)

    def before_val_epoch(self, runner: Runner) -> None:
        """Collect the predictions of the validation."""
        self._attach(runner.val_loop.evaluator)

    def before_test_epoch(self, runner: Runner) -> None:
        """Collect the predictions of the test."""
        self._attach(runner.test_loop.evaluator)

    def after_val_epoch(self,
                        runner: Runner,
                        metrics: Optional[Dict[str, float]] = None) -> None:
        """Write the predictions of the epoch."""
        unit, number, name = count_trained(runner)
        self._write(runner, runner.val_dataloader.dataset, f'{name}.json',
                    {unit: number})

    def after_test_epoch(self,
                         runner: Runner,
                         metrics: Optional[Dict[str, float]] = None) -> None:
        """Write the predictions of the test."""
        self._write(runner, runner.test_dataloader.dataset, 'test.json',
                    dict(epoch=runner.epoch))

    def _attach(self, evaluator: Any) -> None:
        if self.collector not in evaluator.metrics:
            evaluator.metrics.append(self.collector)

    @master_only
    def _write(self, runner: Runner, dataset: Any, name: str,
               trained: Dict[str, int]) -> None:
        samples = describe_predictions(dataset, self.collector.predictions)
        classes = getattr(dataset, 'metainfo', {}).get('classes', ())
        write_json(
            osp.join(runner.work_dir, self.folder, name),
            dict(**trained, classes=classes, samples=samples),
            indent=None)
