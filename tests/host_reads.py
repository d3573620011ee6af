"""Find what CUDA graphs cannot capture, without a GPU."""
import torch
from torch.utils._python_dispatch import TorchDispatchMode


class HostReads(TorchDispatchMode):
    """Refuse what a stream of CUDA cannot capture.

    Reads of values, sizes that depend on values, and tensors made of numbers
    of Python, which are copied from the host.
    """

    refused = ('_local_scalar_dense', 'nonzero', 'masked_select', 'lift_fresh',
               'lift_fresh_copy', '_unique2', 'equal', 'randperm')

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in self.refused, name
        if name in ('index', 'index_put_'):
            assert all(i is None or i.dtype != torch.bool for i in args[1])
        return func(*args, **(kwargs or {}))
