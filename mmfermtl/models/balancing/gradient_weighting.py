import inspect
from typing import Any, Dict, Optional

import torch
from mmengine.dist import all_reduce, broadcast
from torch import Tensor, nn

from ...registry import MODELS
from .loss_balance import LossBalance

#: Methods whose weights depend on the gradients of one iteration only;
#: others keep a state, which checkpoints would not contain.
METHODS = ('AlignedMTL', 'CAGrad', 'DualProj', 'FairGrad', 'IMTLG', 'MGDA',
           'PCGrad', 'UPGrad')


@MODELS.register_module()
class GradientWeighting(LossBalance):
    """Weight tasks by the conflict of their gradients.

    The gradients of the tasks are computed on their common parameters, a
    method of the library torchjd turns the inner products into weights, and
    the weighted losses are minimised as usual. On the common parameters the
    step has the direction of the method. A task without a gradient there,
    such as recognition in a batch without labels, is left out with the weight
    1, and so is a task that is then alone. The loss of a task has the same
    weight for its other parameters, as in the code of Sener and Koltun (MGDA,
    NeurIPS 2018), which hardly changes the steps of Adam. It costs one more
    backward pass per task.

    Needs ``pip install torchjd``. ``CAGrad``, ``DualProj``, ``FairGrad`` and
    ``UPGrad`` also need solvers, which torchjd names; that of the quadratic
    programs, quadprog, is under the GPL.

    Args:
        method (str): ``'MGDA'`` (Sener and Koltun, 2018), ``'PCGrad'`` (Yu
            et al., 2020), ``'CAGrad'``, ``'IMTLG'``, ``'AlignedMTL'``,
            ``'DualProj'``, ``'FairGrad'`` or ``'UPGrad'``; torchjd's
            documentation names their sources. Defaults to ``'PCGrad'``.
        shared (str): Part of the network whose parameters are compared, if
            every task has a gradient for them. Defaults to ``'backbone'``.
        options (dict, optional): Options of torchjd's weighting, such as
            ``dict(c=0.5)``, which ``'CAGrad'`` needs, and ``dict(alpha=1.)``,
            which ``'FairGrad'`` needs. Defaults to None.
        **kwargs: See :class:`LossBalance`.

    Raises:
        ImportError: If torchjd is not installed.
        ValueError: If the method is unknown, or its options are wrong.
    """

    def __init__(self,
                 method: str = 'PCGrad',
                 shared: str = 'backbone',
                 options: Optional[Dict[str, Any]] = None,
                 **kwargs) -> None:
        super().__init__(**kwargs)
        if method not in METHODS:
            raise ValueError(f'method={method!r}; give one of {METHODS}')
        try:
            from torchjd import aggregation
        except ImportError as error:
            raise ImportError('GradientWeighting needs torchjd; install it '
                              'with `pip install torchjd`, or use another '
                              'loss_balance') from error
        self.shared = shared
        # Preferences are given for every task.
        self.weighs_all = 'pref_vector' in (options or {})
        weighting = getattr(aggregation, f'{method}Weighting')
        try:
            inspect.signature(weighting).bind(**options or {})
        except TypeError as error:
            raise ValueError(
                f'method={method!r} does not work with options={options}: '
                f'{error}; expected those of {weighting.__name__} of torchjd, '
                f'{inspect.signature(weighting)}') from error
        self.weighting = weighting(**options or {})

    def weigh(self, totals: Tensor, network: nn.Module) -> Tensor:
        """Compute the weights ``(K, )``, or return 1 outside of training.

        Args as in :meth:`LossBalance.weigh`.
        """
        if not totals.requires_grad:
            return torch.ones_like(totals)
        rows = self._gradients(totals, network)
        weights = torch.ones_like(totals)
        # A method may give all weight to a task without a gradient.
        live = rows.any(dim=1) | self.weighs_all
        if live.sum() > 1:
            with torch.no_grad():
                rows = rows[live]
                # The methods need only the (K, K) inner products.
                weights[live] = self.weighting(rows @ rows.T).to(totals)
        # A method may draw random numbers, which differ between ranks.
        broadcast(weights)
        return weights

    def _gradients(self, totals: Tensor, network: nn.Module) -> Tensor:
        """Compute the gradients on the common parameters, ``(K, P)``."""
        parameters = [
            p for p in network.get_submodule(self.shared).parameters()
            if p.requires_grad
        ]
        # The graph is kept: the weighted losses are differentiated later.
        found = [
            torch.autograd.grad(
                total, parameters, retain_graph=True, allow_unused=True)
            for total in totals
        ]
        common = [
            grads for grads in zip(*found)
            if all(grad is not None for grad in grads)
        ]
        if not common:
            raise ValueError(f'no parameter of {self.shared!r} is trained by '
                             f'all of the tasks {list(self.tasks)}; choose '
                             'another part as `shared`')
        # (K, P): one row per task.
        rows = torch.stack([
            torch.cat([grad.flatten() for grad in grads]).float()
            for grads in zip(*common)
        ])
        # The weights must be those of the whole batch.
        all_reduce(rows, 'mean')
        return rows
