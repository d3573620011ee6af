from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from torch import Tensor

from ...registry import METRICS
from ..functional.generated_images import generated_images
from ..functional.identity import identity_bounds, unit_vectors
from .frozen_network_metric import FrozenNetworkMetric, Network


@METRICS.register_module()
class IdentityScore(FrozenNetworkMetric):
    """Measure whether generated images show the subject of their source.

    Gives mean cosines of an embedder's vectors:

    - ``identity/score``: a generated image and its source;
    - ``identity/score_changed``: the same over those whose target is not the
      expression of the source, as in the ceiling;
    - ``identity/same_subject``: two real images of one subject in different
      sequences, thus mostly of different expressions: the ceiling, which a
      generator that hardly changes the source exceeds;
    - ``identity/different_subjects``: real images of two subjects: the floor;

    and ``identity/auc``, how well the embedder separates the last two (at 0.5
    not at all, and the score is meaningless).

    Args:
        embedder (dict | nn.Module, optional): Maps ``(N, C, H, W)`` uint8 to
            ``(N, D)``, such as :class:`~mmfermtl.models.FileEmbedder` or
            :class:`~mmfermtl.models.BackboneEmbedder`. Defaults to None, no
            score.
        **kwargs: See :class:`FrozenNetworkMetric`.

    Examples:
        >>> dict(
        ...     type='mmfermtl.IdentityScore',
        ...     embedder=dict(
        ...         type='mmfermtl.FileEmbedder', path='weights/sface.onnx'))
    """

    default_prefix = 'identity'

    def __init__(self, embedder: Network = None, **kwargs) -> None:
        super().__init__(embedder, 'embedder', **kwargs)

    def measure(self, images: List[Tensor],
                samples: Sequence[dict]) -> List[Optional[dict]]:
        """Embed the real and the generated images ``(C, H, W)``."""
        missing = [
            key for key in ('subject', 'sequence') if key not in samples[0]
        ]
        if missing:
            raise KeyError(
                f'IdentityScore: samples lack {", ".join(missing)}; pack them '
                'by mmfermtl.PackExpressionInputs, whose default `meta_keys` '
                'include them')
        vectors = self.embed(images, samples)
        return [
            dict(
                # Datasets may use the same names for other subjects.
                subject=f'{sample.get("dataset")}/{sample["subject"]}',
                sequence=str(sample['sequence']),
                changed=[
                    target != int(sample.get('gt_label', -1))
                    for target in generated_images(sample)[0]
                ],
                source=real.numpy(),
                generated=[one.numpy() for one in fake]) if fake else None
            for sample, (real, fake) in zip(samples, vectors)
        ]

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Compare the vectors."""
        # Each generated image against its own source.
        cosines = np.concatenate([
            unit_vectors(np.stack(row['generated'])) @ unit_vectors(
                row['source'][None])[0] for row in found
        ])
        bounds = identity_bounds(
            np.stack([row['source'] for row in found]),
            [row['subject'] for row in found],
            [row['sequence'] for row in found])
        scores = dict(score=float(cosines.mean()))
        changed = np.concatenate([row['changed'] for row in found])
        if changed.any():
            scores['score_changed'] = float(cosines[changed].mean())
        return dict(scores, **bounds, images=len(cosines))
