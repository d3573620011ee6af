from typing import Any, Callable, Dict, Optional, Union

import torch
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import to_network_range
from .fermtl import FERMTL
from .fermtl_network import build_part
from .frozen import call_frozen, eval_mode
from .sample_labels import Samples, is_labelled, label_scores, split_generated


@MODELS.register_module()
class AdversarialFERMTL(FERMTL):
    """:class:`FERMTL` with a discriminator that judges the painted faces.

    Needs an optimizer for each of ``network`` and ``discriminator``, see
    :class:`~mmfermtl.engine.MultiOptimWrapperConstructor`. In each
    iteration the network is trained once, and the discriminator
    ``discriminator_steps`` times on the same generated images; see
    ``update_order``. Additional losses: ``loss_adv`` (network) and
    ``loss_dis`` (discriminator).

    Args:
        network (dict | nn.Module): :class:`FERMTLNetwork` with a generator.
        discriminator (dict | nn.Module): Takes images and targets, such as
            :class:`~mmfermtl.models.FESDiscriminator`.
        loss_adv (dict | nn.Module): Defaults to
            ``dict(type='mmfermtl.AdversarialLoss')``.
        discriminator_steps (int): Defaults to 3.
        update_order (str): ``'network_first'``: the discriminator learns
            from the images of the pass that trained the network, which is
            ours and costs nothing. ``'discriminator_first'``: a pass in
            evaluation mode generates them before the network is trained, as
            in the release of 2021. Defaults to ``'network_first'``.
        **kwargs: See :class:`FERMTL`.
    """

    def __init__(self,
                 network: Union[dict, nn.Module],
                 discriminator: Union[dict, nn.Module],
                 loss_adv: Union[dict, nn.Module] = dict(
                     type='mmfermtl.AdversarialLoss'),
                 discriminator_steps: int = 3,
                 update_order: str = 'network_first',
                 **kwargs) -> None:
        super().__init__(network, **kwargs)
        if self.network.generator is None:
            raise ValueError('AdversarialFERMTL needs a generator in its '
                             'network; for recognition alone use FERMTL')
        self.discriminator = build_part(discriminator)
        self.loss_adv = build_part(loss_adv)
        if not hasattr(self.loss_adv, 'discriminator_loss'):
            raise ValueError(
                f'loss_adv={type(self.loss_adv).__name__} has no loss for the '
                "discriminator; wrap a loss of mmagic's kind in "
                "dict(type='mmfermtl.GANLossAdapter', loss=...)")
        self.discriminator_steps = discriminator_steps
        if update_order not in ('network_first', 'discriminator_first'):
            raise ValueError(f"update_order={update_order!r}; give "
                             "'network_first' or 'discriminator_first'")
        self.update_order = update_order

    @property
    def updates_per_iter(self) -> Dict[str, int]:
        """dict[str, int]: Calls of each optimizer in one iteration."""
        return dict(network=1, discriminator=self.discriminator_steps)

    def train_step(self, data: Any,
                   optim_wrapper: OptimWrapperDict) -> Dict[str, Tensor]:
        """Train discriminator and network on one batch."""
        return self.adversarial_step(data, optim_wrapper, self)

    def adversarial_step(self, data: Any, optim_wrapper: OptimWrapperDict,
                         entry: Callable) -> Dict[str, Tensor]:
        """Train on one batch, each pass through ``entry``.

        Args:
            data (dict): A batch as the data loader gives it.
            optim_wrapper (OptimWrapperDict): With the keys ``network`` and
                ``discriminator``.
            entry (Callable): This model, or the DDP wrapper around it, whose
                own forward has to be entered for gradients to be reduced.

        Returns:
            dict[str, Tensor]: Values to log.
        """
        if not isinstance(optim_wrapper, OptimWrapperDict):
            raise TypeError(
                'AdversarialFERMTL needs one optimizer for each of network '
                "and discriminator: set optim_wrapper.constructor to "
                "'mmfermtl.MultiOptimWrapperConstructor', found "
                f'{type(optim_wrapper).__name__}')
        data = self.data_preprocessor(data, training=True)
        wrapper = optim_wrapper['network']
        logged: Dict[str, Tensor] = {}
        if self.update_order == 'discriminator_first':
            with torch.no_grad(), wrapper.optim_context(entry):
                fake = entry(**data, mode='fakes')
            logged = self._update_discriminator(data, fake, optim_wrapper,
                                                entry)
        with wrapper.optim_context(entry):
            losses, fake = entry(**data, mode='loss_g')
        total, log_vars = self.parse_losses(losses)
        wrapper.update_params(total)
        if self.update_order == 'network_first':
            logged = self._update_discriminator(data, fake.detach(),
                                                optim_wrapper, entry)
        log_vars.update(logged)
        return log_vars

    def _update_discriminator(self, data: dict, fake: Tensor,
                              optim_wrapper: OptimWrapperDict,
                              entry: Callable) -> Dict[str, Tensor]:
        """Train the discriminator, and return the last loss to log."""
        wrapper = optim_wrapper['discriminator']
        logged: Dict[str, Tensor] = {}
        for _ in range(self.discriminator_steps):
            with wrapper.optim_context(entry):
                losses = entry(**data, mode='loss_d', fake=fake)
            total, log_vars = self.parse_losses(losses)
            wrapper.update_params(total)
            logged = dict(loss_dis=log_vars['loss_dis'])
        return logged

    def forward(self,
                inputs: Tensor,
                data_samples: Optional[Samples] = None,
                mode: str = 'tensor',
                fake: Optional[Tensor] = None) -> Any:
        """Run the model.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list, optional): One sample an image. Defaults to
                None.
            mode (str): As in :class:`FERMTL`, ``'loss_g'`` for the network's
                losses with the painted images, ``'loss_d'`` for the
                discriminator's loss on such, or ``'fakes'`` for images that
                the network generates in evaluation mode. Defaults to
                ``'tensor'``.
            fake (Tensor, optional): Painted images for ``'loss_d'``,
                ``(N, C, H, W)`` in [-1, 1]. Defaults to None.

        Returns:
            Tensor | tuple | list | dict: See :class:`FERMTL`.
        """
        if mode == 'loss_g':
            return self.loss_and_fake(inputs, data_samples)
        if mode == 'loss_d':
            return self.loss_d(inputs, data_samples, fake)
        if mode == 'fakes':
            return self._fakes(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def loss_d(self, inputs: Tensor, data_samples: Samples,
               fake: Tensor) -> Dict[str, Tensor]:
        """Loss of the discriminator.

        The real image is the subject's image of the target expression, or
        the source with its own expression where there is none. A source
        whose expression is not known is then no example of anything. In a
        batch of such sources alone the loss is 0: the discriminator would
        see generated images only. Sources that were generated are left out.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list): One sample an image.
            fake (Tensor): Images generated of the real sources,
                ``(M, C, H, W)`` in [-1, 1].

        Returns:
            dict[str, Tensor]: ``loss_dis``.
        """
        device = inputs.device
        rows, generated = split_generated(data_samples)
        if not rows:
            target = self._target_scores(data_samples, device)
            judged = self.discriminator(fake.detach(), target)
            return dict(loss_dis=0 * judged.float().sum())
        if generated:
            inputs = inputs[rows]
            data_samples = [data_samples[i] for i in rows]
        target = self._target_scores(data_samples, device)
        real, shown = inputs.clone(), target.clone()
        known = [True] * len(inputs)
        for i, sample in enumerate(data_samples):
            if 'gt_img' in sample:
                real[i] = to_network_range(sample.gt_img.to(device))
            elif is_labelled(sample):
                shown[i] = label_scores([sample], 'gt', self.num_classes,
                                        device)[0]
            else:
                known[i] = False
        if not any(known):
            judged = self.discriminator(fake.detach(), target)
            return dict(loss_dis=0 * judged.float().sum())
        return dict(
            loss_dis=self.loss_adv.discriminator_loss(
                self.discriminator(real[known], shown[known]),
                self.discriminator(fake.detach(), target)))

    def _fakes(self, inputs: Tensor, data_samples: Samples) -> Tensor:
        """Images of the real sources, generated as in a test."""
        rows, _ = split_generated(data_samples)
        if rows:  # else the loss is 0, whatever is generated
            inputs = inputs[rows]
            data_samples = [data_samples[i] for i in rows]
        target = self._target_scores(data_samples, inputs.device)
        with eval_mode(self.network):
            return self.network(inputs, (target, )).fakes[0]

    def _unpaired_losses(self, inputs: Tensor, fake: Tensor, target: Tensor,
                         samples: Samples) -> Dict[str, Tensor]:
        """Those of :class:`FERMTL`, and the discriminator's opinion."""
        losses = super()._unpaired_losses(inputs, fake, target, samples)
        judged = call_frozen(self.discriminator, fake, target)
        losses['loss_adv'] = self.loss_adv(judged)
        return losses
