from typing import List, Optional

from mmengine.optim import DefaultOptimWrapperConstructor
from torch import nn

from ...registry import OPTIM_WRAPPER_CONSTRUCTORS


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class NoBiasDecayOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """Decay weights of two and more dimensions, and nothing else.

    Biases, weights of norms and other vectors, such as the log variances of
    :class:`~mmfermtl.models.UncertaintyWeighting`, keep their values. This
    is what MMEngine's ``paramwise_cfg=dict(flat_decay_mult=0.)`` does, with
    two parameter groups in the place of one a parameter, which is as fast as
    a single group.

    Args:
        optim_wrapper_cfg (dict): See MMEngine.
        paramwise_cfg (dict, optional): Must be None; use MMEngine's default
            constructor for other rules. Defaults to None.

    Raises:
        ValueError: If ``paramwise_cfg`` is given.

    Examples:
        >>> optim_wrapper = dict(
        ...     constructor='mmfermtl.NoBiasDecayOptimWrapperConstructor',
        ...     type='OptimWrapper',
        ...     optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-2))
    """

    def __init__(self,
                 optim_wrapper_cfg: dict,
                 paramwise_cfg: Optional[dict] = None) -> None:
        if paramwise_cfg:
            raise ValueError(
                f'paramwise_cfg={paramwise_cfg} has no effect in '
                'NoBiasDecayOptimWrapperConstructor; leave it out, or set '
                "constructor='DefaultOptimWrapperConstructor'")
        # What makes the base class ask for groups.
        super().__init__(optim_wrapper_cfg, dict(flat_decay_mult=0.))

    def add_params(self,
                   params: List[dict],
                   module: nn.Module,
                   prefix: str = '',
                   is_dcn_module: Optional[bool] = None) -> None:
        """Add the two groups to ``params``, in place."""
        trained = [p for p in module.parameters() if p.requires_grad]
        params.append(dict(params=[p for p in trained if p.ndim > 1]))
        params.append(
            dict(params=[p for p in trained if p.ndim <= 1], weight_decay=0.))
