import math
from typing import Any, Dict, Optional, Tuple, Union

from mmengine.model import BaseModel
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.deprecation import renamed_arguments
from ...utils.model_parts import build_part
from ..heads.fer_head import reads_labels
from .batch_targets import BatchTargets, PartTargets
from .classifier_protocol import (ClassifierProtocol, check_network,
                                  check_synthesis)
from .frozen import call_frozen, eval_mode, frozen_batch_stats
from .sample_labels import Samples
from .training_step import TrainingStep

Losses = Dict[str, Tensor]
LossCfg = Union[dict, nn.Module, None]
LossesAndFake = Tuple[Losses, Optional[Tensor]]


@MODELS.register_module()
class FERMTL(TrainingStep, ClassifierProtocol, BaseModel):
    """Classify and synthesize facial expressions with one network.

    One optimizer minimises the sum of these terms. Each is left out if its
    config is None, and all but the first without a generator:

    - ``loss_fer``: classification of the real images; configured in the head,
      and left out without one, for synthesis only.
    - ``loss_rec``: generated image against the paired target image, a real
      image of the same subject with the target expression (``L_idn`` of the
      release of 2021). Samples without such an image do not count.
    - ``loss_feat``: the same in the features of a frozen network.
    - ``loss_identity``: generated image against the source where the target
      is the expression of the source. Ours. If this is None, such samples
      count in ``loss_rec``.
    - ``loss_change``: the same where it is another one, without a paired
      image; as GANimation (Pumarola et al., 2018) regularises its mask.
    - ``loss_cyc``: source against the generated image mapped back to the
      expression of the source (``L_cyc``).
    - ``loss_syn``: classification of the generated image as the target by
      the network itself, as a fixed function in evaluation mode. Ours.

    Sources that were generated (samples whose ``generated`` is true) count in
    ``loss_fer`` only, see :meth:`loss_terms`.

    Args:
        network (dict | nn.Module): :class:`FERMTLNetwork`.
        loss_rec (dict | nn.Module, optional): Defaults to
            ``dict(type='mmfermtl.PixelLoss')``.
        loss_feat, loss_identity, loss_change, loss_cyc, loss_syn (dict |
            nn.Module, optional): Default to None.
        syn_share (float): Share of the real images of a batch that
            ``loss_syn`` is computed on, in (0, 1], to save time: targets are
            drawn at random, so that a part of them gives the same loss on
            average. Defaults to 1.
        loss_balance (dict | nn.Module, optional): How the two tasks are
            weighted against each other, such as
            :class:`~mmfermtl.models.UncertaintyWeighting`. It becomes a
            child of the network. None keeps the weights of the losses.
            Defaults to None.
        cuda_graphs (bool): Whether to replay the passes of a training step
            as CUDA graphs, which saves the time to launch their kernels; see
            :class:`StepGraphs`. The losses then may not read values on the
            host, nor depend on numbers that a hook changes. Without a GPU it
            has no effect. Defaults to False.
        synthesis (str, optional): What :meth:`predict` generates:
            ``'target'`` (the target of the sample, if it has one), ``'all'``
            expressions, or None. Defaults to ``'target'``.
        data_preprocessor (dict, optional): Defaults to
            :class:`ExpressionDataPreprocessor`, from uint8 to [-1, 1].
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    @renamed_arguments(loss_idt='loss_identity')
    def __init__(self,
                 network: Union[dict, nn.Module],
                 loss_rec: LossCfg = dict(type='mmfermtl.PixelLoss'),
                 loss_feat: LossCfg = None,
                 loss_identity: LossCfg = None,
                 loss_change: LossCfg = None,
                 loss_cyc: LossCfg = None,
                 loss_syn: LossCfg = None,
                 syn_share: float = 1.,
                 loss_balance: LossCfg = None,
                 cuda_graphs: bool = False,
                 synthesis: Optional[str] = 'target',
                 data_preprocessor: Optional[dict] = None,
                 init_cfg: Optional[dict] = None) -> None:
        if data_preprocessor is None:
            data_preprocessor = dict(
                type='mmfermtl.ExpressionDataPreprocessor')
        super().__init__(data_preprocessor, init_cfg)
        self.network = build_part(network)
        self.loss_rec = build_part(loss_rec)
        self.loss_feat = build_part(loss_feat)
        self.loss_identity = build_part(loss_identity)
        self.loss_change = build_part(loss_change)
        self.loss_cyc = build_part(loss_cyc)
        self.loss_syn = build_part(loss_syn)
        if not 0 < syn_share <= 1:
            raise ValueError(f'syn_share={syn_share}; give a share of the '
                             'batch above 0 and at most 1')
        self.syn_share = syn_share
        # In the network, whose optimizer then trains its parameters.
        self.network.loss_balance = build_part(loss_balance)
        check_network(network=self.network, loss_syn=self.loss_syn)
        check_synthesis(synthesis)
        self.synthesis = synthesis
        self.prepare_training(cuda_graphs)

    def forward(self,
                inputs: Tensor,
                data_samples: Optional[Samples] = None,
                mode: str = 'tensor',
                targets: Optional[BatchTargets] = None) -> Any:
        """Run the model.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list, optional): ``N`` samples. Defaults to None.
            mode (str): ``'tensor'``, ``'predict'`` or ``'loss'``. Defaults
                to ``'tensor'``.
            targets (BatchTargets, optional): What the losses need of the
                samples, as :class:`ExpressionDataPreprocessor` gives it in
                training. Defaults to None, read from the samples.

        Returns:
            Tensor | list | dict: With ``'tensor'`` the logits ``(N, E)``, as
            mmpretrain's classifiers, or without a head the generated images
            ``(N, C, H, W)``; else see :meth:`predict` and :meth:`loss`.

        Raises:
            ValueError: If the mode is unknown, or there is neither a head
                nor a sample with an expression to synthesize.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples, targets)
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode != 'tensor':
            raise ValueError(f"mode={mode!r}; give 'tensor', 'predict' or "
                             "'loss'")
        return self.raw_outputs(inputs, data_samples)

    def loss(self,
             inputs: Tensor,
             data_samples: Samples,
             targets: Optional[BatchTargets] = None) -> Losses:
        """Compute all losses.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list): ``N`` samples with ``gt_label``; for those
                without a target, it is the expression of the image. Where the
                label is -1 or missing, the sample needs a target, and does
                not count in ``loss_fer``, ``loss_identity`` and ``loss_cyc``.
            targets (BatchTargets, optional): As in :meth:`forward`.

        Returns:
            dict[str, Tensor]: Scalars, see the class.
        """
        return self.loss_and_fake(inputs, data_samples, targets)[0]

    def loss_and_fake(self,
                      inputs: Tensor,
                      data_samples: Samples,
                      targets: Optional[BatchTargets] = None) -> LossesAndFake:
        """Compute all losses, and return the generated images too.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list): As in :meth:`loss`.
            targets (BatchTargets, optional): As in :meth:`forward`.

        Returns:
            tuple: The losses, and the images ``(M, C, H, W)`` in [-1, 1]
            generated from the ``M`` real sources, None without a generator.
        """
        losses, fake = self.loss_terms(inputs, data_samples, targets)
        if self.network.loss_balance is not None:
            losses = self.network.loss_balance(losses, self.network)
        return losses, fake

    def loss_terms(self,
                   inputs: Tensor,
                   data_samples: Samples,
                   targets: Optional[BatchTargets] = None) -> LossesAndFake:
        """Compute the losses before the tasks are balanced.

        Generated sources train recognition only, in one pass with the real
        ones: normalised by statistics of their own, those of one expression
        would lose what tells it from others. Args and return value as in
        :meth:`loss_and_fake`.
        """
        if targets is None:
            targets = self.read_targets(data_samples).to(inputs.device)
        if self.network.head is None:
            inputs, targets = targets.leave_generated_out(inputs)
        fer, fes, fake = self._task_losses(inputs, targets)
        if targets.real is None:
            # Multiplied by 0, as DDP waits for gradients of the generator.
            fes = {name: 0 * loss for name, loss in fes.items()}
        return {**fer, **fes}, fake

    def _task_losses(
            self, inputs: Tensor,
            batch: BatchTargets) -> Tuple[Losses, Losses, Optional[Tensor]]:
        """Compute the losses of both tasks in one pass.

        Returns the losses of recognition, those of synthesis, and the images
        ``(M, C, H, W)`` generated from the ``M`` sources of the batch, None
        without a generator.
        """
        if self.network.generator is None:
            feats = self.network(inputs).fer_feats
            return self._head_losses(feats, batch.images), {}, None
        targets = batch.sources
        fer_feats, (fake, ) = self.network(inputs, (targets.target, ),
                                           targets.rows)
        fer: Losses = {}
        if self.network.head is not None:
            fer = self._head_losses(fer_feats, batch.images)
        inputs = targets.select(inputs)
        fes = self._reconstruction_losses(inputs, fake, targets)
        fes.update(self._generated_image_losses(inputs, fake, targets))
        return fer, fes, fake

    def _head_losses(self, fer_feats: Tuple[Tensor, ...],
                     targets: PartTargets) -> Losses:
        """Compute the losses of the head on the labelled samples.

        Without any, the loss is 0 with a graph, for DDP waits for gradients.
        The features are ``(N, C_i, H_i, W_i)``.
        """
        head = self.network.head
        if not targets.num_labelled:
            with frozen_batch_stats(head):
                return dict(loss_fer=0 * head(fer_feats).float().sum())
        if targets.labelled_rows is not None:
            # Selected late: all images are normalised together.
            fer_feats = tuple(feats[targets.labelled_rows]
                              for feats in fer_feats)
        if reads_labels(head):
            return head.loss_of_labels(fer_feats, targets.labels)
        losses = head.loss(fer_feats,
                           targets.labelled_samples(fer_feats[-1].device))
        if 'loss' in losses:  # the name in mmpretrain's heads
            losses['loss_fer'] = losses.pop('loss')
        return losses

    def _reconstruction_losses(self, inputs: Tensor, fake: Tensor,
                               targets: PartTargets) -> Losses:
        """Compute the distances from the ground truth, where there is one.

        Sources and generated images are ``(N, C, H, W)`` in [-1, 1].
        """
        real, paired = targets.real_images(inputs), targets.paired
        identity = targets.identity
        counts = paired if self.loss_identity is None else paired & ~identity
        losses = {}
        if self.loss_rec is not None:
            losses['loss_rec'] = self.loss_rec(fake, real, counts, inputs)
        if self.loss_feat is not None:
            losses['loss_feat'] = self.loss_feat(fake, real, paired)
        if self.loss_identity is not None:
            losses['loss_identity'] = self.loss_identity(fake, real, identity)
        if self.loss_change is not None:
            losses['loss_change'] = self.loss_change(fake, inputs,
                                                     ~(paired | identity))
        return losses

    def _generated_image_losses(self, inputs: Tensor, fake: Tensor,
                                targets: PartTargets) -> Losses:
        """Compute the losses that apply with or without a paired image.

        Sources and generated images are ``(N, C, H, W)`` in [-1, 1].
        """
        losses = {}
        if self.loss_cyc is not None:
            with frozen_batch_stats(self.network):
                back = self.network(fake, (targets.source, )).fakes[0]
            losses['loss_cyc'] = self.loss_cyc(back, inputs, targets.labelled)
        if self.loss_syn is not None:
            count = math.ceil(self.syn_share * len(fake))
            # As in a test: no dropout, and the statistics of real images.
            with eval_mode(self.network):
                feats = call_frozen(self.network, fake[:count]).fer_feats
                logits = call_frozen(self.network.head, feats)
            losses['loss_syn'] = self.loss_syn(logits, targets.target[:count])
        return losses
