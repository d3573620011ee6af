import os
import os.path as osp
from typing import Any, List, Optional

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...utils.json_documents import write_json
from ...utils.model_parts import unwrap_model
from ..gate_probe import GATES_SHAPE, Row, flatten_row, probe_gates
from ..run_history import resumed_rows


@HOOKS.register_module()
class GateStatisticsHook(Hook):
    """Record the statistics of the exchange gates during training.

    Every ``interval`` iterations, and after the first, the batch passes
    through the model once more. For each exchange point and direction the
    mean and the standard deviation of the gates r and z are recorded, and the
    cosine of the two tasks' gradients on the common stem. The states of the
    random generators and the statistics of norms are restored: a run has the
    same weights with and without this hook.

    The numbers go to ``<work_dir>/gates.json``, which a resumed run
    continues, to the message hub as ``gates/...`` and to all visualization
    backends. They are those of rank 0's batch. ``tools/draw_gates.py`` plots
    them.

    Args:
        interval (int): In iterations. Each probe costs about as much as one
            more iteration. Defaults to 50.
        filename (str): Name in the work directory. Defaults to
            ``'gates.json'``.

    Raises:
        ValueError: If the model is not of this package, before training.

    Examples:
        >>> custom_hooks = [
        ...     dict(type='mmfermtl.GateStatisticsHook', interval=50)]
    """

    def __init__(self,
                 interval: int = 50,
                 filename: str = 'gates.json') -> None:
        if interval < 1:
            raise ValueError(f'interval={interval} must be at least 1')
        self.interval = interval
        self.filename = filename
        self.rows: List[Row] = []

    def before_train(self, runner: Runner) -> None:
        """Start the history, or continue that of the resumed run."""
        model = unwrap_model(runner.model)
        if not hasattr(model, 'loss_terms'):
            raise ValueError(
                'GateStatisticsHook needs mmfermtl.FERMTL or a subclass, '
                f'found {type(model).__name__}; remove it from the hooks')
        if not is_main_process():
            return
        path = osp.join(runner.work_dir, self.filename)
        self.rows = resumed_rows(runner, path, GATES_SHAPE, 'iter',
                                 'history of the gates')
        if not self.rows and osp.exists(path):
            os.remove(path)

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Any = None,
                         outputs: Optional[dict] = None) -> None:
        """Measure on every rank, because norms may be synchronised."""
        if runner.iter and not self.every_n_train_iters(runner, self.interval):
            return
        row = probe_gates(unwrap_model(runner.model), data_batch)
        if not is_main_process():
            return
        step = runner.iter + 1
        self.rows.append(dict(iter=step, epoch=runner.epoch + 1, **row))
        write_json(osp.join(runner.work_dir, self.filename), self.rows)
        numbers = {f'gates/{k}': v for k, v in flatten_row(row).items()}
        for name, value in numbers.items():
            runner.message_hub.update_scalar(name, value)
        if numbers:
            runner.visualizer.add_scalars(numbers, step=step)
