from typing import Optional

from mmengine.optim import OptimWrapperDict, build_optim_wrapper
from torch import nn

from ...registry import OPTIM_WRAPPER_CONSTRUCTORS
from ...utils.model_parts import unwrap_model


class MultiOptimWrapper(OptimWrapperDict):
    """Several optimizers whose gradient accumulation works.

    MMEngine's own dict does not pass the number of iterations to its members,
    so that their last accumulated gradients are lost.
    """

    def initialize_count_status(self, model: nn.Module, cur_iter: int,
                                max_iters: int) -> None:
        """Set how often each optimizer will be called.

        The model's ``updates_per_iter``, a dict from the names of the
        optimizers to numbers, is 1 for those it leaves out.
        """
        updates = getattr(unwrap_model(model), 'updates_per_iter', {})
        for name, wrapper in self.optim_wrappers.items():
            times = updates.get(name, 1)
            wrapper.initialize_count_status(model, cur_iter * times,
                                            max_iters * times)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MultiOptimWrapperConstructor:
    """Build one optimizer for each child of a model.

    Args:
        optim_wrapper_cfg (dict): One optimizer wrapper config for each child
            to train, by the child's name. Each takes what an
            ``optim_wrapper`` of MMEngine takes, ``paramwise_cfg`` and
            ``accumulative_counts`` included.
        paramwise_cfg (dict, optional): Must be None; it belongs in the
            configs of the children. Defaults to None.

    Raises:
        ValueError: If ``paramwise_cfg`` is given.
        KeyError: If the model has no such child.

    Examples:
        >>> optim_wrapper = dict(
        ...     constructor='mmfermtl.MultiOptimWrapperConstructor',
        ...     network=dict(
        ...         type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4)),
        ...     discriminator=dict(
        ...         type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4)))
    """

    def __init__(self,
                 optim_wrapper_cfg: dict,
                 paramwise_cfg: Optional[dict] = None) -> None:
        if paramwise_cfg is not None:
            raise ValueError('give `paramwise_cfg` in the configs of the '
                             'children, not beside them')
        # A type beside the children is that of the whole.
        self.cfgs = {k: v for k, v in optim_wrapper_cfg.items() if k != 'type'}

    def __call__(self, model: nn.Module) -> MultiOptimWrapper:
        """Build the optimizers of a model, wrapped for DDP or not."""
        inner = unwrap_model(model)
        children = dict(inner.named_children())
        wrappers = {}
        for name, cfg in self.cfgs.items():
            if name not in children:
                raise KeyError(f'optim_wrapper names {name!r}, but '
                               f'{type(inner).__name__} has the children '
                               f'{sorted(children)}')
            wrappers[name] = build_optim_wrapper(children[name], dict(cfg))
        return MultiOptimWrapper(**wrappers)
