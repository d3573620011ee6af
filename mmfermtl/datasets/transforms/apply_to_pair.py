from typing import Any, Sequence

from mmcv.transforms import BaseTransform, Compose

from ...registry import TRANSFORMS
from ...utils.random_state import get_random_state, set_random_state


@TRANSFORMS.register_module()
class ApplyToPair(BaseTransform):
    """Apply transforms to the source and to its target image alike.

    Both runs begin with the same state of the random generators, so that the
    source and the target share crop, flip and all other draws, with any
    transform of mmcv, mmpretrain or torchvision. Without a target image the
    transforms run on the source alone.

    Required keys: those of the transforms. Modified keys: likewise, and
    ``target_img``, ``(H, W)`` or ``(H, W, C)`` as ``img``.

    Args:
        transforms (Sequence[dict | Callable]): Transforms of ``img``.

    Examples:
        >>> dict(
        ...     type='mmfermtl.ApplyToPair',
        ...     transforms=[
        ...         dict(type='mmpretrain.RandomCrop', crop_size=96),
        ...         dict(type='mmpretrain.RandomFlip', prob=0.5),
        ...     ])
    """

    def __init__(self, transforms: Sequence[Any]) -> None:
        self.transforms = Compose([
            TRANSFORMS.build(t) if isinstance(t, dict) else t
            for t in transforms
        ])

    def transform(self, results: dict) -> dict:
        """Transform the target first, then the source from the same state."""
        if 'target_img' not in results:
            return self.transforms(results)
        state = get_random_state()
        target = dict(results, img=results['target_img'])
        target_img = self.transforms(target)['img']
        set_random_state(state)
        results = self.transforms(results)
        results['target_img'] = target_img
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.transforms})'
