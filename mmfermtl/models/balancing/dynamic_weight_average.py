import torch
from mmengine.dist import all_reduce
from mmengine.logging import MessageHub
from torch import Tensor, nn

from ...registry import MODELS
from .loss_balance import LossBalance


@MODELS.register_module()
class DynamicWeightAverage(LossBalance):
    r"""Weight tasks by how slowly their losses decrease.

    Source: Liu et al., End-to-End Multi-Task Learning with Attention, CVPR
    2019, eq. 7. With the mean losses :math:`L_k` of the two epochs before,

    .. math::
        \lambda_k = K \frac{e^{w_k / T}}{\sum_i e^{w_i / T}}, \quad
        w_k = \frac{L_k(t - 1)}{L_k(t - 2)}

    In the first two epochs all weights are 1. The means are buffers, so that
    a resumed run has the same weights as an uninterrupted one. The epoch is
    read from MMEngine's message hub; a loop that counts no epochs keeps the
    weights at 1. Under DDP all ranks have the same weights.

    Args:
        temperature (float): ``T``; the larger, the more equal the weights.
            Defaults to 2, as in the source.
        **kwargs: See :class:`LossBalance`.
    """

    def __init__(self, temperature: float = 2., **kwargs) -> None:
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f'temperature={temperature} must be positive')
        self.temperature = temperature
        count = len(self.tasks)
        # (2, K): means of the epoch before the last, and of the last; 0 if
        # there was none.
        self.register_buffer('means', torch.zeros(2, count))
        self.register_buffer('sums', torch.zeros(count))
        self.register_buffer('count', torch.zeros(()))
        self.register_buffer('epoch', torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def weigh(self, totals: Tensor, network: nn.Module) -> Tensor:
        """Return the weights ``(K, )`` of this epoch, and add to its mean.

        Args as in :meth:`LossBalance.weigh`; the weights have the sum ``K``.
        """
        if self.training:
            hub = MessageHub.get_current_instance()
            self._close_epoch(hub.get_info('epoch', 0))
            self.sums += totals.detach()
            self.count += 1
        # Two past epochs are needed for a rate.
        if not self.means[0].all():
            return torch.ones_like(totals)
        rates = self.means[1] / self.means[0]
        return len(totals) * torch.softmax(rates / self.temperature, dim=0)

    def _close_epoch(self, epoch: int) -> None:
        """Turn the sums into a mean if a new epoch has started."""
        if epoch == int(self.epoch):
            return
        if self.count > 0:
            mean = self.sums / self.count
            # Each rank has seen its own part of the epoch.
            all_reduce(mean, 'mean')
            self.means.copy_(torch.stack([self.means[1], mean]))
        self.sums.zero_()
        self.count.zero_()
        self.epoch.fill_(epoch)
