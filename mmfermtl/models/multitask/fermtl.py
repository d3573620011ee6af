from typing import Any, Dict, Optional, Tuple, Union

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import to_network_range
from ...utils.deprecation import renamed_arguments
from .classifier_protocol import ClassifierProtocol, check_synthesis
from .fermtl_network import build_part
from .frozen import call_frozen, eval_mode, frozen_batch_stats
from .sample_labels import (Samples, generates_identity, is_labelled,
                            mean_losses, source_scores, split_generated,
                            target_scores)

Losses = Dict[str, Tensor]
LossCfg = Union[dict, nn.Module, None]


@MODELS.register_module()
class FERMTL(ClassifierProtocol, BaseModel):
    """Read and repaint facial expressions with one network.

    The sum of these terms is trained with one optimizer; each is left out if
    its config is None, and all but the first without a generator:

    - ``loss_fer``: classification of the real face; set in the head, and
      left out without one, for synthesis alone.
    - ``loss_rec``: painted image against a real image of the same subject
      with the target expression (``L_idn`` of the release of 2021).
      Samples without such an image do not count.
    - ``loss_feat``: the same in the features of a frozen network.
    - ``loss_identity``: painted image against the source where the target is the
      source's own expression. Ours. Such samples count in ``loss_rec`` if
      this is None.
    - ``loss_cyc``: source against the painted image painted back
      (``L_cyc``).
    - ``loss_syn``: the network, as a fixed function in evaluation mode,
      reads the painted image as the target. Ours.

    Generated images, samples whose ``generated`` is true, count in
    ``loss_fer`` alone, see :meth:`loss_terms`.

    Args:
        network (dict | nn.Module): :class:`FERMTLNetwork`.
        loss_rec (dict | nn.Module, optional): Defaults to
            ``dict(type='mmfermtl.PixelLoss')``.
        loss_feat (dict | nn.Module, optional): Defaults to None.
        loss_identity (dict | nn.Module, optional): Defaults to None.
        loss_cyc (dict | nn.Module, optional): Defaults to None.
        loss_syn (dict | nn.Module, optional): Defaults to None.
        loss_balance (dict | nn.Module, optional): How the two tasks are
            weighed against each other, such as
            :class:`~mmfermtl.models.UncertaintyWeighting`. It becomes a
            child of the network. None keeps the weights of the losses.
            Defaults to None.
        synthesis (str, optional): What :meth:`predict` paints: ``'target'``
            (the sample's target, if it has one), ``'all'`` expressions, or
            None. Defaults to ``'target'``.
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
                 loss_cyc: LossCfg = None,
                 loss_syn: LossCfg = None,
                 loss_balance: LossCfg = None,
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
        self.loss_cyc = build_part(loss_cyc)
        self.loss_syn = build_part(loss_syn)
        # The network's optimizer trains what the balance learns.
        self.network.loss_balance = build_part(loss_balance)
        self._check_parts()
        check_synthesis(synthesis)
        self.synthesis = synthesis

    def forward(self,
                inputs: Tensor,
                data_samples: Optional[Samples] = None,
                mode: str = 'tensor') -> Any:
        """Run the model.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list, optional): One sample an image. Defaults to
                None.
            mode (str): ``'tensor'``, ``'predict'`` or ``'loss'``. Defaults
                to ``'tensor'``.

        Returns:
            Tensor | list | dict: With ``'tensor'`` the logits ``(N, E)``, as
            mmpretrain's classifiers, or without a head the generated images
            ``(N, C, H, W)``; else see :meth:`predict` and :meth:`loss`.

        Raises:
            ValueError: If the mode is unknown, or there is neither a head
                nor a sample that names the expression to generate.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples)
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode != 'tensor':
            raise ValueError(f"mode={mode!r}; give 'tensor', 'predict' or "
                             "'loss'")
        return self.raw_outputs(inputs, data_samples)

    def loss(self, inputs: Tensor, data_samples: Samples) -> Dict[str, Tensor]:
        """Compute all losses.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list): Samples with ``gt_label``; those without a
                target are painted with their own expression. Where the
                label is -1 or missing, the sample needs a target, and does
                not count in ``loss_fer``, ``loss_identity`` and ``loss_cyc``.

        Returns:
            dict[str, Tensor]: Scalars, see the class.
        """
        return self.loss_and_fake(inputs, data_samples)[0]

    def loss_and_fake(
            self, inputs: Tensor, data_samples: Samples
    ) -> Tuple[Dict[str, Tensor], Optional[Tensor]]:
        """As :meth:`loss`, with the painted images.

        Returns:
            tuple: The losses, and the images ``(N, C, H, W)`` in [-1, 1] of
            the real sources, None without a generator.
        """
        losses, fake = self.loss_terms(inputs, data_samples)
        if self.network.loss_balance is not None:
            losses = self.network.loss_balance(losses, self.network)
        return losses, fake

    def loss_terms(
            self, inputs: Tensor, data_samples: Samples
    ) -> Tuple[Dict[str, Tensor], Optional[Tensor]]:
        """As :meth:`loss_and_fake`, before the tasks are balanced.

        Generated sources train recognition alone, in a pass of their own:
        they are normalised by their own statistics, and the running ones stay
        those of real images.
        """
        real, generated = split_generated(data_samples)
        if not real:
            with frozen_batch_stats(self.network):
                fer, fes, fake = self._task_losses(inputs, data_samples)
            return {**fer, **{k: 0 * v for k, v in fes.items()}}, fake
        samples = [data_samples[i] for i in real]
        kept = inputs[real] if generated else inputs
        fer, fes, fake = self._task_losses(kept, samples)
        if generated and self.network.head is not None:
            others = [data_samples[i] for i in generated]
            with frozen_batch_stats(self.network):
                feats = self.network(inputs[generated]).fer_feats
                extra = self._head_losses(feats, others)
            fer = mean_losses((fer, extra), (samples, others))
        return {**fer, **fes}, fake

    def _task_losses(
            self, inputs: Tensor,
            samples: Samples) -> Tuple[Losses, Losses, Optional[Tensor]]:
        """Losses of recognition, those of synthesis, and the images."""
        if self.network.generator is None:
            feats = self.network(inputs).fer_feats
            return self._head_losses(feats, samples), {}, None
        target = self._target_scores(samples, inputs.device)
        fer_feats, (fake, ) = self.network(inputs, (target, ))
        fer: Losses = {}
        if self.network.head is not None:
            fer = self._head_losses(fer_feats, samples)
        fes = self._paired_losses(inputs, fake, samples)
        fes.update(self._unpaired_losses(inputs, fake, target, samples))
        return fer, fes, fake

    def _head_losses(self, fer_feats: Tuple[Tensor, ...],
                     data_samples: Samples) -> Dict[str, Tensor]:
        """Losses of the head on the labelled samples.

        Those of mmpretrain's heads are renamed. Where no sample has a label
        the loss is 0, with a graph to every parameter: DDP waits for the
        gradient of each.
        """
        known = [is_labelled(sample) for sample in data_samples]
        head = self.network.head
        if not any(known):
            with frozen_batch_stats(head):
                return dict(loss_fer=0 * head(fer_feats).float().sum())
        if not all(known):
            fer_feats = tuple(feats[known] for feats in fer_feats)
            data_samples = [s for s, k in zip(data_samples, known) if k]
        losses = head.loss(fer_feats, data_samples)
        if 'loss' in losses:
            losses['loss_fer'] = losses.pop('loss')
        return losses

    def _paired_losses(self, inputs: Tensor, fake: Tensor,
                       samples: Samples) -> Dict[str, Tensor]:
        """Distances from the truth, over the samples that have one."""
        own = inputs.new_tensor(
            [generates_identity(sample) for sample in samples],
            dtype=torch.bool)
        paired = inputs.new_tensor(['gt_img' in s for s in samples],
                                   dtype=torch.bool)
        truth = inputs.clone()
        for i, sample in enumerate(samples):
            if 'gt_img' in sample:
                truth[i] = to_network_range(sample.gt_img.to(inputs.device))
        counts = paired if self.loss_identity is None else paired & ~own
        losses = {}
        if self.loss_rec is not None:
            losses['loss_rec'] = self.loss_rec(fake, truth, counts, inputs)
        if self.loss_feat is not None:
            losses['loss_feat'] = self.loss_feat(fake, truth, paired)
        if self.loss_identity is not None:
            losses['loss_identity'] = self.loss_identity(fake, truth, own)
        return losses

    def _unpaired_losses(self, inputs: Tensor, fake: Tensor, target: Tensor,
                         samples: Samples) -> Dict[str, Tensor]:
        """Losses on the painted image that need no truth."""
        losses = {}
        if self.loss_cyc is not None:
            source = source_scores(samples, self.num_classes, inputs.device)
            known = inputs.new_tensor([is_labelled(s) for s in samples],
                                      dtype=torch.bool)
            with frozen_batch_stats(self.network):
                back = self.network(fake, (source, )).fakes[0]
            losses['loss_cyc'] = self.loss_cyc(back, inputs, known)
        if self.loss_syn is not None:
            # As it is tested: no dropout, and the statistics of real images.
            with eval_mode(self.network):
                feats = call_frozen(self.network, fake).fer_feats
                logits = call_frozen(self.network.head, feats)
            losses['loss_syn'] = self.loss_syn(logits, target)
        return losses

    def _target_scores(self, samples: Samples, device: torch.device) -> Tensor:
        """Targets ``(N, E)``; a sample without one keeps its expression."""
        return target_scores(samples, self.num_classes, device)

    def _check_parts(self) -> None:
        """Refuse losses that the network has no part for."""
        network = self.network
        if network.head is None and self.loss_syn is not None:
            raise ValueError(
                "loss_syn reads the painted faces with the network's own "
                'head, and there is none; set loss_syn=None')
        alone = network.head is None or network.generator is None
        if alone and network.loss_balance is not None:
            raise ValueError('loss_balance weighs recognition and synthesis, '
                             'but the network has one of them alone; set '
                             'loss_balance=None')
