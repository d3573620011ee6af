from typing import Any, Dict, Optional, Union

import torch
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.model_parts import build_part
from .batch_targets import BatchTargets, PartTargets
from .discriminator_losses import DiscriminatorLosses, LossCfg
from .fermtl import FERMTL
from .frozen import eval_mode
from .sample_labels import Samples
from .step_graphs import StepGraphs


@MODELS.register_module()
class AdversarialFERMTL(DiscriminatorLosses, FERMTL):
    """:class:`FERMTL` with a discriminator for the generated images.

    Needs an optimizer for each of ``network`` and ``discriminator``, see
    :class:`~mmfermtl.engine.MultiOptimWrapperConstructor`. In each
    iteration the network is trained once, and the discriminator
    ``discriminator_steps`` times on the same generated images; see
    ``update_order``. Additional losses: ``loss_adv`` and ``loss_cls``
    (network), ``loss_dis``, ``loss_dis_cls`` and ``loss_gp`` (discriminator).

    Args:
        network (dict | nn.Module): :class:`FERMTLNetwork` with a generator.
        discriminator (dict | nn.Module): Called with images and targets, such
            as :class:`~mmfermtl.models.FESDiscriminator`.
        loss_adv (dict | nn.Module): Defaults to
            ``dict(type='mmfermtl.AdversarialLoss')``.
        discriminator_steps (int): Defaults to 3.
        update_order (str): ``'network_first'``: the discriminator is trained
            on the images of the pass that trained the network, which is ours
            and needs no further pass. ``'discriminator_first'``: a pass in
            evaluation mode generates them before the network is trained, as
            in the release of 2021. Defaults to ``'network_first'``.
        loss_cls (dict | nn.Module, optional): Classification of real images
            as what they show, and of generated ones as the target, by a
            discriminator that gives expressions, too, as that of StarGAN.
            Defaults to None.
        loss_gp (dict | nn.Module, optional): Such as
            :class:`~mmfermtl.models.GradientPenalty`. Defaults to None.
        real_images (str): What the discriminator takes for real:
            ``'paired'``, the paired target image where there is one, else
            the source; or ``'source'``. Defaults to ``'paired'``.
        matching_aware (bool): Whether the discriminator also learns to
            reject real images that show another expression than it is given,
            that of another example of the batch. Otherwise it may look at
            the image alone, and an unchanged source is as good as an edited
            one. Source: GAN-CLS, Reed et al., ICML 2016. Defaults to False.
        **kwargs: See :class:`FERMTL`.
    """

    def __init__(self,
                 network: Union[dict, nn.Module],
                 discriminator: Union[dict, nn.Module],
                 loss_adv: Union[dict, nn.Module] = dict(
                     type='mmfermtl.AdversarialLoss'),
                 discriminator_steps: int = 3,
                 update_order: str = 'network_first',
                 loss_cls: LossCfg = None,
                 loss_gp: LossCfg = None,
                 real_images: str = 'paired',
                 matching_aware: bool = False,
                 **kwargs) -> None:
        super().__init__(network, **kwargs)
        if self.network.generator is None:
            raise ValueError('AdversarialFERMTL needs a generator in its '
                             'network; for recognition only use FERMTL')
        self.discriminator = build_part(discriminator)
        self.prepare_losses(loss_adv, loss_cls, loss_gp, real_images,
                            matching_aware)
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
                         wrapped_model: nn.Module) -> Dict[str, Tensor]:
        """Train on one batch.

        Args:
            data (dict): A batch as the data loader returns it.
            optim_wrapper (OptimWrapperDict): With the keys ``network`` and
                ``discriminator``.
            wrapped_model (nn.Module): This model, or the DDP wrapper around
                it, whose ``forward`` every pass must call for the gradients
                to be reduced.

        Returns:
            dict[str, Tensor]: Scalars to log.

        Raises:
            TypeError: If there is only one optimizer.
        """
        if not isinstance(optim_wrapper, OptimWrapperDict):
            raise TypeError(
                'AdversarialFERMTL needs one optimizer for each of network '
                "and discriminator: set optim_wrapper.constructor to "
                "'mmfermtl.MultiOptimWrapperConstructor', found "
                f'{type(optim_wrapper).__name__}')
        return self.run_step(
            data, lambda batch, graphs: self._update_both(
                batch, optim_wrapper, wrapped_model, graphs))

    def _update_both(self, data: Dict[str, Any],
                     optim_wrapper: OptimWrapperDict, wrapped_model: nn.Module,
                     graphs: Optional[StepGraphs]) -> Dict[str, Tensor]:
        """Train network and discriminator on a preprocessed batch."""
        wrapper = optim_wrapper['network']
        logged: Dict[str, Tensor] = {}

        def generate() -> Tensor:
            with torch.no_grad(), wrapper.optim_context(wrapped_model):
                return wrapped_model(**data, mode='fakes')

        if self.update_order == 'discriminator_first':
            fake = generate() if graphs is None else graphs.run(
                'fakes', generate)
            logged = self._update_discriminator(data, fake, optim_wrapper,
                                                wrapped_model, graphs)
        log_vars, fake = self.update_part('loss_g', data, wrapper,
                                          wrapped_model, graphs)
        if self.update_order == 'network_first':
            logged = self._update_discriminator(data, fake, optim_wrapper,
                                                wrapped_model, graphs)
        log_vars.update(logged)
        return log_vars

    def _update_discriminator(
            self, data: Dict[str, Any], fake: Tensor,
            optim_wrapper: OptimWrapperDict, wrapped_model: nn.Module,
            graphs: Optional[StepGraphs]) -> Dict[str, Tensor]:
        """Train the discriminator on generated images ``(M, C, H, W)``.

        Returns its last losses to log.
        """
        logged: Dict[str, Tensor] = {}
        for _ in range(self.discriminator_steps):
            log_vars, _ = self.update_part(
                'loss_d',
                data,
                optim_wrapper['discriminator'],
                wrapped_model,
                graphs,
                fake=fake)
            # Not its 'loss', which would replace that of the network.
            logged = {k: v for k, v in log_vars.items() if k != 'loss'}
        return logged

    def forward(self,
                inputs: Tensor,
                data_samples: Optional[Samples] = None,
                mode: str = 'tensor',
                targets: Optional[BatchTargets] = None,
                fake: Optional[Tensor] = None) -> Any:
        """Run the model.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list, optional): ``N`` samples. Defaults to None.
            mode (str): As in :class:`FERMTL`; or ``'loss_g'`` for the losses
                of the network with the generated images, ``'loss_d'`` for
                the loss of the discriminator on such, ``'fakes'`` for images
                generated in evaluation mode. Defaults to ``'tensor'``.
            targets (BatchTargets, optional): As in :class:`FERMTL`.
            fake (Tensor, optional): Generated images for ``'loss_d'``,
                ``(M, C, H, W)`` in [-1, 1]. Defaults to None.

        Returns:
            Tensor | tuple | list | dict: See :class:`FERMTL`.
        """
        if mode == 'loss_g':
            return self.loss_and_fake(inputs, data_samples, targets)
        if mode == 'loss_d':
            return self.loss_d(inputs, data_samples, fake, targets)
        if mode == 'fakes':
            return self._generate(inputs, data_samples, targets)
        return super().forward(inputs, data_samples, mode, targets)

    def _generate(self, inputs: Tensor, data_samples: Samples,
                  targets: Optional[BatchTargets]) -> Tensor:
        """Generate ``(M, C, H, W)`` from real sources, in evaluation mode."""
        # Without any real source the loss is 0, whatever is generated.
        part = self._source_targets(inputs, data_samples, targets)
        with eval_mode(self.network):
            return self.network(part.select(inputs), (part.target, )).fakes[0]

    def _generated_image_losses(self, inputs: Tensor, fake: Tensor,
                                targets: PartTargets) -> Dict[str, Tensor]:
        """Add those of the discriminator to the losses of :class:`FERMTL`."""
        losses = super()._generated_image_losses(inputs, fake, targets)
        losses.update(self.adversarial_losses(fake, targets))
        return losses
