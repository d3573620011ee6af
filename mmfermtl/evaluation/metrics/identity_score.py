from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import torch
from mmengine.device import get_device
from torch import Tensor

from ...registry import METRICS
from ..functional.generated_images import generated_images
from ..functional.identity import identity_bounds, unit_vectors
from .frozen_part_metric import FrozenPartMetric, Part


@METRICS.register_module()
class IdentityScore(FrozenPartMetric):
    """Whether painted faces show the person that they were painted from.

    Gives mean cosines of an embedder's vectors:

    - ``identity/score``: a painted face and its source;
    - ``identity/same_subject``: two real faces of one person in different
      sequences, thus mostly of different expressions: the ceiling, which a
      painter that hardly changes the source exceeds;
    - ``identity/different_subjects``: real faces of two persons: the floor;

    and ``identity/auc``, how well the embedder tells the last two apart (0.5
    is not at all, and the score then says nothing).

    Args:
        embedder (dict | nn.Module, optional): Maps ``(N, C, H, W)`` uint8 to
            ``(N, D)``, such as :class:`~mmfermtl.models.FileEmbedder` or
            :class:`~mmfermtl.models.BackboneEmbedder`. Defaults to None, no
            score.
        **kwargs: See :class:`FrozenPartMetric`.

    Examples:
        >>> dict(
        ...     type='mmfermtl.IdentityScore',
        ...     embedder=dict(
        ...         type='mmfermtl.FileEmbedder', path='weights/sface.onnx'))
    """

    default_prefix = 'identity'

    def __init__(self, embedder: Part = None, **kwargs) -> None:
        super().__init__(embedder, 'embedder', **kwargs)

    def look(self, pictures: List[Tensor],
             samples: Sequence[dict]) -> List[Optional[dict]]:
        """Embed the real faces and the painted ones."""
        missing = [
            key for key in ('subject', 'sequence') if key not in samples[0]
        ]
        if missing:
            raise KeyError(
                f'IdentityScore: samples lack {", ".join(missing)}; pack them '
                'by mmfermtl.PackExpressionInputs, whose default `meta_keys` '
                'have them')
        painted = [generated_images(sample)[1] for sample in samples]
        faces = pictures + [face for part in painted for face in part]
        vectors = iter(
            self.part(torch.stack(faces).to(get_device())).cpu().numpy())
        real = [next(vectors) for _ in pictures]
        return [
            dict(
                subject=f'{sample.get("dataset")}/{sample["subject"]}',
                sequence=str(sample['sequence']),
                source=source,
                painted=[next(vectors) for _ in part]) if len(part) else None
            for sample, source, part in zip(samples, real, painted)
        ]

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Compare the vectors."""
        cosines = np.concatenate([
            unit_vectors(np.stack(row['painted'])) @ unit_vectors(
                row['source'][None])[0] for row in found
        ])
        bounds = identity_bounds(
            np.stack([row['source'] for row in found]),
            [row['subject'] for row in found],
            [row['sequence'] for row in found])
        return dict(score=float(cosines.mean()), **bounds, images=len(cosines))
