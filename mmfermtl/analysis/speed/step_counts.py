"""Count what a training step asks of a machine, whatever its speed."""
from collections import Counter
from typing import Any, Dict, NamedTuple

from mmengine.structures import BaseDataElement
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

#: Operations of ATen that launch no kernel: they allocate, or read a number.
_NO_KERNEL = ('empty', 'empty_like', 'empty_strided', 'new_empty',
              'new_empty_strided', 'detach', 'alias', 'lift_fresh',
              '_local_scalar_dense', 'is_same_size', 'set_')
#: The operation that reads a number from a tensor, and waits for a GPU.
_READ = '_local_scalar_dense'


class StepCounts(NamedTuple):
    """Counts of a training step, forward, backward and optimizers."""

    #: Operations that PyTorch dispatches: on a GPU about 25 us each.
    operations: int
    #: Those that launch a kernel: no view, no allocation.
    kernels: int
    #: Reads of a number from a tensor, each of which waits for a GPU.
    synchronizations: int
    #: Multiply-accumulates of convolutions and matrix products, in millions.
    mmacs: float
    #: Bytes of the tensors of the batch, as the loader gives them.
    batch_bytes: int


class OperationCounter(TorchDispatchMode):
    """Count the operations that are dispatched while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        #: Times that each operation, such as ``'convolution'``, was called.
        self.calls: Counter = Counter()
        self.kernels = 0

    def __torch_dispatch__(self,
                           func: Any,
                           types: Any,
                           args: Any = (),
                           kwargs: Any = None) -> Any:
        """Count an operation, and run it."""
        name = func.overloadpacket.__name__
        self.calls[name] += 1
        self.kernels += not (func.is_view or name in _NO_KERNEL)
        return func(*args, **(kwargs or {}))


def count_step(model: nn.Module, optim_wrapper: Any,
               data: Dict[str, Any]) -> StepCounts:
    """Count the operations of one training step, after one that warms up.

    Args:
        model (nn.Module): A model of MMEngine, in training mode. It is
            trained.
        optim_wrapper (OptimWrapper | OptimWrapperDict): Its optimizers.
        data (dict): A batch as the loader gives it.

    Returns:
        StepCounts: Counts of the second step, as the first one also makes the
        state of the optimizers.
    """
    model.train_step(data, optim_wrapper)
    flops, counter = FlopCounterMode(display=False), OperationCounter()
    with flops, counter:
        model.train_step(data, optim_wrapper)
    return StepCounts(
        operations=sum(counter.calls.values()),
        kernels=counter.kernels,
        synchronizations=counter.calls[_READ],
        mmacs=flops.get_total_flops() / 2e6,
        batch_bytes=_count_bytes(data))


def _count_bytes(data: Any) -> int:
    """Add the bytes of all tensors of a batch."""
    if isinstance(data, Tensor):
        return data.element_size() * data.numel()
    if isinstance(data, BaseDataElement):
        return sum(map(_count_bytes, data.values()))
    if isinstance(data, dict):
        data = data.values()
    if isinstance(data, (list, tuple, type({}.values()))):
        return sum(map(_count_bytes, data))
    return 0
