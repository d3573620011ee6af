"""Run a module without changing its state."""
from contextlib import contextmanager
from typing import Any, Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def frozen_batch_stats(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of batch norms unchanged.

    Generated images pass through the encoders while training, but their
    statistics are not those of the real images that the network is tested
    on. Batches are still normalised by their own statistics.

    Args:
        module (nn.Module): The module that contains the batch norms.
    """
    # A momentum of 0 would still multiply: 0 * inf makes the statistics NaN.
    norms = [
        m for m in module.modules()
        if isinstance(m, _BatchNorm) and m.training and m.track_running_stats
    ]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """Put a module into evaluation mode temporarily.

    Args:
        module (nn.Module): The module. The modes of its children are
            restored one by one.
    """
    # `train()` would also switch on children that were frozen on purpose.
    training = [m for m in module.modules() if m.training]
    module.eval()
    try:
        yield
    finally:
        for child in training:
            child.training = True


def call_frozen(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
    """Call a module as a fixed function of its inputs.

    Gradients flow to the inputs but not to the parameters, and the running
    statistics are kept.

    Args:
        module (nn.Module): The module to call.
        *args: Positional arguments of its forward.
        **kwargs: Keyword arguments of its forward.

    Returns:
        Any: What the module returns.
    """
    trained = [p for p in module.parameters() if p.requires_grad]
    # Off during the call only: DDP reads it when it is built, and other
    # passes of the same step train these parameters.
    for parameter in trained:
        parameter.requires_grad = False
    try:
        with frozen_batch_stats(module):
            return module(*args, **kwargs)
    finally:
        for parameter in trained:
            parameter.requires_grad = True
