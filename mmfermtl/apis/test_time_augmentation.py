"""Set up test-time augmentation as in the config, or by mirror images."""
import copy
from typing import Any, Dict

from mmengine.config import Config

from ..utils.errors import UserError

DEFAULT_MODEL = dict(type='mmfermtl.AverageScoreTTA')


def enable_tta(cfg: Config) -> Dict[str, Any]:
    """Add test-time augmentation to the test of a config, in place.

    The keys are those of OpenMMLab: ``tta_pipeline`` with a
    ``mmcv.transforms.TestTimeAug`` that gives several views of an image, and
    ``tta_model`` that merges their predictions. By default the views are the
    image and its mirror image (of a paired target image, too), and
    :class:`~mmfermtl.models.AverageScoreTTA` takes the mean of their
    probabilities.

    Returns:
        dict: Config of the merging model, without the model inside.

    Raises:
        UserError: If the test dataset has no pipeline of its own.
    """
    dataset = cfg.test_dataloader.dataset
    if not dataset.get('pipeline'):
        raise UserError(
            f'--tta: test_dataloader.dataset of {cfg.filename} is a '
            f'{dataset.get("type")} without a pipeline; expected a dataset '
            'with one, whose last transform packs the sample')
    *before, pack = copy.deepcopy(list(dataset.pipeline))
    views = [
        dict(
            type='mmfermtl.ApplyToPair',
            transforms=[dict(type='mmpretrain.RandomFlip', prob=prob)])
        for prob in (0., 1.)
    ]
    both = dict(type='mmengine.TestTimeAug', transforms=[views, [pack]])
    dataset.pipeline = cfg.get('tta_pipeline') or [*before, both]
    return copy.deepcopy(dict(cfg.get('tta_model') or DEFAULT_MODEL))
