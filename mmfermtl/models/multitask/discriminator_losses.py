from typing import Callable, Dict, List, Optional, Sequence, Tuple, Union

import torch
from torch import Tensor, nn

from ...utils.model_parts import build_part
from ..discriminators import DiscriminatorOutputs
from ..losses import AdversarialLoss
from .batch_targets import BatchTargets, PartTargets
from .frozen import call_frozen
from .sample_labels import Samples

#: Logits of patches, ``(N, 1, h, w)``, or those of each scale.
Patches = Union[Tensor, Tuple[Tensor, ...]]
LossCfg = Union[dict, nn.Module, None]


class DiscriminatorLosses:
    """Give :class:`AdversarialFERMTL` the losses by its discriminator."""

    read_targets: Callable[[Samples], BatchTargets]
    discriminator: nn.Module
    loss_adv: nn.Module
    loss_cls: Optional[nn.Module]
    loss_gp: Optional[nn.Module]
    #: What the discriminator takes for real.
    real_images: str = 'paired'
    #: Whether it sees real images with expressions that they do not show.
    matching_aware: bool = False

    def prepare_losses(self, loss_adv: LossCfg, loss_cls: LossCfg,
                       loss_gp: LossCfg, real_images: str,
                       matching_aware: bool) -> None:
        """Build the losses.

        Raises:
            ValueError: If a loss has not what it needs, or an option is wrong.
        """
        self.loss_adv = build_part(loss_adv)
        self.loss_cls = build_part(loss_cls)
        self.loss_gp = build_part(loss_gp)
        if not hasattr(self.loss_adv, 'discriminator_loss'):
            raise ValueError(
                f'loss_adv={type(self.loss_adv).__name__} has no loss for the '
                'discriminator; wrap a loss with the interface of mmagic in '
                "dict(type='mmfermtl.GANLossAdapter', loss=...)")
        if self.loss_cls is not None and not getattr(self.discriminator,
                                                     'classifies', False):
            raise ValueError(
                'loss_cls needs a discriminator that classifies expressions, '
                'such as mmfermtl.StarGANDiscriminator, found '
                f'{type(self.discriminator).__name__}; set loss_cls=None')
        if real_images not in ('paired', 'source'):
            raise ValueError(f"real_images={real_images!r}; give 'paired' or "
                             "'source'")
        self.real_images = real_images
        if matching_aware and (not isinstance(self.loss_adv, AdversarialLoss)
                               or getattr(self.discriminator, 'classifies',
                                          False)):
            raise ValueError(
                'matching_aware=True needs loss_adv=dict(type='
                "'mmfermtl.AdversarialLoss') and a discriminator that is "
                'given the expression, found '
                f'{type(self.loss_adv).__name__} and '
                f'{type(self.discriminator).__name__}; set it to False')
        self.matching_aware = matching_aware

    def loss_d(self,
               inputs: Tensor,
               data_samples: Samples,
               fake: Tensor,
               targets: Optional[BatchTargets] = None) -> Dict[str, Tensor]:
        """Compute the losses of the discriminator.

        The real image is the paired target image, or the source with its own
        label where there is none. A source with neither is no example of an
        expression and is left out, as are sources that were generated. In a
        batch without any real example the loss is 0, because the
        discriminator would see generated images only.

        Args:
            inputs (Tensor): ``(N, C, H, W)`` in [-1, 1].
            data_samples (list): ``N`` samples.
            fake (Tensor): Images generated from the ``M`` real sources,
                ``(M, C, H, W)`` in [-1, 1].
            targets (BatchTargets, optional): As in :class:`FERMTL`.

        Returns:
            dict[str, Tensor]: Scalars: ``loss_dis``, and ``loss_dis_cls``
            and ``loss_gp`` if configured.
        """
        part = self._source_targets(inputs, data_samples, targets)
        fake = fake.detach()
        real, shown, rows = self._real_examples(part, part.select(inputs))
        if part.generated or not len(real):
            # With a graph, because DDP waits for gradients.
            output = self.discriminator(fake, part.condition())
            return dict(
                loss_dis=sum(0 * t.float().sum() for t in _tensors_of(output)))
        # Real and generated images, and the expressions they should show.
        batches = [(real, shown), (fake, part.condition())]
        counts = None
        if self.matching_aware:
            wrong, counts = _mismatch(shown)
            batches.append((real, wrong))
        patches, classes = self._classify_patches(batches)
        losses = dict(
            loss_dis=self.loss_adv.discriminator_loss(*patches) if counts is
            None else self.loss_adv.discriminator_loss(*patches, counts))
        if self.loss_cls is not None:
            losses['loss_dis_cls'] = self.loss_cls(classes, shown)
        if self.loss_gp is not None:

            def discriminate(points: Tensor) -> Patches:
                return self._discriminate(points, shown[:len(points)])[0]

            losses['loss_gp'] = self.loss_gp(
                discriminate, real, fake if rows is None else fake[rows])
        return losses

    def adversarial_losses(self, fake: Tensor,
                           targets: PartTargets) -> Dict[str, Tensor]:
        """Compute the losses of the network by a fixed discriminator.

        Args:
            fake (Tensor): Generated images, ``(N, C, H, W)`` in [-1, 1].
            targets (PartTargets): Of ``N`` samples.

        Returns:
            dict[str, Tensor]: ``loss_adv``, and ``loss_cls`` if configured.
        """
        patches, classes = _split(
            call_frozen(self.discriminator, fake, targets.condition()))
        losses = dict(loss_adv=self.loss_adv(patches))
        if self.loss_cls is not None:
            losses['loss_cls'] = self.loss_cls(classes, targets.target)
        return losses

    def _real_examples(
            self, part: PartTargets,
            inputs: Tensor) -> Tuple[Tensor, Tensor, Optional[Tensor]]:
        """Return real images, what they show, and which samples have one.

        ``(D, C, H, W)``, ``(D, E)`` and ``(D, )`` positions among the ``N``
        sources, None if they are all of them.
        """
        if self.real_images == 'source':
            real, shown, rows = inputs, part.source, part.labelled_rows
        else:
            real, shown = part.real_images(inputs), part.shown()
            rows = part.example_rows
        if rows is not None:
            real, shown = real[rows], shown[rows]
        return real, shown, rows

    def _classify_patches(
        self, batches: Sequence[Tuple[Tensor, Tensor]]
    ) -> Tuple[List[Patches], Optional[Tensor]]:
        """Classify batches of images, in one pass if possible.

        Each is ``(N, C, H, W)`` in [-1, 1] with expressions ``(N, E)``.
        Returns the logits of the patches of each, and the expressions of the
        first one ``(N, E)``, None if the discriminator gives none.
        """
        # In one pass, a norm over the batch would mix their statistics.
        if not getattr(self.discriminator, 'independent_images', False):
            found = [self._discriminate(*batch) for batch in batches]
            return [patches for patches, _ in found], found[0][1]
        # Under autocast the generator may give another precision.
        images, scores = zip(*batches)
        sizes = [len(score) for score in scores]
        patches, classes = self._discriminate(
            torch.cat([image.to(images[0].dtype) for image in images]),
            torch.cat(scores))
        if classes is not None:
            classes = classes[:sizes[0]]
        if isinstance(patches, Tensor):
            return list(patches.split(sizes)), classes
        return list(zip(*(scale.split(sizes) for scale in patches))), classes

    def _discriminate(self, images: Tensor,
                      score: Tensor) -> Tuple[Patches, Optional[Tensor]]:
        """Classify patches, and the expressions ``(N, E)`` if it does."""
        return _split(self.discriminator(images, score))

    def _source_targets(self, inputs: Tensor, data_samples: Samples,
                        targets: Optional[BatchTargets]) -> PartTargets:
        """Return the targets of the samples that images are generated from."""
        if targets is None:
            targets = self.read_targets(data_samples).to(inputs.device)
        return targets.sources


def _mismatch(shown: Tensor) -> Tuple[Tensor, Tensor]:
    """Give each real image the expression of another one.

    Args:
        shown (Tensor): Their expressions, ``(D, E)``; zeros for none.

    Returns:
        tuple[Tensor, Tensor]: Expressions ``(D, E)``, and whether they are
        wrong, ``(D, )`` bool: both images show one, and not the same.
    """
    wrong = shown.roll(1, dims=0)
    differs = wrong.argmax(dim=1) != shown.argmax(dim=1)
    return wrong, differs & (shown.sum(1) > 0) & (wrong.sum(1) > 0)


def _split(
    output: Union[Patches, DiscriminatorOutputs]
) -> Tuple[Patches, Optional[Tensor]]:
    """Separate the patches from the expressions, None without."""
    if isinstance(output, DiscriminatorOutputs):
        return output.patches, output.classes
    return output, None


def _tensors_of(
        output: Union[Patches, DiscriminatorOutputs]) -> Tuple[Tensor, ...]:
    """List the tensors that a discriminator returns."""
    return (output, ) if isinstance(output, Tensor) else tuple(output)
