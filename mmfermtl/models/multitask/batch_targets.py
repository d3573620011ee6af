"""Read what the losses need of the samples of a batch, once, on the CPU.

A loss that reads samples one by one launches a few kernels for each of them,
and on a GPU waits for the device at every label.
"""
from dataclasses import dataclass, fields, replace
from typing import List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor

from ...structures import to_network_range
from .sample_labels import (Samples, is_labelled, label_scores, source_scores,
                            split_generated, target_scores, targets_identity)


@dataclass
class PartTargets:
    """Targets of ``N`` samples of a batch, as tensors on one device.

    Positions are int64 and count from the first of these samples; None means
    all of them, so that nothing need be selected. ``E`` is the number of
    expressions.
    """
    #: The samples themselves, for heads of other packages; they may be on
    #: another device.
    samples: Samples
    #: ``(N, )`` positions of these samples in the batch.
    rows: Optional[Tensor]
    #: ``(L, )`` int64 or ``(L, E)``, expressions of the labelled images.
    labels: Optional[Tensor]
    #: ``(L, )`` positions of the labelled images.
    labelled_rows: Optional[Tensor]
    #: ``(N, )`` bool, whether the expression of an image is known.
    labelled: Tensor
    #: ``(N, )`` bool, whether the target is the expression of the image.
    identity: Tensor
    #: ``(N, )`` bool, whether there is a paired target image.
    paired: Tensor
    #: ``(N, C, H, W)`` paired target images, values in [0, 255], and zeros
    #: where there is none, so that any number has the same shape; None if
    #: there is none at all.
    paired_images: Optional[Tensor]
    #: ``(D, )`` positions of the real examples of a known expression: the
    #: paired target image, or the source where its label is known.
    example_rows: Optional[Tensor]
    #: ``(N, E)`` expressions to synthesize: that of the image where the
    #: sample has no target. None without ``num_classes``.
    target: Optional[Tensor] = None
    #: ``(N, E)`` expressions of the images: the target where unknown. None
    #: without ``num_classes``.
    source: Optional[Tensor] = None
    #: ``(N, )`` bool, whether the target was drawn as a mixture; None if none
    #: was.
    mixed: Optional[Tensor] = None
    #: Numbers of labelled images and of examples.
    num_labelled: int = 0
    num_examples: int = 0
    #: Whether the sources were generated.
    generated: bool = False

    @classmethod
    def read(cls, samples: Samples, rows: Optional[List[int]],
             num_classes: Optional[int], generated: bool) -> 'PartTargets':
        """Read the samples, which had better be on the CPU.

        Args:
            samples (list): ``N`` samples.
            rows (list[int], optional): Their positions in the batch. None
                means that they are the batch.
            num_classes (int, optional): Number of expressions ``E`` that can
                be synthesized. None without a generator.
            generated (bool): Whether the sources were generated.

        Returns:
            PartTargets: On the device of the samples.

        Raises:
            ValueError: If a sample has no expression to synthesize, or one
                out of range.
        """
        labelled = [is_labelled(sample) for sample in samples]
        paired = ['gt_img' in sample for sample in samples]
        identity = [targets_identity(sample) for sample in samples]
        known = [s for s, k in zip(samples, labelled) if k]
        mixed = [bool(sample.get('mixed_target')) for sample in samples]
        examples = [a or b for a, b in zip(labelled, paired)]
        target = source = None
        if num_classes is not None:
            target = target_scores(samples, num_classes)
            source = source_scores(samples, num_classes)
        return cls(
            samples=samples,
            rows=None if rows is None else torch.tensor(rows),
            labels=_stack_labels(known),
            labelled_rows=_positions(labelled),
            labelled=torch.tensor(labelled),
            identity=torch.tensor(identity),
            paired=torch.tensor(paired),
            paired_images=_stack_pairs(samples),
            example_rows=_positions(examples),
            target=target,
            source=source,
            mixed=torch.tensor(mixed) if any(mixed) else None,
            num_labelled=len(known),
            num_examples=sum(examples),
            generated=generated)

    def to(self, device: torch.device) -> 'PartTargets':
        """Move all tensors, without waiting for the device."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return PartTargets(
            **{
                name:
                value.to(device, non_blocking=True
                         ) if isinstance(value, Tensor) else value
                for name, value in values.items()
            })

    def labelled_samples(self, device: torch.device) -> Samples:
        """Return the samples of the labelled images, on a device."""
        samples = self.samples
        if self.labelled_rows is not None:
            samples = [s for s in samples if is_labelled(s)]
        if device.type == 'cpu':
            return samples
        return [sample.to(device) for sample in samples]

    def select(self, inputs: Tensor) -> Tensor:
        """Select the images ``(N, C, H, W)`` of these samples of a batch."""
        return inputs if self.rows is None else inputs[self.rows]

    def real_images(self, inputs: Tensor) -> Tensor:
        """Return the paired target images, or the sources without a pair.

        Args:
            inputs (Tensor): The sources, ``(N, C, H, W)`` in [-1, 1].

        Returns:
            Tensor: ``(N, C, H, W)`` in [-1, 1].
        """
        if self.paired_images is None:
            return inputs
        images = to_network_range(self.paired_images).to(inputs.dtype)
        return torch.where(self.paired[:, None, None, None], images, inputs)

    def shown(self) -> Tensor:
        """Return the expressions ``(N, E)`` of :meth:`real_images`.

        The target for a paired image, the label for a source. That of a
        mixture stands for no expression, as in :meth:`condition`.
        """
        shown = torch.where(self.paired[:, None], self.target, self.source)
        return self._without_mixtures(shown)

    def condition(self) -> Tensor:
        """Return the targets ``(N, E)`` by which images are discriminated.

        Zeros for a mixture, which no real image shows: otherwise they would
        be the mark of a generated image. It then has to look real alone.
        """
        return self._without_mixtures(self.target)

    def _without_mixtures(self, scores: Tensor) -> Tensor:
        """Set the rows of mixtures in ``(N, E)`` to zero."""
        if self.mixed is None:
            return scores
        return scores.masked_fill(self.mixed[:, None], 0.)


class BatchTargets(NamedTuple):
    """Targets of the real images of a batch, and of the generated ones."""
    real: Optional[PartTargets]
    generated: Optional[PartTargets]
    #: Of both together, if there are both.
    both: Optional[PartTargets] = None

    @property
    def images(self) -> PartTargets:
        """PartTargets: Those of all images, which recognition learns from."""
        return self.sources if self.both is None else self.both

    @property
    def sources(self) -> PartTargets:
        """PartTargets: Those of the images to generate from.

        The real ones, or in a batch without any the generated ones.
        """
        part = self.generated if self.real is None else self.real
        assert part is not None  # one of them
        return part

    def leave_generated_out(self,
                            inputs: Tensor) -> Tuple[Tensor, 'BatchTargets']:
        """Keep the real images of a batch ``(N, C, H, W)`` of both kinds."""
        if self.real is None or self.generated is None:
            return inputs, self
        real = replace(self.real, rows=None)
        return self.real.select(inputs), BatchTargets(real, None)

    @classmethod
    def read(cls, samples: Samples,
             num_classes: Optional[int]) -> 'BatchTargets':
        """Read the samples of a batch, see :meth:`PartTargets.read`."""
        parts: List[Optional[PartTargets]] = []
        for generated, rows in enumerate(split_generated(samples)):
            if not rows:
                parts.append(None)
                continue
            whole = len(rows) == len(samples)
            parts.append(
                PartTargets.read([samples[i] for i in rows],
                                 None if whole else rows, num_classes,
                                 bool(generated)))
        if None not in parts:
            # Recognition learns from all of them.
            parts.append(PartTargets.read(samples, None, None, False))
        return cls(*parts)

    def to(self, device: torch.device) -> 'BatchTargets':
        """Move all tensors, without waiting for the device."""
        return BatchTargets(*(p and p.to(device) for p in self))


def _positions(flags: List[bool]) -> Optional[Tensor]:
    """Return the positions of the true ones, None if all are."""
    if all(flags):
        return None
    return torch.tensor([i for i, flag in enumerate(flags) if flag],
                        dtype=torch.int64)


def _stack_pairs(samples: Samples) -> Optional[Tensor]:
    """Stack paired target images ``(C, H, W)``, zeros for missing ones."""
    known = [sample.gt_img for sample in samples if 'gt_img' in sample]
    if not known:
        return None
    return torch.stack([
        sample.gt_img if 'gt_img' in sample else torch.zeros_like(known[0])
        for sample in samples
    ])


def _stack_labels(samples: Samples) -> Optional[Tensor]:
    """Stack the labels of labelled samples as heads expect them.

    ``(L, E)`` scores if any sample has one, else ``(L, )`` int64; None
    without any sample.
    """
    if not samples:
        return None
    sizes = {len(s.gt_score) for s in samples if 'gt_score' in s}
    if not sizes:
        return torch.cat([sample.gt_label for sample in samples])
    return label_scores(samples, ['gt'] * len(samples), max(sizes))
