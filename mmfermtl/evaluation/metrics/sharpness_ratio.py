from collections import defaultdict
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from ...registry import METRICS
from ..functional.face_regions import check_regions, gradient_energy
from ..functional.generated_images import generated_images


@METRICS.register_module()
class SharpnessRatio(BaseMetric):
    """Compare the sharpness of generated images with that of real ones.

    The sharpness is the gradient energy in the region of the mouth or of the
    eyes. That of a generated image is compared with the mean over the real
    images that show its target: teeth are sharper than closed lips. Gives

    - ``sharpness/mouth`` and ``sharpness/eyes``: the energy of the generated
      images relative to the real ones; 1 is as sharp, less is blurred, more
      is noise or an edge too hard;
    - ``sharpness/mouth_by_class`` and ``sharpness/eyes_by_class``: the same
      for each target, None where the real or the generated images lack it;

    and ``sharpness/images``, the number of generated images that count: those
    whose target is not the expression of the source, for the others may be
    copies, and of whose target there are real images.

    Args:
        regions (dict[str, Sequence[float]], optional): See
            :class:`RegionSimilarity`. Defaults to None.
        **kwargs: See MMEngine's ``BaseMetric``.

    Raises:
        ValueError: If a region is not inside of the image.
    """

    default_prefix = 'sharpness'

    def __init__(self,
                 regions: Optional[Dict[str, Sequence[float]]] = None,
                 **kwargs) -> None:
        super().__init__(**kwargs)
        self.regions = check_regions(regions)

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Measure one batch."""
        for image, sample in zip(data_batch['inputs'], data_samples):
            label = int(sample.get('gt_label', -1))
            self.results.append(
                dict(
                    label=label,
                    real=gradient_energy(image.cpu().numpy(), self.regions),
                    generated=[
                        (target,
                         gradient_energy(fake.cpu().numpy(), self.regions))
                        for target, fake in zip(*generated_images(sample))
                        if target != label
                    ]))

    def compute_metrics(self, results: List[Dict[str, Any]]) -> dict:
        """Compare the means; an empty dict if nothing can be compared."""
        real, fake = defaultdict(list), defaultdict(list)
        for row in results:
            if row['label'] >= 0:
                real[row['label']].append(row['real'])
            for target, energy in row['generated']:
                fake[target].append(energy)
        both = sorted(set(real) & set(fake))
        if not both:
            print_log(
                'SharpnessRatio gives no number: there are no generated '
                'images whose target real images show, too; use a model with '
                'a generator, for example by tools/score_synthesis.py.',
                logger='current')
            return {}
        # Without metainfo, the largest class that occurs.
        classes = (self.dataset_meta or {}).get('classes')
        number = max(real | fake) + 1 if classes is None else len(classes)
        counts = np.array([len(fake[k]) for k in both])
        metrics: Dict[str, Any] = {}
        for name in self.regions:
            wanted, found = (
                np.array([np.mean([e[name] for e in of[k]]) for k in both])
                for of in (real, fake))
            # Flat images have no sharpness to compare with.
            metrics[name] = _ratio(counts @ found, counts @ wanted)
            by_class: List[Optional[float]] = [None] * number
            for k, one, other in zip(both, found, wanted):
                by_class[k] = _ratio(one, other)
            metrics[f'{name}_by_class'] = by_class
        return dict(metrics, images=int(counts.sum()))


def _ratio(found: float, wanted: float) -> Optional[float]:
    return float(found / wanted) if wanted > 0 else None
