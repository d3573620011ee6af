from typing import Any, Dict

from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapperDict
from torch import Tensor

from ...registry import MODEL_WRAPPERS


@MODEL_WRAPPERS.register_module()
class AdversarialDistributedDataParallel(MMDistributedDataParallel):
    """DDP for :class:`AdversarialFERMTL`.

    MMEngine's default wrapper ignores the ``train_step`` of the model, and
    calling that of the bare module would silently leave the gradients of the
    ranks unreduced. Here every pass enters through DDP's ``forward``.

    Args:
        module (nn.Module): The model.
        **kwargs: See :class:`mmengine.model.MMDistributedDataParallel`.
    """

    def __init__(self, module: Any, **kwargs) -> None:
        # Each pass uses one of the two networks.
        kwargs.setdefault('find_unused_parameters', True)
        # Those of rank 0 would replace what each rank has counted.
        kwargs.setdefault('broadcast_buffers', False)
        super().__init__(module, **kwargs)

    def train_step(self, data: Any,
                   optim_wrapper: OptimWrapperDict) -> Dict[str, Tensor]:
        """Train discriminator and network on one batch."""
        # The step of the bare module, but each pass calls this wrapper.
        return self.module.adversarial_step(data, optim_wrapper, self)
