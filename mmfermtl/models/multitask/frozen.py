"""Run a module without leaving traces in it."""
from contextlib import contextmanager
from typing import Any, Iterator

from torch import nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def frozen_batch_stats(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of batch norms as they are.

    Painted faces pass through the encoders while training; their statistics
    are not those of the real faces that the network is tested on. Batches
    are still normalised by their own statistics.

    Args:
        module (nn.Module): The module whose batch norms are meant.
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
    """Put a module into evaluation mode for a while.

    Args:
        module (nn.Module): The module. Its children get their own modes back.
    """
    training = [m for m in module.modules() if m.training]
    module.eval()
    try:
        yield
    finally:
        for child in training:
            child.training = True


def call_frozen(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
    """Call a module as a fixed function of its inputs.

    Gradients flow to the inputs, none to the parameters, and the running
    statistics stay. The parameters' own ``requires_grad`` is not touched,
    which DDP would not notice.

    Args:
        module (nn.Module): The module to call.
        *args: Positional arguments of its forward.
        **kwargs: Keyword arguments of its forward.

    Returns:
        Any: What the module returns.
    """
    parameters = {k: v.detach() for k, v in module.named_parameters()}
    with frozen_batch_stats(module):
        return functional_call(module, parameters, args, kwargs)
